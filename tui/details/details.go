// Package details is the pane that tells everything about the chosen mount or
// namespace.
package details

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/cell"
	"github.com/nsview/nsview/tui/names"
	"github.com/nsview/nsview/tui/preview"
	"github.com/nsview/nsview/tui/scroll"
)

// Styles are the looks of the pane.
type Styles struct{ Name, Value ansi.Style }

// Subject is what the pane tells of: of its last field that is not nil.
type Subject struct {
	World *world.World // that NS is of
	Book  names.Book
	NS    *world.Namespace
	Mount *world.Mount
	Links *Links // of Mount
	Group *world.PeerGroup
	Event *watch.Event
	// Preview is what would change, nil for nothing.
	Preview *preview.Preview
}

// key tells one subject from another.
type key struct {
	ns    uint64
	mount snapshot.MountID
	group snapshot.GroupID
	event uint64
}

func (s Subject) key() key {
	var k key
	if s.NS != nil {
		k.ns = s.NS.ID.Ino
	}
	if s.Mount != nil {
		k.mount = s.Mount.ID
	}
	if s.Group != nil {
		k.group = s.Group.ID
	}
	if s.Event != nil {
		k.event = s.Event.Seq
	}
	return k
}

// Model is the pane.
type Model struct {
	Keys   scroll.KeyMap
	Styles Styles

	about  key
	fields []field
	lines  []line
	window scroll.Window
	width  int
}

// field is a name and what it says, as it came from the host.
type field struct{ name, value string }

// brief says that a field is cut rather than broken into lines: there are many
// of its sort.
func (f field) brief() bool { return strings.HasPrefix(f.name, "pid ") }

// line is a field, or what of it found no room on the line before.
type line struct{ name, value string }

// New is an empty pane.
func New(s Styles) Model { return Model{Keys: scroll.DefaultKeyMap(), Styles: s} }

// SetSubject tells of something else, from the beginning, or of the same as it
// is now.
func (m *Model) SetSubject(s Subject) {
	fields := fieldsOf(s)
	if slices.Equal(fields, m.fields) {
		return
	}
	if k := s.key(); k != m.about {
		m.about = k
		m.window.Top, m.window.Cursor = 0, 0
	}
	m.fields = fields
	m.wrap()
}

// SetSize sets the place of the pane on the screen.
func (m *Model) SetSize(width, height int) {
	m.width = width
	m.window.Height = height
	m.wrap()
}

// Wheel scrolls.
func (m *Model) Wheel(rows int) { m.window.Wheel(rows) }

// More is how many lines are below the visible ones.
func (m *Model) More() int {
	_, to := m.window.Visible()
	return len(m.lines) - to
}

// Update scrolls.
func (m Model) Update(msg tea.Msg) (Model, tea.Cmd) {
	if msg, ok := msg.(tea.KeyPressMsg); ok {
		m.window.Wheel(m.Keys.Step(msg, m.window))
	}
	return m, nil
}

// nameWidth is the width of the names with the gap behind them.
const nameWidth = 14

// wrap breaks the fields into lines of the pane's width.
func (m *Model) wrap() {
	m.lines = m.lines[:0:0]
	before := ""
	for _, f := range m.fields {
		name := f.name
		if name == before {
			name = ""
		}
		before = f.name
		value, width := render.Safe(f.value), m.width-m.indent()-1
		if f.brief() {
			value = cell.Cut(value, width)
		}
		for _, part := range cell.Wrap(value, width) {
			m.lines = append(m.lines, line{name, part})
			name = ""
		}
	}
	m.window.Resize(len(m.lines), m.window.Height)
}

// indent is where values start; in a narrow pane names and values share what
// there is.
func (m *Model) indent() int { return min(nameWidth, m.width/2) }

// View draws the visible lines.
func (m Model) View() []string {
	var lines []string
	from, to := m.window.Visible()
	for _, l := range m.lines[from:to] {
		indent := m.indent()
		lines = append(lines, cell.Line(nil,
			cell.Span{Text: cell.Fit(" "+l.name, indent), Style: m.Styles.Name},
			cell.Span{Text: cell.Fit(l.value, m.width-indent), Style: m.Styles.Value}))
	}
	return lines
}
