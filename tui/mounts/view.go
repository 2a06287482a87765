package mounts

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/cell"
	"github.com/nsview/nsview/tui/mark"
	"github.com/nsview/nsview/tui/preview"
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
			m.grow(m.preview.Below(x), next, depth+1)
		}
	}
}

// Widest cells: what is longer is cut.
const (
	maxPropagation = 24 // with the symbol
	maxFSType      = 12
	maxPeers       = 5
)

// measure finds the widths of the columns over all rows: they must not jump
// while one scrolls.
func (m *Model) measure() {
	m.propagation, m.fstype, m.hidden, m.most = len("PROPAGATION"), len("TYPE"), 0, 0
	for _, x := range m.view.Mounts {
		m.propagation = max(m.propagation, len(x.Propagation())+2)
		m.fstype = max(m.fstype, len(x.FSType))
		m.most = max(m.most, peers(x))
		if x.Shadowed {
			m.hidden++
		}
	}
	m.propagation, m.fstype = min(m.propagation, maxPropagation), min(m.fstype, maxFSType)
}

// peers is the number of other mounts in the peer group, in all namespaces.
func peers(x *world.Mount) int {
	if g := x.View.Groups().Get(x.PeerGroup); g != nil && x.PeerGroup != 0 {
		return len(g.Members) - 1
	}
	return 0
}

// columns are the widths of the cells; those that find no room are 0.
type columns struct{ mark, change, name, propagation, peers, fstype, source int }

func (m Model) columns() columns {
	room := cell.Room{Left: m.width}
	take := func(width, leave int) int { return max(room.Take(width+1, leave)-1, 0) } // behind a gap
	var c columns
	if m.preview != nil {
		c.mark, c.change = room.Some(1), room.Some(2)
	} else {
		c.mark = room.Some(2)
	}
	if c.propagation = take(m.propagation, 14); c.propagation == 0 {
		c.propagation = take(1, 8)
	}
	if m.most > 0 {
		c.peers = take(maxPeers, 18)
	}
	c.fstype = take(m.fstype, 20)
	if room.Left > 44 {
		c.source = take(min(room.Left/3, 40), 30)
	}
	c.name = room.Left
	return c
}

// View draws the heading and the visible rows, a line each, or the note.
func (m Model) View() []string {
	if m.view == nil {
		return cell.Paragraph(m.note, " ", m.width, m.Styles.Quiet)
	}
	c := m.columns()
	from, to := m.window.Visible()
	lines := append(make([]string, 0, to-from+1), cell.Line(m.Styles.Heading, c.spans(" ", " ", "", "MOUNT POINT", "PROPAGATION", "PEERS", "TYPE", "SOURCE")...))
	for i := from; i < to; i++ {
		lines = append(lines, m.line(&m.rows[i], c, i == m.window.Cursor))
	}
	return lines
}

func (m *Model) line(r *row, c columns, chosen bool) string {
	x := r.mount
	role, state := m.marks.OfMount(x), mark.StateOf(x)
	count := ""
	if n := peers(x); n > 0 {
		count = strconv.Itoa(n)
	}
	change := m.preview.KindOf(x)
	spans := c.spans(role.Symbol(), change.Symbol(), r.lines, m.name(r), state.Symbol()+" "+x.Propagation(), count, render.Safe(x.FSType), render.Safe(x.Source))
	spans[0].Style, spans[1].Style = m.Styles.Marks[role], m.Styles.Changes[change]
	switch {
	case chosen && m.focus:
		return cell.Line(m.Styles.Chosen, spans...)
	case chosen:
		return cell.Line(m.Styles.ChosenAway, spans...)
	case change == preview.Gone:
		cell.Dress(spans[3:], m.Styles.Changes[change])
		return cell.Line(nil, spans...)
	case x.Shadowed:
		cell.Dress(spans[2:], m.Styles.Hidden)
		return cell.Line(nil, spans...)
	}
	cell.Dress(spans[5:], m.Styles.Quiet)
	spans[2].Style, spans[3].Style, spans[4].Style = m.Styles.Quiet, m.Styles.Changes[change], m.Styles.States[state]
	return cell.Line(nil, spans...)
}

func (c columns) spans(mark, change, lines, name, propagation, peers, fstype, source string) []cell.Span {
	lines = cell.Cut(lines, c.name)
	if c.peers > 0 {
		peers = " " + cell.FitRight(peers, c.peers)
	} else {
		peers = ""
	}
	return []cell.Span{
		{Text: cell.Fit(mark, c.mark)},
		{Text: cell.Fit(change, c.change)},
		{Text: lines},
		{Text: cell.Fit(name, c.name-cell.Width(lines))},
		{Text: column(propagation, c.propagation)},
		{Text: peers},
		{Text: column(fstype, c.fstype)},
		{Text: column(source, c.source)},
	}
}

// column is a cell behind a gap. One of a single column has no room for an
// ellipsis: it shows the symbol.
func column(text string, width int) string {
	switch width {
	case 0:
		return ""
	case 1:
		_, size := utf8.DecodeRuneInString(text)
		return " " + text[:size]
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
	switch c := m.preview.OfMount(x); {
	case c != nil && c.Kind == preview.Gone:
		name += " (gone)"
	case c != nil && c.Moves && c.Was == x:
		name += " (moved)"
	case c != nil && c.Beneath && x.Shadowed:
		name += " (beneath)"
	case x.Shadowed:
		name += " (hidden)"
	}
	if m.folded[x.ID] && m.filter == "" {
		name += " [+" + strconv.Itoa(m.below(x)) + "]"
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
func (m *Model) below(x *world.Mount) int {
	list := m.preview.Below(x)
	n := len(list)
	for _, c := range list {
		n += m.below(c)
	}
	return n
}
