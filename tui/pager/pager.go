// Package pager shows a text over the whole screen: the help, an explanation,
// what holds a mount.
package pager

import (
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/tui/cell"
	"github.com/nsview/nsview/tui/scroll"
)

// Line is a line of a text: a heading, or a name and what is said of it.
type Line struct {
	Name, Text string // harmless for a terminal
	Heading    bool
}

// Styles are the looks of a text.
type Styles struct{ Heading, Name, Text ansi.Style }

// Model is a text.
type Model struct {
	Title  string
	Keys   scroll.KeyMap
	Styles Styles

	text   []Line
	lines  []Line // of the width of the screen
	window scroll.Window
	width  int
}

// New is a text under a title.
func New(title string, text []Line, s Styles) Model {
	return Model{Title: title, Keys: scroll.DefaultKeyMap(), Styles: s, text: text}
}

// SetSize sets the place on the screen.
func (m *Model) SetSize(width, height int) {
	m.width = width
	m.lines = m.lines[:0:0]
	for _, l := range m.text {
		indent := leading(l.Text)
		for i, part := range cell.Wrap(l.Text, max(width-m.indent(l)-1, 1)) {
			if i > 0 {
				l.Name, part = "", cell.Cut(blanks(min(indent+2, width/4))+part, width)
			}
			l.Text = part
			m.lines = append(m.lines, l)
		}
	}
	m.window.Resize(len(m.lines), height)
}

// nameWidth is the width of the names with the gap behind them.
const nameWidth = 16

func (m *Model) indent(l Line) int {
	if l.Name == "" {
		return min(1, m.width)
	}
	return min(nameWidth, m.width/2)
}

func leading(s string) int {
	n := 0
	for n < len(s) && s[n] == ' ' {
		n++
	}
	return n
}

func blanks(n int) string { return cell.Fit("", n) }

// More is how many lines are below the visible ones.
func (m *Model) More() int {
	_, to := m.window.Visible()
	return len(m.lines) - to
}

// Wheel scrolls.
func (m *Model) Wheel(rows int) { m.window.Wheel(rows) }

// Update scrolls.
func (m Model) Update(msg tea.Msg) (Model, tea.Cmd) {
	if msg, ok := msg.(tea.KeyPressMsg); ok {
		m.window.Wheel(m.Keys.Step(msg, m.window))
	}
	return m, nil
}

// View draws the visible lines.
func (m Model) View() []string {
	var lines []string
	from, to := m.window.Visible()
	for _, l := range m.lines[from:to] {
		indent := m.indent(l)
		style := m.Styles.Text
		if l.Heading {
			style = m.Styles.Heading
		}
		lines = append(lines, cell.Line(nil,
			cell.Span{Text: cell.Fit(" "+l.Name, indent), Style: m.Styles.Name},
			cell.Span{Text: cell.Fit(l.Text, m.width-indent), Style: style}))
	}
	return lines
}
