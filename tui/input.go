package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// press does what a key means: in the question on the last line, in what lies
// over the screen, everywhere, or in the pane that has the keys.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	m.message = ""
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case key.Matches(msg, m.Keys.Suspend):
		return tea.Suspend
	case m.prompt != nil:
		return m.pressPrompt(msg)
	case m.pager != nil:
		m.pressPager(msg)
		return nil
	case m.choice != nil:
		return m.pressChoice(msg)
	case key.Matches(msg, m.Keys.Quit):
		return tea.Quit
	}
	for _, a := range m.actions() {
		if key.Matches(msg, a.key) {
			return a.do()
		}
	}
	return m.updatePane(msg)
}

// action is what a key does wherever one is.
type action struct {
	key key.Binding
	do  func() tea.Cmd
}

// just makes an action's function of one that has nothing more to do.
func just(do func()) func() tea.Cmd {
	return func() tea.Cmd {
		do()
		return nil
	}
}

// actions are the keys that work in every pane.
func (m *Model) actions() []action {
	k := m.Keys
	list := []action{
		{k.Help, just(m.openManual)},
		{k.Next, just(func() { m.setFocus((m.focus + 1) % panes) })},
		{k.Previous, just(func() { m.setFocus((m.focus + panes - 1) % panes) })},
		{k.Open, m.openChosen},
		{k.Back, m.back},
		{k.Filter, just(m.askFilter)},
		{k.Search, just(m.search)},
		{k.Peer, just(m.toPeer)},
		{k.Master, just(m.toMaster)},
		{k.Slave, just(m.toSlave)},
		{k.Mark, just(m.markHere)},
		{k.Explain, m.explain},
		{k.Holders, m.holders},
		{k.Predict, just(m.askPredict)},
		{k.Effects, just(m.openEffects)},
		{k.Change, just(m.toNextChange)},
		{k.Export, just(m.export)},
		{k.Start, just(m.openStarts)},
		{k.Pause, m.pause},
		{k.Earlier, func() tea.Cmd { return m.travel(-1) }},
		{k.Later, func() tea.Cmd { return m.travel(1) }},
		{k.Then, m.toChosenEvent},
		{k.Now, m.toNowIfPast},
		{k.Reread, m.reread},
	}
	for i, b := range k.Panes {
		list = append(list, action{b, just(func() { m.setFocus(Focus(i)) })})
	}
	return list
}

// updatePane moves in the pane that has the keys.
func (m *Model) updatePane(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	switch m.focus {
	case OnSpaces:
		m.spaces, cmd = m.spaces.Update(msg)
		m.follow()
	case OnMounts:
		m.mounts, cmd = m.mounts.Update(msg)
		m.tell()
	case OnGroups:
		m.peers, cmd = m.peers.Update(msg)
		m.tell()
	case OnDetails:
		m.details, cmd = m.details.Update(msg)
	case OnEvents:
		before := m.events.Picked()
		if m.events, cmd = m.events.Update(msg); m.events.Picked() != before {
			m.showEvent(m.events.Picked())
		}
	}
	return cmd
}

// back undoes one thing: the preview, the filter of the pane, the chosen
// propagation, the last jump, the journey into the past; then it goes to the pane
// before.
func (m *Model) back() tea.Cmd {
	switch {
	case m.preview != nil || m.foreseeing:
		return m.toPresent()
	case m.filters[m.focus] != "":
		m.setFilter("")
	case m.focus == OnEvents && m.events.Picked() != nil && !m.inPast():
		m.events.Release()
		m.tell()
	case len(m.trail) > 0:
		last := m.trail[len(m.trail)-1]
		m.trail = m.trail[:len(m.trail)-1]
		m.goTo(last)
	case m.inPast():
		return m.toNow()
	case m.focus > OnMounts:
		m.setFocus(OnMounts)
	default:
		m.setFocus(OnSpaces)
	}
	return nil
}

func (m *Model) toChosenEvent() tea.Cmd {
	e := m.events.Selected()
	if m.live == nil || e == nil {
		m.message = "no event to go back to"
		return nil
	}
	return m.toMoment(e.Seq)
}

func (m *Model) toNowIfPast() tea.Cmd {
	if m.preview != nil {
		return m.toPresent()
	}
	if !m.inPast() {
		m.message = "this is how it is now"
		return nil
	}
	return m.toNow()
}

// reread reads the host anew; what is on the screen stays until then. What is
// followed is up to date: only who is in its namespaces is read.
func (m *Model) reread() tea.Cmd {
	if m.preview != nil {
		m.message = "this is a prediction; Esc goes back to the present"
		return nil
	}
	m.generation++
	if m.options.Recording != nil {
		return m.readMoment()
	}
	m.busy = "reading the host"
	return m.relist()
}
