package groups

import (
	"strconv"

	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/cell"
	"github.com/nsview/nsview/tui/mark"
	"github.com/nsview/nsview/tui/names"
	"github.com/nsview/nsview/tui/preview"
)

// columns are the widths of the cells; those that find no room are 0.
type columns struct{ mark, change, group, mounts, spaces, fstype, where int }

func (m Model) columns() columns {
	room := cell.Room{Left: m.width}
	var c columns
	if m.preview != nil {
		c.mark, c.change = room.Some(1), room.Some(2)
	} else {
		c.mark = room.Some(2)
	}
	c.group = room.Some(12)
	c.mounts = room.Take(5, 12)
	c.spaces = room.Take(5, 12)
	c.fstype = room.Take(9, 24)
	c.where = room.Left
	return c
}

// View draws the heading and the visible rows, a line each, or the note.
func (m Model) View() []string {
	if m.note != "" {
		return cell.Paragraph(m.note, " ", m.width, m.Styles.Quiet)
	}
	c := m.columns()
	from, to := m.window.Visible()
	lines := append(make([]string, 0, to-from+1), cell.Line(m.Styles.Heading, c.spans(" ", " ", "", "GROUP", "MNTS", "NS", "TYPE", "FOR EXAMPLE")...))
	for i := from; i < to; i++ {
		lines = append(lines, m.line(&m.rows[i], c, i == m.window.Cursor))
	}
	return lines
}

func (m Model) line(r *row, c columns, chosen bool) string {
	spans := m.groupSpans(r, c)
	if r.mount != nil {
		spans = m.mountSpans(r, c)
	}
	switch {
	case chosen && m.focus:
		return cell.Line(m.Styles.Chosen, spans...)
	case chosen:
		return cell.Line(m.Styles.ChosenAway, spans...)
	}
	return cell.Line(nil, spans...)
}

// groupSpans are a group in cells; one of which no member was seen is dim.
func (m Model) groupSpans(r *row, c columns) []cell.Span {
	g := r.group
	state := mark.Shared
	if g.Master != 0 {
		state = mark.SharedSlave
	}
	number := state.Symbol() + " " + names.Number(uint64(g.ID))
	if r.spaces == 0 {
		r.spaces = g.Namespaces()
	}
	mounts, spaces := strconv.Itoa(len(g.Members)), strconv.Itoa(r.spaces)
	example, where := g.Example(), ""
	if g.Unseen() {
		where = "in no namespace that was read"
	} else {
		where = m.book.Mount(example)
	}
	role, change := m.role(g.PeerGroup), m.preview.KindOfGroup(g.ID)
	spans := c.spans(role.Symbol(), change.Symbol(), r.lines, number, mounts, spaces, render.Safe(example.FSType), where)
	quiet := m.Styles.Quiet
	spans[0].Style, spans[1].Style, spans[2].Style = m.Styles.Marks[role], m.Styles.Changes[change], quiet
	spans[3].Style, spans[5].Style = m.Styles.States[state], quiet
	switch {
	case change == preview.Gone:
		cell.Dress(spans[3:], m.Styles.Changes[change])
	case g.Unseen():
		cell.Dress(spans[3:], quiet)
	}
	return spans
}

// mountSpans are a mount below its group.
func (m Model) mountSpans(r *row, c columns) []cell.Span {
	x := r.mount
	state, role := mark.StateOf(x), m.marks.OfMount(x)
	if x.PeerGroup == r.group.ID {
		state = mark.Shared
	}
	change := m.preview.KindIn(r.group.ID, x)
	head := []cell.Span{
		{Text: cell.Fit(role.Symbol(), c.mark), Style: m.Styles.Marks[role]},
		{Text: cell.Fit(change.Symbol(), c.change), Style: m.Styles.Changes[change]},
	}
	width := m.width - c.mark - c.change
	lines := cell.Span{Text: cell.Cut(r.lines, width), Style: m.Styles.Quiet}
	width -= cell.Width(lines.Text)
	symbol := cell.Span{Text: cell.Cut(state.Symbol()+" ", width), Style: m.Styles.States[state]}
	width -= cell.Width(symbol.Text)
	name := cell.Span{Text: cell.Fit(m.book.Mount(x), width)}
	if change == preview.Gone {
		symbol.Style, name.Style = m.Styles.Changes[change], m.Styles.Changes[change]
	}
	return append(head, lines, symbol, name)
}

// role is the highest of those of the group's mounts.
func (m Model) role(g *world.PeerGroup) mark.Role {
	role := mark.None
	for _, list := range [][]*world.Mount{g.Members, g.Slaves} {
		for _, x := range list[:min(len(list), maxLooked)] {
			if list[0].PeerGroup == g.ID || x.PeerGroup == 0 {
				role = max(role, m.marks.OfMount(x))
			}
		}
	}
	return role
}

// maxLooked bounds what drawing one row costs: a group may have thousands of
// mounts.
const maxLooked = 200

func (c columns) spans(mark, change, lines, group, mounts, spaces, fstype, where string) []cell.Span {
	lines = cell.Cut(lines, c.group)
	if c.fstype > 0 {
		fstype = "  " + cell.Fit(fstype, c.fstype-2)
	} else {
		fstype = ""
	}
	if c.where > 0 {
		where = " " + where
	}
	return []cell.Span{
		{Text: cell.Fit(mark, c.mark)},
		{Text: cell.Fit(change, c.change)},
		{Text: lines},
		{Text: cell.Fit(group, c.group-cell.Width(lines))},
		{Text: cell.FitRight(mounts, c.mounts) + cell.FitRight(spaces, c.spaces)},
		{Text: fstype},
		{Text: cell.Fit(where, c.where), Style: ansi.Style(nil)},
	}
}
