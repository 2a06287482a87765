package tui

import (
	"reflect"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// The renderer rests when no message came for a while, and works again with the
// next one.
func TestQuietScreenSleeps(t *testing.T) {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	l := &lazy{host: fakeHost()}
	s := sleeper{Model: open(t, l.look, Place{}, 80, 24).m, ticker: func() *time.Ticker { return ticker }}
	send := func(msg tea.Msg) tea.Cmd {
		next, cmd := s.Update(msg)
		s = next.(sleeper)
		return cmd
	}
	if send(named["down"]) == nil || s.asleep {
		t.Error("nobody looks whether it is quiet")
	}
	if cmd := send(named["down"]); cmd != nil {
		t.Error("two look whether it is quiet")
	}
	if cmd := send(doze{1}); cmd == nil || s.asleep {
		t.Error("it sleeps though a message came")
	}
	if cmd := send(doze{2}); cmd != nil || !s.asleep {
		t.Error("it does not sleep when all is quiet")
	}
	if cmd := send(named["up"]); cmd == nil || s.asleep {
		t.Error("a message does not wake it")
	}
	s.ticker = func() *time.Ticker { return nil }
	if send(doze{s.beat}); s.asleep {
		t.Error("it sleeps without a ticker to stop")
	}
}

// tickerOf knows bubbletea from the inside: this version still has a ticker.
func TestBubbleteaHasATicker(t *testing.T) {
	f, ok := reflect.TypeFor[tea.Program]().FieldByName("ticker")
	if !ok || f.Type != reflect.TypeFor[*time.Ticker]() {
		t.Error("bubbletea's Program has no ticker any more: an idle screen wakes sixty times a second")
	}
	if tickerOf(tea.NewProgram(Model{})) != nil {
		t.Error("a program that does not run has a ticker")
	}
}
