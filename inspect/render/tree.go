package render

import (
	"fmt"
	"io"
	"strconv"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// TreeStyle says which of the forms of tree to print.
type TreeStyle struct {
	Style
	List bool // one mount a line, without the drawing
}

// Tree prints the mounts of one view as a tree.
func Tree(w io.Writer, t query.Tree, cols []Column[*world.Mount], style TreeStyle) error {
	if style.List || style.Raw {
		return printRows(w, t.All(), cols, style.Style, func(m *world.Mount) bool { return m.Shadowed })
	}
	g := newGrid(cols, style.Style)
	addTree(g, t.Tops, t.Below, func(m *world.Mount) line {
		l := line{cells: cellsOf(cols, m, Safe), dim: m.Shadowed}
		if m.Shadowed {
			l.cells[0] += " (hidden)"
		}
		return l
	}, style.Style, branch{})
	return g.write(w, style.Style)
}

// TreeTitle prints the line above one of several trees: which namespace it is
// and who is in it. A blank line parts it from the tree before.
func TreeTitle(w io.Writer, of *world.World, v *world.View, apart bool) error {
	title := viewName(v)
	switch {
	case v.PID != 0:
		title += fmt.Sprintf(" as process %d sees it", v.PID)
	case v.NS != nil && v.NS.Inferred && v.NS.Lead() == nil: // a bare table tells nothing of processes
	case v.NS == nil || v.NS.Lead() == nil:
		title += " without a process"
	case len(v.NS.Processes) == 1:
		title += fmt.Sprintf(" of process %d", v.NS.Lead().PID)
	default:
		title += fmt.Sprintf(" of %d processes, the lowest %d", len(v.NS.Processes), v.NS.Lead().PID)
	}
	if v.NS != nil {
		if owner := of.OwnerOf(v.NS.Lead()).String(); owner != "" {
			title += ", " + Safe(owner)
		}
	}
	if apart {
		title = "\n" + title
	}
	_, err := io.WriteString(w, title+"\n")
	return err
}

// viewName is the mount namespace of a view.
func viewName(v *world.View) string {
	return spaceName(v.Table.NS.Ino, v.NS != nil && v.NS.Inferred)
}

// spaceName is a mount namespace as the kernel writes it. A number that was made
// up, and names nothing in the kernel, is marked.
func spaceName(ino uint64, inferred bool) string {
	if inferred {
		return "mnt:[~" + strconv.FormatUint(ino, 10) + "]"
	}
	return "mnt:[" + strconv.FormatUint(ino, 10) + "]"
}

// viewNumber is its number for JSON, null where the kernel has none.
func viewNumber(v *world.View) any {
	if v.NS != nil && v.NS.Inferred {
		return nil
	}
	return numberJSON(v.Table.NS.Ino)
}

// TreeJSON prints the mounts of one view in the shape of findmnt -J.
func TreeJSON(w io.Writer, t query.Tree, cols []Column[*world.Mount], list bool, gaps []snapshot.Gap) error {
	j := newJSON(w)
	return j.document(func() {
		filesystems(j, t, cols, list, true)
		if len(gaps) > 0 {
			j.gaps(gaps)
		}
	})
}

// TreesJSON prints several views, each with its namespace.
func TreesJSON(w io.Writer, trees []query.Tree, cols []Column[*world.Mount], list bool, gaps []snapshot.Gap) error {
	j := newJSON(w)
	return j.document(func() {
		j.field("namespaces", true)
		j.array(len(trees), func(i int) {
			v := trees[i].View
			j.field("ns", true)
			j.value(viewNumber(v))
			j.field("nsid", false)
			j.value(viewID(v))
			filesystems(j, trees[i], cols, list, false)
		})
		j.gaps(gaps)
	})
}

func viewID(v *world.View) any {
	if v.NS == nil {
		return nil
	}
	return numberJSON(v.NS.UniqueID)
}

func filesystems(j *jsonWriter, t query.Tree, cols []Column[*world.Mount], list, first bool) {
	j.field("filesystems", first)
	if list {
		all := t.All()
		j.array(len(all), func(i int) { columns(j, cols, all[i]) })
		return
	}
	treeObjects(j, t.Tops, t.Below, cols)
}
