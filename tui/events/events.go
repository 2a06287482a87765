// Package events is the pane that lists what happened: one line a propagation,
// the newest last.
package events

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/tui/names"
	"github.com/nsview/nsview/tui/scroll"
)

// Styles are the looks of the pane.
type Styles struct {
	Heading, Chosen, ChosenAway, Quiet, Later ansi.Style
	Came, Went, Changed, Lost                 ansi.Style // by kind
}

// Model is the pane.
type Model struct {
	Keys   scroll.KeyMap
	Styles Styles

	book   names.Book
	note   string
	all    []watch.Event
	shown  []int // of all
	filter string
	picked bool   // an event was chosen; else the newest is shown
	moment uint64 // the event after which the screen shows the host
	window scroll.Window
	width  int
	focus  bool
}

// MaxKept is how many events are listed: older ones are dropped.
const MaxKept = 20_000

// New is an empty pane.
func New(s Styles) Model { return Model{Keys: scroll.DefaultKeyMap(), Styles: s} }

// SetBook says what namespaces are called.
func (m *Model) SetBook(b names.Book) { m.book = b }

// SetNote says something while there is no event.
func (m *Model) SetNote(text string) { m.note = text }

// SetMoment says after which event the screen shows the host: now is after one
// whose number none has.
func (m *Model) SetMoment(seq uint64) { m.moment = seq }

// Add appends events.
func (m *Model) Add(events []watch.Event) {
	m.all = append(m.all, events...)
	if drop := len(m.all) - MaxKept; drop > 0 {
		m.all = slices.Clone(m.all[drop:])
	}
	m.sift()
}

// SetFilter shows only events in which the text occurs.
func (m *Model) SetFilter(text string) {
	m.filter = strings.ToLower(text)
	m.sift()
}

// sift picks the events to show. The picked one stays so; else the newest is
// shown.
func (m *Model) sift() {
	was := m.Selected()
	m.shown = m.shown[:0]
	for i := range m.all {
		if m.filter == "" || m.matches(&m.all[i]) {
			m.shown = append(m.shown, i)
		}
	}
	m.window.Resize(len(m.shown), m.window.Height)
	if m.picked && was != nil && m.Select(was.Seq) {
		return
	}
	m.window.To(len(m.shown) - 1)
}

func (m *Model) matches(e *watch.Event) bool {
	return names.Match(m.filter, append(m.cells(e), e.Source, e.Origin.Owner)...) ||
		slices.ContainsFunc(e.Receivers, func(r watch.Receiver) bool { return names.Match(m.filter, m.book.Place(r.NS, r.Target)) })
}

// Select picks an event by number, and says whether it is shown.
func (m *Model) Select(seq uint64) bool {
	at, found := slices.BinarySearchFunc(m.shown, seq, func(i int, seq uint64) int { return cmp.Compare(m.all[i].Seq, seq) })
	if found {
		m.picked = true
		m.window.To(at)
	}
	return found
}

// Selected is the chosen event, nil when there is none. It is good until the
// next change.
func (m *Model) Selected() *watch.Event {
	if m.window.Cursor >= len(m.shown) {
		return nil
	}
	return &m.all[m.shown[m.window.Cursor]]
}

// Picked is the event that was chosen, nil while the newest is followed.
func (m *Model) Picked() *watch.Event {
	if !m.picked {
		return nil
	}
	return m.Selected()
}

// Release goes back to following the newest.
func (m *Model) Release() {
	m.picked = false
	m.window.To(len(m.shown) - 1)
}

// Near is the number of the event so many before (negative) or after the one
// with a number, and whether there is one. Number 0 stands for before the
// first; a number beyond the last for now.
func (m *Model) Near(seq uint64, step int) (uint64, bool) {
	at := m.Place(seq) - 1 + step
	switch {
	case at >= len(m.all) || at < -1:
		return 0, false
	case at == -1:
		return m.before(), true
	}
	return m.all[at].Seq, true
}

// Last says whether no event after the one with a number is known.
func (m *Model) Last(seq uint64) bool { return m.Place(seq) == len(m.all) }

// Place is how many events there were up to the one with a number.
func (m *Model) Place(seq uint64) int {
	at, found := slices.BinarySearchFunc(m.all, seq, func(e watch.Event, seq uint64) int { return cmp.Compare(e.Seq, seq) })
	if found {
		at++
	}
	return at
}

// before is a number for the time before the first event that is listed.
func (m *Model) before() uint64 { return m.all[0].Seq - 1 }

// Counts are how many events are shown, and how many there are.
func (m *Model) Counts() (shown, all int) { return len(m.shown), len(m.all) }

// SetSize sets the place of the pane on the screen.
func (m *Model) SetSize(width, height int) {
	m.width = width
	atEnd := m.window.Cursor >= len(m.shown)-1
	m.window.Resize(len(m.shown), height-1)
	if !m.picked && atEnd {
		m.window.To(len(m.shown) - 1)
	}
}

// SetFocus says whether keys go to the pane.
func (m *Model) SetFocus(focus bool) { m.focus = focus }

// Click picks the event at a line of the pane.
func (m *Model) Click(line int) {
	if m.window.Click(line - 1) {
		m.picked = true
	}
}

// Wheel scrolls, without picking.
func (m *Model) Wheel(rows int) { m.window.Wheel(rows) }

// Update moves the chosen row, which picks it.
func (m Model) Update(msg tea.Msg) (Model, tea.Cmd) {
	if msg, ok := msg.(tea.KeyPressMsg); ok && len(m.shown) > 0 {
		if step := m.Keys.Step(msg, m.window); step != 0 {
			if m.picked || step > 0 || m.window.Cursor < len(m.shown)-1 {
				m.window.To(m.window.Cursor + step)
			}
			m.picked = true
		}
	}
	return m, nil
}
