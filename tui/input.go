package tui

import (
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/tui/scroll"
)

// press does what a key means: in the filter, in the help, everywhere, or in
// the pane that has the keys.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	m.message = ""
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case m.typing:
		return m.typed(msg)
	case m.manual != nil:
		m.pressManual(msg)
		return nil
	case key.Matches(msg, m.Keys.Quit):
		return tea.Quit
	case key.Matches(msg, m.Keys.Suspend):
		return tea.Suspend
	case key.Matches(msg, m.Keys.Help):
		m.manual = &scroll.Window{}
		m.resize(m.width, m.height)
	case key.Matches(msg, m.Keys.Reread):
		return m.reread()
	case key.Matches(msg, m.Keys.Filter):
		m.typing = m.focus != OnDetails
	default:
		return m.pressPane(msg)
	}
	return nil
}

// pressPane moves between panes, or in the one that has the keys.
func (m *Model) pressPane(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case msg.String() == "shift+tab":
		m.setFocus((m.focus + panes - 1) % panes)
	case key.Matches(msg, m.Keys.Next):
		m.setFocus((m.focus + 1) % panes)
	case key.Matches(msg, m.Keys.Open):
		m.setFocus(min(m.focus+1, OnDetails))
	case key.Matches(msg, m.Keys.Back):
		return m.back()
	default:
		return m.updatePane(msg)
	}
	return nil
}

func (m *Model) updatePane(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	switch m.focus {
	case OnSpaces:
		m.spaces, cmd = m.spaces.Update(msg)
		return tea.Batch(cmd, m.follow())
	case OnMounts:
		m.mounts, cmd = m.mounts.Update(msg)
		m.tell()
	case OnDetails:
		m.details, cmd = m.details.Update(msg)
	}
	return cmd
}

// back undoes the filter of the pane, then goes to the pane before.
func (m *Model) back() tea.Cmd {
	if m.filters[m.focus] != "" {
		return m.setFilter("")
	}
	m.setFocus(max(m.focus-1, OnSpaces))
	return nil
}

// typed edits the filter. It is a line without a cursor: bubbles' text input
// would bring a search for clipboard programs into every start of nsview.
func (m *Model) typed(msg tea.KeyPressMsg) tea.Cmd {
	text := m.filters[m.focus]
	switch msg.String() {
	case "enter", "tab", "up", "down":
		m.typing = false
		return nil
	case "esc":
		m.typing = false
		text = ""
	case "backspace", "ctrl+h":
		if text == "" {
			m.typing = false
		}
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	case "ctrl+u":
		text = ""
	case "ctrl+w":
		text = text[:strings.LastIndexByte(strings.TrimRight(text, " "), ' ')+1]
	default:
		text += msg.Text
	}
	return m.setFilter(text)
}

// setFilter filters the pane that has the keys.
func (m *Model) setFilter(text string) tea.Cmd {
	m.filters[m.focus] = text
	switch m.focus {
	case OnSpaces:
		m.spaces.SetFilter(text)
	case OnMounts:
		m.mounts.SetFilter(text)
	}
	if m.world == nil {
		return nil
	}
	return m.follow()
}

// pressManual scrolls the help, or closes it.
func (m *Model) pressManual(msg tea.KeyPressMsg) {
	if key.Matches(msg, m.Keys.Help, m.Keys.Back, m.Keys.Quit) {
		m.manual = nil
		return
	}
	m.manual.Wheel(m.spaces.Keys.Step(msg, *m.manual))
}

// click gives the keys to the pane under the pointer and chooses the row.
func (m *Model) click(x, y int) tea.Cmd {
	m.typing = false
	switch l := m.layout; {
	case m.manual != nil:
		m.manual = nil
	case l.Spaces.Has(x, y):
		m.spaces.Click(y - l.Spaces.Y)
		m.setFocus(OnSpaces)
		return m.follow()
	case l.Mounts.Has(x, y):
		m.mounts.Click(y - l.Mounts.Y)
		m.setFocus(OnMounts)
	case l.Details.Has(x, y):
		m.setFocus(OnDetails)
	}
	return nil
}

// wheelRows is how far one notch of the wheel goes.
const wheelRows = 3

// wheel scrolls the pane under the pointer.
func (m *Model) wheel(msg tea.MouseWheelMsg) tea.Cmd {
	rows := wheelRows
	switch msg.Button {
	case tea.MouseWheelUp:
		rows = -rows
	case tea.MouseWheelDown:
	default:
		return nil
	}
	switch l := m.layout; {
	case m.manual != nil:
		m.manual.Wheel(rows)
	case l.Spaces.Has(msg.X, msg.Y):
		m.spaces.Wheel(rows)
		return m.follow()
	case l.Mounts.Has(msg.X, msg.Y):
		m.mounts.Wheel(rows)
		m.tell()
	case l.Details.Has(msg.X, msg.Y):
		m.details.Wheel(rows)
	}
	return nil
}
