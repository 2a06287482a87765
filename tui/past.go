package tui

import (
	tea "charm.land/bubbletea/v2"
)

// moment is the number of the event up to which the host is shown.
func (m *Model) moment() uint64 {
	if m.inPast {
		return m.past
	}
	return now
}

// readMoment has the host shown as it was at the moment chosen.
func (m *Model) readMoment() tea.Cmd {
	rec, seq, generation := m.live.rec, m.moment(), m.generation
	return func() tea.Msg {
		return tabled{generation: generation, tables: tablesOf(rec.At(seq))}
	}
}

// travel goes so many events back (negative) or forth in time. Behind the last
// event is now.
func (m *Model) travel(step int) tea.Cmd {
	if _, all := m.events.Counts(); m.live == nil || all == 0 {
		m.message = "no event to go back to"
		return nil
	}
	if !m.inPast && step > 0 {
		m.message = "this is how it is now"
		return nil
	}
	seq, ok := m.events.Near(m.moment(), step)
	switch {
	case !ok && step > 0:
		return m.toNow()
	case !ok:
		m.message = "nothing is known of before"
		return nil
	case step > 0 && m.events.Last(seq):
		return m.toNow()
	}
	return m.toEvent(seq)
}

// toEvent shows the host as it was just after an event.
func (m *Model) toEvent(seq uint64) tea.Cmd {
	m.endPreview()
	m.past, m.inPast = seq, true
	m.events.SetMoment(true, seq)
	if !m.events.Select(seq) {
		m.events.Release()
	}
	m.tell()
	m.generation++
	return m.readMoment()
}

// toNow comes back from the past.
func (m *Model) toNow() tea.Cmd {
	m.endPreview()
	m.past, m.inPast = 0, false
	m.events.SetMoment(false, 0)
	m.events.Release()
	m.tell()
	m.generation++
	return m.readMoment()
}
