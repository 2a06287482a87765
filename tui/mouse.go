package tui

import tea "charm.land/bubbletea/v2"

// click gives the keys to the pane under the pointer, or under its tab, and
// chooses the row.
func (m *Model) click(x, y int) tea.Cmd {
	m.message = ""
	switch {
	case m.prompt != nil:
		m.prompt = nil
		return nil
	case m.pager != nil:
		m.pager = nil
		return nil
	case m.choice != nil:
		m.choice.Click(y - 1)
		return nil
	}
	for f := range Focus(panes) {
		r := m.layout.Panes[f]
		switch {
		case r.Has(x, y):
			m.setFocus(f)
			m.clickRow(f, y-r.Y)
			return nil
		case r.W > 0 && y == r.Y-1 && x >= r.X && x < r.X+r.W:
			m.setFocus(m.tabAt(f, x-r.X))
			return nil
		}
	}
	return nil
}

func (m *Model) clickRow(f Focus, line int) {
	switch f {
	case OnSpaces:
		m.spaces.Click(line)
		m.follow()
	case OnMounts:
		m.mounts.Click(line)
	case OnGroups:
		m.peers.Click(line)
	case OnEvents:
		m.events.Click(line)
		m.showEvent(m.events.Picked())
	}
	m.tell()
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
	switch {
	case m.pager != nil:
		m.pager.Wheel(rows)
	case m.choice != nil:
		m.choice.Wheel(rows)
	default:
		for f := range Focus(panes) {
			if m.layout.Panes[f].Has(msg.X, msg.Y) {
				m.wheelPane(f, rows)
			}
		}
	}
	return nil
}

func (m *Model) wheelPane(f Focus, rows int) {
	switch f {
	case OnSpaces:
		m.spaces.Wheel(rows)
		m.follow()
	case OnMounts:
		m.mounts.Wheel(rows)
		m.tell()
	case OnGroups:
		m.peers.Wheel(rows)
		m.tell()
	case OnDetails:
		m.details.Wheel(rows)
	case OnEvents:
		m.events.Wheel(rows)
	}
}
