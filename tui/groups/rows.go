package groups

import (
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/names"
	"github.com/nsview/nsview/tui/preview"
)

// sift makes the rows anew.
func (m *Model) sift() {
	m.rows, m.count = m.rows[:0:0], 0
	m.grow(m.groups, "", 0)
	m.window.Resize(len(m.rows), m.window.Height)
}

// maxDepth is how deep the drawing follows masters and slaves.
const maxDepth = 12

func (m *Model) grow(list []query.GroupRow, before string, depth int) {
	for i, g := range list {
		r, below := row{lines: before, group: g}, before
		if depth > 0 && m.filter == "" {
			r.lines += "├─"
			below += "│ "
			if i == len(list)-1 {
				r.lines, below = before+"└─", before+"  "
			}
		}
		if depth > maxDepth {
			below = before
		}
		if m.filter == "" || m.matches(g) {
			if m.rows = append(m.rows, r); m.preview.KindOfGroup(g.ID) != preview.Gone {
				m.count++
			}
			m.growMounts(g, below)
		}
		m.grow(g.Under, below, depth+1)
	}
}

// growMounts adds the mounts of an open group: its members, those that only
// receive from it, and what it would lose.
func (m *Model) growMounts(g query.GroupRow, before string) {
	if !m.open[g.ID] {
		return
	}
	for _, x := range g.Members {
		m.rows = append(m.rows, row{lines: before + "  ", group: g, mount: x})
	}
	for _, x := range g.Slaves {
		if x.PeerGroup == 0 {
			m.rows = append(m.rows, row{lines: before + "  ", group: g, mount: x})
		}
	}
	if c := m.preview.OfGroup(g.ID); c != nil && c.Kind == preview.Changed {
		for _, x := range c.Left {
			m.rows = append(m.rows, row{lines: before + "  ", group: g, mount: x})
		}
	}
}

func (m *Model) matches(g query.GroupRow) bool {
	if strings.Contains(names.Number(uint64(g.ID)), m.filter) {
		return true
	}
	has := func(x *world.Mount) bool { return names.Match(m.filter, m.book.Mount(x), x.Source, x.FSType) }
	return slices.ContainsFunc(g.Members, has) || slices.ContainsFunc(g.Slaves, has)
}
