package tui

import (
	"reflect"
	"time"

	tea "charm.land/bubbletea/v2"
)

// bubbletea looks for a new frame sixty times a second, also when nothing
// happens for hours: that is most of what an idle screen would cost. It has no
// way to be told, so its ticker is stopped when no message came for a while, and
// started by the next one. A bubbletea without that ticker just goes on as ever;
// a test says so.

const (
	frame = time.Second / 60 // as bubbletea has it
	calm  = time.Second      // how long no message must come; a frame is long drawn by then
)

// sleeper is a model that lets the renderer rest.
type sleeper struct {
	tea.Model
	ticker  func() *time.Ticker // nil when there is none
	beat    int                 // messages so far
	waiting bool                // a doze is under way
	asleep  bool
}

// doze asks whether a message came since the one with a number.
type doze struct{ beat int }

// Update wakes the renderer, and puts it to sleep when all is quiet.
func (s sleeper) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if d, ok := msg.(doze); ok {
		return s.doze(d)
	}
	s.beat++
	if t := s.ticker(); s.asleep && t != nil {
		t.Reset(frame)
		s.asleep = false
	}
	var cmd tea.Cmd
	s.Model, cmd = s.Model.Update(msg)
	if s.waiting {
		return s, cmd
	}
	s.waiting = true
	return s, tea.Batch(cmd, s.later())
}

func (s sleeper) doze(d doze) (tea.Model, tea.Cmd) {
	if d.beat != s.beat {
		return s, s.later()
	}
	s.waiting = false
	if t := s.ticker(); t != nil {
		t.Stop()
		s.asleep = true
	}
	return s, nil
}

func (s sleeper) later() tea.Cmd {
	beat := s.beat
	return tea.Tick(calm, func(time.Time) tea.Msg { return doze{beat} })
}

// tickerOf is the ticker of a program's renderer, nil when it has none.
func tickerOf(p *tea.Program) *time.Ticker {
	f := reflect.ValueOf(p).Elem().FieldByName("ticker")
	if !f.IsValid() || f.Type() != reflect.TypeFor[*time.Ticker]() || f.IsNil() {
		return nil
	}
	return (*time.Ticker)(f.UnsafePointer())
}
