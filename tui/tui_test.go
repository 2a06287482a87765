package tui

import (
	"context"
	"errors"
	"fmt"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

func TestScreens(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {160, 50}} {
		l := &lazy{host: fakeHost()}
		s := open(t, l.look, Place{}, size.w, size.h)
		name := func(what string) string { return fmt.Sprintf("%s-%dx%d", what, size.w, size.h) }
		s.golden(name("start"))
		s.press("j", "enter").golden(name("container"))
		s.press("?").golden(name("help"))
		s.press("esc", "esc", "j").golden(name("kept"))
		s.press("k", "tab", "down", "down", "down", "4").golden(name("idmap"))
		s.press("3", "right").golden(name("groups"))
		s.press("s", "proc", "enter").golden(name("search"))
	}
}

// The namespaces are read first and shown, then all tables at once.
func TestTablesAreReadOnce(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{}, 80, 24)
	s.press("j", "k", "j", "k")
	want := []string{"false []", "true []"}
	if d := cmp.Diff(want, l.calls); d != "" {
		t.Error(d)
	}
	s.press("r")
	if d := cmp.Diff(append(want, want...), l.calls); d != "" {
		t.Error(d)
	}
}

func TestPlaceOfAProcess(t *testing.T) {
	h := fakeHost()
	own := h.Tables[1]
	own.PID, own.Root, own.Mounts = 4712, "/jail", own.Mounts[:2]
	h.Tables = append(h.Tables, own)
	l := &lazy{host: h}
	s := open(t, l.look, Place{NS: own.NS.Ino, PID: 4712}, 160, 50)
	s.wants("as process 4712 sees it · 2 mounts", "upper layer", "docker:web")
	open(t, l.look, Place{NS: 77}, 80, 24).wants("is not there any more")
}

// A saved host has its tables from the beginning: nothing more is read.
func TestSavedHost(t *testing.T) {
	calls := 0
	w := world.Build(fakeHost())
	s := open(t, func(context.Context, snapshot.Want) (*world.World, error) { calls++; return w, nil }, Place{}, 80, 24)
	s.wants("docker:web     2    6    │")
	s.press("j").wants("· 6 mounts · 1 hidden")
	if calls != 2 {
		t.Errorf("read %d times", calls)
	}
	s.press("j").wants("could not be read, or", "it is gone")
}

func TestFilter(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{}, 80, 24)
	s.press("/", "WEB").wants("filter: WEB", "Namespaces /WEB · 1 of 3 · inco", "docker:web", "─ mnt:[4026532177]")
	s.press("enter", "enter", "/", "TMPFSX", "backspace").wants(" /TMPFS · 2 of 6 mou", "/opt (hidden)")
	s.press("esc").wants("] · 6 mounts · 1 hidden", "Namespaces /WEB · 1 of 3")
	s.press("/", "資", "enter").wants("/資 · 1 of 6 mounts", "/data/資料")
	s.press("esc", "esc", "esc").wants("Namespaces · 3 ")
	s.press("/", "no such").wants("Namespaces /no such · 0 of 3", "Mounts ─")
	s.press("ctrl+w").wants("filter: no")
	s.press("ctrl+u").wants("Namespaces · 3 ")
	s.press("backspace").wants("? help")
}

func TestTreeFolds(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{NS: 4026531832}, 100, 30)
	s.press("down", "down", "left").wants("sys [+1]")
	s.press("left").wants("─ / ")
	s.press("left").wants("/ [+4]")
	s.press("r").wants("/ [+4]") // and stays folded
	s.press("right", "right").wants("├─proc", "─ /proc ")
	s.press("down", "right", "right").wants("─ /sys/fs/cgroup ")
}

func TestMouse(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{}, 80, 24)
	s.send(tea.MouseClickMsg{X: 3, Y: 5, Button: tea.MouseLeft})
	s.wants("─ mnt:[4026532177]")
	s.send(tea.MouseClickMsg{X: 50, Y: 4, Button: tea.MouseLeft})
	s.wants("─ /shared ")
	s.send(tea.MouseClickMsg{X: 3, Y: 14, Button: tea.MouseLeft})
	s.wants("FOR EXAMPLE")
	s.send(tea.MouseClickMsg{X: 20, Y: 14, Button: tea.MouseLeft})
	s.send(tea.MouseClickMsg{X: 50, Y: 4, Button: tea.MouseLeft})
	s.send(tea.MouseWheelMsg{X: 50, Y: 20, Button: tea.MouseWheelDown})
	s.wants("it receives from group 1")
	s.send(tea.MouseWheelMsg{X: 50, Y: 4, Button: tea.MouseWheelUp})
	s.send(tea.MouseWheelMsg{X: 5, Y: 4, Button: tea.MouseWheelDown})
}

func TestErrorsAreShown(t *testing.T) {
	l := &lazy{host: fakeHost(), fail: errors.New("look at \x1b[31m/proc: gone")}
	s := open(t, l.look, Place{}, 80, 24)
	s.wants(`look at \x1b[31m/proc: gone`)
	l.fail = nil
	s.press("r").wants("Namespaces · 3", "docker:web")
	l.fail = errors.New("no more")
	s.press("r").wants(" no more", "docker:web")
}

// A bare mountinfo file has one namespace, whose number nobody knows.
func TestBareTable(t *testing.T) {
	w := world.Build(snapshot.OfTable(fakeHost().Tables[0].Mounts, "mountinfo"))
	s := open(t, func(context.Context, snapshot.Want) (*world.World, error) { return w, nil }, Place{}, 80, 24)
	s.wants("~21 ", "─ Mounts · 5 mounts ─", "its number is not known", "run/keep")
}
