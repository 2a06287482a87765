package tui

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/tui/events"
)

// Watcher follows a live host, as [watch.Watcher] does.
type Watcher interface {
	First() *snapshot.Snapshot
	Next(ctx context.Context) (watch.Step, error)
	Close() error
}

// live is a host that is followed, with everything that happened since; or, with
// no watcher, a recording.
type live struct {
	watcher Watcher
	rec     *watch.Recording
}

// now is the number of an event that never comes: the host as it is.
const now = math.MaxUint64

// watching is the answer of the beginning of a watch.
type watching struct {
	live *live
	tables
	err error
}

// happened is what came in one go, with the host after it when it is to be
// shown.
type happened struct {
	events []watch.Event
	tables
	err error
}

// startWatch begins to follow the host.
func (m *Model) startWatch() tea.Cmd {
	ctx, start := m.ctx, m.options.Watch
	return func() tea.Msg {
		w, err := start(ctx)
		if err != nil {
			return watching{err: err}
		}
		l := &live{w, watch.NewRecording(w.First())}
		return watching{live: l, tables: tablesOf(l.rec.At(now))}
	}
}

// takeWatch shows the host that is followed. What cannot be followed is read.
func (m *Model) takeWatch(msg watching) tea.Cmd {
	m.busy = ""
	if msg.err != nil {
		m.message = "not live: " + render.Safe(msg.err.Error())
		m.events.SetNote(m.message)
		return m.readTables()
	}
	m.live = msg.live
	m.events.SetNote("nothing has happened since nsview looked; what is mounted from now on shows here")
	m.show(msg.tables)
	return tea.Batch(m.next(), m.relist())
}

// gather is how long events are waited for after the first, so that a burst is
// drawn once.
const gather = 40 * time.Millisecond

// maxSteps is how many steps are kept to go back to. Older ones are forgotten,
// many at a time: it costs a walk through all that are kept.
const maxSteps, forgetful = 50_000, 10_000

// next waits for what happens next, and for what follows at once.
func (m *Model) next() tea.Cmd {
	l, ctx, shown := m.live, m.ctx, !m.paused && !m.inPast() && m.preview == nil
	return func() tea.Msg {
		step, err := l.watcher.Next(ctx)
		if err != nil {
			_ = l.watcher.Close() // there is nothing left to fail
			return happened{err: err}
		}
		var msg happened
		msg.add(l.rec, step)
		soon, cancel := context.WithTimeout(ctx, gather)
		defer cancel()
		for soon.Err() == nil {
			if step, err = l.watcher.Next(soon); err != nil {
				break
			}
			msg.add(l.rec, step)
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			msg.err = err
		}
		if l.rec.Len() >= maxSteps+forgetful {
			l.rec.Forget(maxSteps)
		}
		if shown {
			msg.tables = tablesOf(l.rec.At(now))
		}
		return msg
	}
}

func (h *happened) add(rec *watch.Recording, s watch.Step) {
	rec.Add(s)
	if !s.Quiet() {
		h.events = append(h.events, s.Event)
	}
}

// takeEvents lists what happened, and shows the host after it unless the user
// looks at another moment.
func (m *Model) takeEvents(msg happened) tea.Cmd {
	var cmds []tea.Cmd
	switch {
	case m.ctx.Err() != nil:
		return nil
	case m.paused:
		m.held = append(m.held, msg.events...)
		m.held = m.held[max(0, len(m.held)-events.MaxKept):]
	default:
		m.addEvents(msg.events)
		switch {
		case m.inPast() || m.preview != nil:
		case msg.world == nil: // it was paused when the waiting began
			m.generation++
			cmds = append(cmds, m.readMoment())
		default:
			m.generation++
			m.show(msg.tables)
		}
	}
	if msg.err != nil {
		m.message = "not live any more: " + render.Safe(msg.err.Error())
		m.live.watcher = nil
		return nil
	}
	if ofSpaces(msg.events) {
		cmds = append(cmds, m.relist()) // who is in them, and what they are called
	}
	return tea.Batch(append(cmds, m.next())...)
}

// ofSpaces says whether namespaces came or went.
func ofSpaces(events []watch.Event) bool {
	return slices.ContainsFunc(events, func(e watch.Event) bool { return e.Kind == watch.NSNew || e.Kind == watch.NSGone })
}

// addEvents lists events, and gives the namespaces that they concern a badge.
func (m *Model) addEvents(events []watch.Event) {
	m.events.Add(events)
	for i := range events {
		touched := map[uint64]bool{events[i].Origin.NS: true}
		for _, r := range events[i].Receivers {
			touched[r.NS] = true
		}
		for ino := range touched {
			m.spaces.Touch(ino)
		}
	}
}

// pause holds back what happens, or shows all that was held back.
func (m *Model) pause() tea.Cmd {
	if m.live == nil || m.live.watcher == nil {
		m.message = "nothing is followed live here"
		return nil
	}
	m.paused = !m.paused
	if m.paused {
		return nil
	}
	m.addEvents(m.held)
	m.held = nil
	if m.inPast() || m.preview != nil {
		return nil
	}
	m.generation++
	return m.readMoment()
}

// quietText is what the list of propagations says while it is empty.
func quietText(o Options) string {
	switch {
	case o.Recording != nil:
		return "nothing happened while this was recorded"
	case o.Watch == nil:
		return "a saved host: nothing happens here"
	}
	return "reading the mount tables"
}
