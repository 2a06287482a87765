// Package prompt is a line that asks for a text.
//
// It has no cursor within the text: bubbles' text input would bring a search
// for clipboard programs into every start of nsview.
package prompt

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/tui/cell"
)

// Styles are the looks of the line.
type Styles struct{ Label, Text, Cursor ansi.Style }

// Done says how typing ended.
type Done int

// The ends. Typing means that it goes on.
const (
	Typing Done = iota
	Entered
	Cancelled
)

// Model is the line.
type Model struct {
	Label  string
	Text   string
	Styles Styles
	// Offers are texts that up and down go through; with none these keys enter.
	Offers []string
	// Complete gives what a text can go on as; Tab goes through that. With nil
	// Tab enters.
	Complete func(text string) []string

	offer int      // of Offers, the one shown
	ends  []string // what Tab goes through
	end   int
	width int
}

// New is a line that begins with a text.
func New(label, text string, s Styles) Model { return Model{Label: label, Text: text, Styles: s} }

// SetWidth sets the width of the line.
func (m *Model) SetWidth(width int) { m.width = width }

// Paste adds a text; of several lines the first.
func (m *Model) Paste(text string) {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	m.Text += line
}

// Update edits the text, and says whether typing ended.
func (m Model) Update(msg tea.KeyPressMsg) (Model, Done) {
	switch name := msg.String(); {
	case name == "tab" && m.Complete != nil:
		m.complete()
		return m, Typing
	case (name == "up" || name == "down") && len(m.Offers) > 0:
		m.turn(name)
		return m, Typing
	}
	m.ends = nil
	switch msg.String() {
	case "enter", "tab", "up", "down":
		return m, Entered
	case "esc":
		return m, Cancelled
	case "backspace", "ctrl+h":
		if m.Text == "" {
			return m, Cancelled
		}
		_, size := utf8.DecodeLastRuneInString(m.Text)
		m.Text = m.Text[:len(m.Text)-size]
	case "ctrl+u":
		m.Text = ""
	case "ctrl+w":
		m.Text = m.Text[:strings.LastIndexByte(strings.TrimRight(m.Text, " "), ' ')+1]
	default:
		m.Text += msg.Text
	}
	return m, Typing
}

// complete shows what the text can go on as, one after another.
func (m *Model) complete() {
	if m.ends == nil {
		m.ends, m.end = m.Complete(m.Text), -1
	}
	if len(m.ends) > 0 {
		m.end = (m.end + 1) % len(m.ends)
		m.Text = m.ends[m.end]
	}
}

// turn goes to the next offer, or back.
func (m *Model) turn(name string) {
	step := 1
	if name == "up" {
		step = -1
	}
	m.ends = nil
	m.offer = (m.offer + step + len(m.Offers)) % len(m.Offers)
	m.Text = m.Offers[m.offer]
}

// View draws the line. Of a text too long the end is shown.
func (m Model) View() string {
	label := cell.Cut(" "+m.Label+" ", max(m.width-4, 0))
	text, room := render.Safe(m.Text), m.width-cell.Width(label)-1
	for cell.Width(text) > max(room, 0) {
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
	}
	return m.Styles.Label.Styled(label) + m.Styles.Text.Styled(text) + m.Styles.Cursor.Styled(cell.Fit("", min(1, max(m.width, 0))))
}
