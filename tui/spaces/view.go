package spaces

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/tui/cell"
	"github.com/nsview/nsview/tui/preview"
)

// View draws the heading and the visible rows, a line each.
func (m Model) View() []string {
	c := m.columns()
	from, to := m.window.Visible()
	lines := append(make([]string, 0, to-from+1), cell.Line(m.Styles.Heading, c.spans(" ", "NS", "OWNER", "PROCS", "MNTS", "")...))
	for i := from; i < to; i++ {
		if r := &m.shown[i]; r.ns == nil {
			lines = append(lines, m.heading(r))
		} else {
			lines = append(lines, m.line(r, c, i == m.window.Cursor))
		}
	}
	return lines
}

// heading is a rule with the section's name.
func (m Model) heading(r *row) string {
	text := cell.Cut("  "+r.section.name+" · "+strconv.Itoa(r.size)+" ", m.width)
	return m.Styles.Section.Styled(text + strings.Repeat("─", max(m.width-1-cell.Width(text), 0)) + cell.Fit("", min(1, m.width-cell.Width(text))))
}

func (m Model) line(r *row, c columns, chosen bool) string {
	role := m.marks.OfSpace(r.ns.ID.Ino)
	spans := c.spans(role.Symbol(), r.number, r.who, r.procs, r.mounts, m.badge(r.ns.ID.Ino))
	var whole ansi.Style
	switch {
	case chosen && m.focus:
		whole = m.Styles.Chosen
	case chosen:
		whole = m.Styles.ChosenAway
	}
	owner := m.Styles.Quiet
	if r.owned {
		owner = m.Styles.Owner
	}
	for i, s := range []ansi.Style{m.Styles.Marks[role], m.Styles.Number, owner, nil, m.Styles.Active} {
		spans[i].Style = s
	}
	return cell.Line(whole, spans...)
}

// amount is a count behind a gap.
func amount(text string, width int) string {
	return cell.Fit("", min(1, width)) + cell.FitRight(text, width-1)
}

// badge is how many propagations came since one looked; in a preview, what the
// namespace would gain, lose and have changed.
func (m Model) badge(ns uint64) string {
	if m.preview != nil {
		return changes(m.preview.OfSpace(ns))
	}
	switch n := m.active[ns]; {
	case n == 0:
		return ""
	case n > 99:
		return "+99"
	default:
		return "+" + strconv.Itoa(n)
	}
}

func changes(c preview.Count) string {
	text := ""
	for _, part := range []struct {
		kind preview.Kind
		n    int
	}{{preview.New, c.New}, {preview.Gone, c.Gone}, {preview.Changed, c.Changed}} {
		if part.n > 0 {
			text += part.kind.Symbol() + strconv.Itoa(part.n)
		}
	}
	return text
}

// columns are the widths of the cells. When there is little room the number of
// processes goes first, then that of mounts, then the owner.
type columns struct{ mark, number, who, procs, mounts, active int }

func (m Model) columns() columns {
	room := cell.Room{Left: m.width}
	c := columns{mark: room.Some(2)}
	c.number = room.Some(11)
	c.active = room.Take(m.badges(), 6)
	c.mounts = room.Take(m.digits+1, 9)
	c.procs = room.Take(6, 9)
	c.who = room.Left
	return c
}

// badges is the width of the badges, with a gap before them.
func (m Model) badges() int {
	width := 4
	if m.preview != nil {
		for i := range m.all {
			width = max(width, 1+len(changes(m.preview.OfSpace(m.all[i].ns.ID.Ino))))
		}
	}
	return width
}

// spans are the mark, the number, the owner, the counts and the badge.
func (c columns) spans(mark, number, who, procs, mounts, active string) []cell.Span {
	return []cell.Span{
		{Text: cell.Fit(mark, c.mark)},
		{Text: cell.Fit(number, c.number)},
		{Text: cell.Fit(who, c.who)},
		{Text: amount(procs, c.procs) + amount(mounts, c.mounts)},
		{Text: cell.FitRight(active, c.active)},
	}
}
