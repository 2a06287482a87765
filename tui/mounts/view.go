package mounts

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/cell"
)

// row is a mount with what is drawn before it. Brothers share the drawing, so
// that 50,000 rows cost no more than 50,000 pointers.
type row struct {
	mount *world.Mount
	lines string
}

// maxDepth is how deep the drawing follows the tree. Mounts stacked a thousand
// deep would leave no room for their names.
const maxDepth = 24

func (m *Model) grow(mounts []*world.Mount, before string, depth int) {
	middle, end, below, belowEnd := before+"├─", before+"└─", before+"│ ", before+"  "
	switch {
	case depth == 0:
		middle, end, below, belowEnd = "", "", "", ""
	case depth > maxDepth:
		below, belowEnd = before, before
	}
	for i, x := range mounts {
		r, next := row{x, middle}, below
		if i == len(mounts)-1 {
			r.lines, next = end, belowEnd
		}
		m.rows = append(m.rows, r)
		if !m.folded[x.ID] {
			m.grow(x.Children, next, depth+1)
		}
	}
}

// Widest cells: what is longer is cut.
const (
	maxPropagation = 22
	maxFSType      = 12
)

// measure finds the widths of the columns over all rows: they must not jump
// while one scrolls.
func (m *Model) measure() {
	m.propagation, m.fstype, m.hidden = len("PROPAGATION"), len("TYPE"), 0
	for _, x := range m.view.Mounts {
		m.propagation = max(m.propagation, len(x.Propagation()))
		m.fstype = max(m.fstype, len(x.FSType))
		if x.Shadowed {
			m.hidden++
		}
	}
	m.propagation, m.fstype = min(m.propagation, maxPropagation), min(m.fstype, maxFSType)
}

// columns are the widths of the cells; those that find no room are 0.
type columns struct{ name, propagation, fstype, source int }

func (m *Model) columns() columns {
	var c columns
	rest := m.width - 1
	take := func(width, leave int) int {
		if rest-width-1 < leave {
			return 0
		}
		rest -= width + 1
		return width
	}
	c.propagation = take(m.propagation, 12)
	c.fstype = take(m.fstype, 18)
	if rest > 44 {
		c.source = take(min(rest/3, 40), 30)
	}
	c.name = max(rest, 0)
	return c
}

// View draws the heading and the visible rows, a line each, or the note.
func (m Model) View() []string {
	if m.view == nil {
		var lines []string
		for _, l := range cell.Wrap(m.note, m.width-2) {
			lines = append(lines, m.Styles.Quiet.Styled(cell.Fit(" "+l, m.width)))
		}
		return lines
	}
	c := m.columns()
	lines := []string{cell.Line(m.Styles.Heading, c.spans("", "MOUNT POINT", "PROPAGATION", "TYPE", "SOURCE")...)}
	from, to := m.window.Visible()
	for i := from; i < to; i++ {
		lines = append(lines, m.line(&m.rows[i], c, i == m.window.Cursor))
	}
	return lines
}

func (m Model) line(r *row, c columns, chosen bool) string {
	x := r.mount
	spans := c.spans(r.lines, m.name(r), x.Propagation(), render.Safe(x.FSType), render.Safe(x.Source))
	switch {
	case chosen && m.focus:
		return cell.Line(m.Styles.Chosen, spans...)
	case chosen:
		return cell.Line(m.Styles.ChosenAway, spans...)
	case x.Shadowed:
		return cell.Line(m.Styles.Hidden, spans...)
	}
	spans[0].Style, spans[3].Style, spans[4].Style = m.Styles.Quiet, m.Styles.Quiet, m.Styles.Quiet
	spans[2].Style = m.spread(x)
	return cell.Line(nil, spans...)
}

// spread is the colour of a mount's propagation.
func (m Model) spread(x *world.Mount) ansi.Style {
	switch {
	case x.Master != 0:
		return m.Styles.Slave
	case x.PeerGroup != 0:
		return m.Styles.Shared
	case x.Unbindable:
		return m.Styles.Unbindable
	}
	return m.Styles.Quiet
}

func (c columns) spans(lines, name, propagation, fstype, source string) []cell.Span {
	lines = cell.Cut(" "+lines, c.name+1)
	return []cell.Span{
		{Text: lines},
		{Text: cell.Fit(name, c.name+1-cell.Width(lines))},
		{Text: column(propagation, c.propagation)},
		{Text: column(fstype, c.fstype)},
		{Text: column(source, c.source)},
	}
}

func column(text string, width int) string {
	if width == 0 {
		return ""
	}
	return " " + cell.Fit(text, width)
}

// name is the mount point below the parent's, or all of it in a list and where
// it does not lie below. What is folded away is counted.
func (m *Model) name(r *row) string {
	x := r.mount
	name := x.Point
	if x.Parent != nil && m.filter == "" {
		name = relative(x.Point, x.Parent.Point)
	}
	if x.Unreachable || name == "" {
		name = "(out of reach)"
	}
	name = render.Safe(name)
	if x.Shadowed {
		name += " (hidden)"
	}
	if m.folded[x.ID] && m.filter == "" {
		name += " [+" + strconv.Itoa(below(x)) + "]"
	}
	return name
}

func relative(point, parent string) string {
	if point == parent || !world.Under(point, parent) {
		return point
	}
	return strings.TrimPrefix(strings.TrimPrefix(point, parent), "/")
}

// below counts the mounts under one.
func below(m *world.Mount) int {
	n := len(m.Children)
	for _, c := range m.Children {
		n += below(c)
	}
	return n
}
