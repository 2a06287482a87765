// Package choice is a list over the whole screen, one row of which is to be
// chosen: what a search found, the peers of a mount.
package choice

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/tui/cell"
	"github.com/nsview/nsview/tui/scroll"
)

// Styles are the looks of the list.
type Styles struct{ Name, Text, Chosen ansi.Style }

// Row is something to choose. Its texts are harmless for a terminal.
type Row struct {
	Name, Text string
	Value      any
}

// Model is the list.
type Model struct {
	Title  string
	Keys   scroll.KeyMap
	Styles Styles

	rows   []Row
	window scroll.Window
	name   int // width of the widest name
	width  int
}

// New is a list under a title.
func New(title string, rows []Row, s Styles) Model {
	m := Model{Title: title, Keys: scroll.DefaultKeyMap(), Styles: s, rows: rows}
	for _, r := range rows {
		m.name = max(m.name, cell.Width(r.Name))
	}
	return m
}

// SetSize sets the place on the screen.
func (m *Model) SetSize(width, height int) {
	m.width = width
	m.window.Resize(len(m.rows), height)
}

// Selected is the value of the chosen row, nil when there is none.
func (m *Model) Selected() any {
	if m.window.Cursor >= len(m.rows) {
		return nil
	}
	return m.rows[m.window.Cursor].Value
}

// Click chooses the row at a line.
func (m *Model) Click(line int) { m.window.Click(line) }

// Wheel scrolls.
func (m *Model) Wheel(rows int) { m.window.Wheel(rows) }

// Update moves the chosen row.
func (m Model) Update(msg tea.Msg) (Model, tea.Cmd) {
	if msg, ok := msg.(tea.KeyPressMsg); ok {
		m.window.To(m.window.Cursor + m.Keys.Step(msg, m.window))
	}
	return m, nil
}

// View draws the visible rows, a line each.
func (m Model) View() []string {
	var lines []string
	name := min(m.name+3, max(m.width*2/3, 0))
	from, to := m.window.Visible()
	for i := from; i < to; i++ {
		spans := []cell.Span{
			{Text: cell.Fit(strings.TrimRight("  "+m.rows[i].Name, " "), name) + cell.Fit("", min(1, m.width-name)), Style: m.Styles.Name},
			{Text: cell.Fit(m.rows[i].Text, m.width-name-1), Style: m.Styles.Text},
		}
		var whole ansi.Style
		if i == m.window.Cursor {
			whole = m.Styles.Chosen
		}
		lines = append(lines, cell.Line(whole, spans...))
	}
	return lines
}
