package spaces

import (
	"cmp"
	"slices"

	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/names"
)

// section is a part of the list: namespaces of the same sort of owner stand
// together, in the order of what a person looks for first.
type section struct {
	rank int
	name string
}

// sectionOf tells the section of a namespace, and the name that orders it there.
func sectionOf(own uint64, n *world.Namespace, o world.Owner) section {
	switch {
	case n.ID.Ino == own && own != 0:
		return section{0, "own"}
	case names.Unborn(n.ID.Ino):
		return section{0, "would be new"}
	case o.Pod != "" || o.PodUID != "" || o.Kind == world.OwnerPod:
		return section{2, "pods"}
	case o.Kind == world.OwnerContainer && o.Engine != "":
		return section{1, o.Engine}
	case o.Kind == world.OwnerContainer:
		return section{1, "containers"}
	case o.Kind == world.OwnerSnap:
		return section{3, "snaps"}
	case o.Kind == world.OwnerUnit && o.User != "":
		return section{5, "users' units"}
	case o.Kind == world.OwnerUnit:
		return section{4, "units"}
	case len(n.Processes) > 0:
		return section{6, "programs"}
	case n.Inferred:
		return section{8, "number not known"}
	}
	return section{7, "no process"}
}

// order sorts rows by section, owner and number.
func order(rows []row) {
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.section.rank, b.section.rank), cmp.Compare(a.section.name, b.section.name),
			cmp.Compare(a.who, b.who), cmp.Compare(a.ns.ID.Ino, b.ns.ID.Ino))
	})
}

// headed puts a heading before each section when there are several.
func headed(rows []row) []row {
	if len(rows) == 0 || rows[0].section == rows[len(rows)-1].section {
		return rows
	}
	out := make([]row, 0, len(rows)+8)
	for i := 0; i < len(rows); {
		end := i + 1
		for end < len(rows) && rows[end].section == rows[i].section {
			end++
		}
		out = append(append(out, row{section: rows[i].section, size: end - i}), rows[i:end]...)
		i = end
	}
	return out
}
