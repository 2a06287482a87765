package tui

import (
	tea "charm.land/bubbletea/v2"
)

// inPast says whether the host is shown as it was.
func (m *Model) inPast() bool { return m.moment != now }

// readMoment has the host shown as it was at the moment chosen.
func (m *Model) readMoment() tea.Cmd {
	rec, seq, generation := m.live.rec, m.moment, m.generation
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
	if !m.inPast() && step > 0 {
		m.message = "this is how it is now"
		return nil
	}
	seq, ok := m.events.Near(m.moment, step)
	switch {
	case !ok && step > 0:
		return m.toNow()
	case !ok:
		m.message = "nothing is known of before"
		return nil
	case step > 0 && m.events.Last(seq):
		return m.toNow()
	}
	return m.toMoment(seq)
}

// toMoment shows the host as it was just after an event, or as it is now.
func (m *Model) toMoment(seq uint64) tea.Cmd {
	m.endPreview()
	m.moment = seq
	m.events.SetMoment(seq)
	if !m.events.Select(seq) {
		m.events.Release()
	}
	m.tell()
	m.generation++
	return m.readMoment()
}

// toNow comes back from the past.
func (m *Model) toNow() tea.Cmd { return m.toMoment(now) }
