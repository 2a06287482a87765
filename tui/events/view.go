package events

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/tui/cell"
)

// columns are the widths of the cells; those that find no room are 0.
type columns struct{ mark, time, kind, where, what, reached, by int }

func (m Model) columns() columns {
	room := cell.Room{Left: m.width}
	c := columns{mark: room.Some(2)}
	c.kind = room.Take(12, 8)
	c.time = room.Take(9, 24)
	c.reached = room.Take(8, 24)
	c.by = room.Take(18, 44)
	if room.Left > 40 {
		c.what = room.Take(room.Left*2/5, 20)
	}
	c.where = min(room.Left, 70)
	if c.what > 0 {
		c.what += room.Left - c.where
	} else {
		c.where = room.Left
	}
	return c
}

// View draws the heading and the visible rows, a line each, or the note.
func (m Model) View() []string {
	c := m.columns()
	from, to := m.window.Visible()
	lines := append(make([]string, 0, to-from+1), cell.Line(m.Styles.Heading, c.spans(" ", []string{"TIME", "EVENT", "WHERE", "WHAT", "REACHED", "BY"})...))
	if len(m.all) == 0 {
		return append(lines, cell.Paragraph(m.note, "  ", m.width, m.Styles.Quiet)...)
	}
	for i := from; i < to; i++ {
		lines = append(lines, m.line(&m.all[m.shown[i]], c, i == m.window.Cursor))
	}
	return lines
}

func (m Model) line(e *watch.Event, c columns, chosen bool) string {
	symbol := " "
	if e.Seq == m.moment {
		symbol = "▸"
	}
	spans := c.spans(symbol, m.cells(e))
	switch {
	case chosen && m.focus:
		return cell.Line(m.Styles.Chosen, spans...)
	case chosen && m.picked:
		return cell.Line(m.Styles.ChosenAway, spans...)
	case e.Seq > m.moment:
		return cell.Line(m.Styles.Later, spans...)
	}
	for i, s := range []ansi.Style{m.Styles.Changed, m.Styles.Quiet, m.kind(e.Kind), nil, m.Styles.Quiet, nil, m.Styles.Quiet} {
		spans[i].Style = s
	}
	return cell.Line(nil, spans...)
}

// kind is the look of a kind of event.
func (m Model) kind(k watch.Kind) ansi.Style {
	switch k {
	case watch.Mount, watch.NSNew:
		return m.Styles.Came
	case watch.Umount, watch.NSGone:
		return m.Styles.Went
	case watch.Lost:
		return m.Styles.Lost
	}
	return m.Styles.Changed
}

// cells are an event's time, kind, place, what it did, how far it went, and who
// did it, harmless for a terminal.
func (m Model) cells(e *watch.Event) []string {
	return []string{e.Time.Format("15:04:05"), string(e.Kind), m.where(e), What(e), reached(e), By(e)}
}

func (m Model) where(e *watch.Event) string {
	switch e.Kind {
	case watch.Lost:
		return render.Safe(e.Why)
	case watch.NSNew, watch.NSGone:
		number := strconv.FormatUint(e.Origin.NS, 10)
		for _, name := range []string{render.Safe(e.Origin.Owner), m.book.Short(e.Origin.NS), render.Safe(e.Origin.Comm)} {
			if name != "" && name != number {
				return number + " " + name
			}
		}
		return number
	}
	if e.Origin.NS == 0 {
		return strings.TrimSpace(render.Safe(e.Origin.Target) + " (gone before it could be looked at)")
	}
	return m.book.Place(e.Origin.NS, e.Origin.Target)
}

// What is what an event did, in few words.
func What(e *watch.Event) string {
	switch e.Kind {
	case watch.Mount, watch.Umount:
		text := e.FSType
		if e.Source != "" && e.Source != e.FSType {
			text += " " + e.Source
		}
		return render.Safe(text)
	case watch.Propagation, watch.Remount, watch.Move:
		return render.Safe(e.From + " → " + e.To)
	}
	return ""
}

// reached is how many places an event arrived at besides its origin.
func reached(e *watch.Event) string {
	if n := len(e.Receivers); n > 0 {
		return "→ " + strconv.Itoa(n)
	}
	return ""
}

// By is who did it.
func By(e *watch.Event) string {
	switch {
	case e.Origin.PID == 0:
		return ""
	case e.Origin.Comm == "":
		return strconv.Itoa(e.Origin.PID)
	}
	return fmt.Sprintf("%s[%d]", render.Safe(e.Origin.Comm), e.Origin.PID)
}

func (c columns) spans(mark string, cells []string) []cell.Span {
	widths := []int{c.time, c.kind, c.where, c.what, c.reached, c.by}
	spans := []cell.Span{{Text: cell.Fit(mark, c.mark)}}
	for i, text := range cells {
		switch w := widths[i]; {
		case w == 0:
			spans = append(spans, cell.Span{})
		default:
			spans = append(spans, cell.Span{Text: cell.Fit(cell.Cut(text, w-1), w)})
		}
	}
	return spans
}
