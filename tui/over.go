package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/tui/prompt"
)

// askFilter asks for the filter of the pane that has the keys.
func (m *Model) askFilter() {
	if m.focus == OnDetails {
		m.message = "the details have no filter; s searches all namespaces"
		return
	}
	p := prompt.New("filter:", m.filters[m.focus], m.theme.Prompt)
	m.prompt, m.asked = &p, question{live: true, do: func(m *Model, text string) tea.Cmd {
		m.setFilter(text)
		return nil
	}}
	m.resize(m.width, m.height)
}

// setFilter filters the pane that has the keys.
func (m *Model) setFilter(text string) {
	m.filter(m.focus, text)
	if m.world != nil {
		m.follow()
	}
}

// filter has a pane show only what has a text; with "" it shows all.
func (m *Model) filter(f Focus, text string) {
	m.filters[f] = text
	switch f {
	case OnSpaces:
		m.spaces.SetFilter(text)
	case OnMounts:
		m.mounts.SetFilter(text)
	case OnGroups:
		m.peers.SetFilter(text)
	case OnEvents:
		m.events.SetFilter(text)
	}
}

// pressPrompt edits the answer to a question.
func (m *Model) pressPrompt(msg tea.KeyPressMsg) tea.Cmd {
	p, done := m.prompt.Update(msg)
	switch done {
	case prompt.Typing:
		m.prompt = &p
		return m.typing()
	case prompt.Cancelled:
		m.prompt = nil
		if m.asked.live {
			return m.asked.do(m, "")
		}
	case prompt.Entered:
		m.prompt = nil
		if !m.asked.live && p.Text != "" {
			return m.asked.do(m, p.Text)
		}
	}
	return nil
}

// typing gives what was typed so far to who wants it with every key.
func (m *Model) typing() tea.Cmd {
	if m.asked.live {
		return m.asked.do(m, m.prompt.Text)
	}
	return nil
}

// pressPager scrolls a text, or closes it.
func (m *Model) pressPager(msg tea.KeyPressMsg) {
	if key.Matches(msg, m.Keys.Help, m.Keys.Back, m.Keys.Quit, m.Keys.Open) {
		m.pager = nil
		return
	}
	*m.pager, _ = m.pager.Update(msg)
}

// pressChoice moves in a list, takes the chosen row or closes it.
func (m *Model) pressChoice(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(msg, m.Keys.Back, m.Keys.Quit):
		m.choice = nil
	case key.Matches(msg, m.Keys.Open):
		return m.take()
	default:
		*m.choice, _ = m.choice.Update(msg)
	}
	return nil
}

// take goes to the row chosen of a list, or starts it.
func (m *Model) take() tea.Cmd {
	value := m.choice.Selected()
	m.choice = nil
	switch v := value.(type) {
	case station:
		m.jump(v)
	case Start:
		return m.start(v)
	}
	return nil
}
