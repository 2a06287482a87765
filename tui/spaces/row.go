package spaces

import (
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/names"
)

// row is a namespace with its cells, harmless for a terminal, or the heading of
// a section.
type row struct {
	ns                    *world.Namespace // nil for a heading
	section               section
	size                  int // of the section
	number, who           string
	owned                 bool
	procs, mounts, search string
}

func newRow(tables *world.World, ino uint64, b names.Book) row {
	w, n := b.Lookup(ino)
	r := row{
		ns: n, section: sectionOf(tables.Reader.MNT.Ino, n, w.OwnerOf(n.Lead())), number: names.Number(ino),
		procs: strconv.Itoa(len(n.Processes)), mounts: mountCount(tables, n),
	}
	if n.Inferred {
		r.number = "~" + r.number // made up: it names nothing in the kernel
	}
	r.who, r.owned = names.Space(w, n)
	r.search = strings.ToLower(r.number + " " + r.who + " " + r.section.name)
	return r
}

// mountCount is the number of mounts of the table, or the kernel's own count
// where it was not read, "" for neither.
func mountCount(w *world.World, n *world.Namespace) string {
	if v := w.View(n.ID.Ino, 0); v != nil && v.PID == 0 && !v.Partial {
		return strconv.Itoa(len(v.Mounts))
	}
	if n.NrMounts != nil {
		return strconv.Itoa(*n.NrMounts)
	}
	return ""
}
