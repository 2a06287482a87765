package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
)

var evil = "/a\x1b]0;pwned\a\x1b[2J\r\n\u202e\xff\u200b" + strings.Repeat("é資👩‍👩‍👧👍🏽", 9)

// hostile is the fake host with other names.
func hostile() *snapshot.Snapshot {
	h := fakeHost()
	for i := range h.Tables {
		for j := range h.Tables[i].Mounts {
			x := &h.Tables[i].Mounts[j]
			x.Point, x.Source, x.FSType, x.Root, x.VFSOptions, x.FSOptions = evil+x.Point, evil, evil, evil, evil, "lowerdir="+evil
			x.Tags, x.UIDMap = []string{evil}, []string{evil}
		}
	}
	for i := range h.Processes {
		h.Processes[i].Cmdline, h.Processes[i].Cgroup = evil, "0::/system.slice/"+evil+".service\n"
	}
	h.Gaps[0].Error, h.Users[0] = evil, evil
	h.Namespaces[2].Holds[0].Path = evil
	return h
}

// No byte of the host may steer the terminal, whatever it is called.
func TestHostileNames(t *testing.T) {
	h := hostile()
	l := &lazy{host: h}
	for _, size := range [][2]int{{80, 24}, {160, 50}, {20, 5}, {30, 18}} {
		s := open(t, l.look, Place{}, size[0], size[1])
		for _, k := range []string{"", "j", "tab", "down", "tab", "pgdown", "/", strings.ToValidUTF8(evil, ""), "enter", "r", "3", "right", "m", "e", "esc", "p", "s", "a", "enter", "esc", "?"} {
			s.press(k)
			harmless(t, s.styled(), size[0], size[1])
		}
	}
}

func TestHostilePreview(t *testing.T) {
	h := hostile()
	for i := range h.Tables {
		h.Tables[i].Mounts[0].Point = "/" // paths lead somewhere
	}
	l := &lazy{host: h}
	for _, size := range [][2]int{{80, 24}, {160, 50}, {20, 5}} {
		s := openWith(t, Options{Look: l.look, Foresee: foretell(h)}, size[0], size[1])
		for _, k := range []string{"2", "down", "P", "tab", "tab", "up", "down", "down", "enter", "1", "2", "4", "v", "esc", "P", "enter"} {
			s.press(k)
			harmless(t, s.styled(), size[0], size[1])
		}
		if m := s.m.(Model); m.preview == nil || m.preview.Empty() {
			t.Errorf("nothing is shown of %q", m.tried)
		}
	}
}

func TestHostileEvents(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {160, 50}, {20, 5}} {
		s, f := openLive(t, size[0], size[1])
		mounted, gone := usb()
		for _, step := range []*watch.Step{&mounted, &gone} {
			e := &step.Event
			for _, text := range []*string{&e.Origin.Target, &e.Origin.Comm, &e.Origin.Owner, &e.FSType, &e.Source, &e.Root, &e.From, &e.To, &e.Why} {
				*text = evil
			}
			for i := range e.Receivers {
				e.Receivers[i].Target = evil
			}
		}
		for i, kind := range []watch.Kind{watch.Mount, watch.Propagation, watch.Move, watch.Lost, watch.NSNew, "of another version"} {
			step := mounted
			if i%2 == 1 {
				step = gone
			}
			step.Event.Kind, step.Event.Seq = kind, uint64(i+1)
			s.happen(f, step)
		}
		for _, k := range []string{"5", "up", "up", "4", "5", "up", "up", "up", "t", "4", "[", "1", "n", "enter"} {
			s.press(k)
			harmless(t, s.styled(), size[0], size[1])
		}
	}
}

// harmless: nothing but colours and text, no line too wide, none too many.
func harmless(t *testing.T, styled string, width, height int) {
	t.Helper()
	lines := strings.Split(styled, "\n")
	if len(lines) > height {
		t.Errorf("%d lines on a screen of %d", len(lines), height)
	}
	for _, l := range lines {
		if w := ansi.StringWidthWc(l); w > width {
			t.Errorf("a line of %d columns on a screen of %d: %q", w, width, l)
		}
		for part := range strings.SplitSeq(l, "\x1b") {
			if i := strings.IndexFunc(part, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x202e || r == 0xfffd }); i >= 0 {
				t.Errorf("a control character in %q", part)
			}
		}
		for _, esc := range strings.Split(l, "\x1b")[1:] {
			if end := strings.IndexAny(esc, "mJHK]"); end < 0 || esc[end] != 'm' {
				t.Errorf("an escape sequence that is no colour in %q", l)
			}
		}
	}
}

func TestAnySizeIsDrawn(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{}, 80, 24)
	for _, keys := range []string{"", "tab", "tab", "tab", "tab", "?"} {
		s.press(keys)
		for w := range 90 {
			for _, h := range []int{0, 1, 2, 3, 5, 8, 13, 14, 15, 24, 60} {
				s.send(tea.WindowSizeMsg{Width: w, Height: h})
				harmless(t, s.styled(), w, max(h, 1))
			}
		}
	}
	s.press("?")
	s.send(tea.WindowSizeMsg{Width: 20, Height: 5})
	s.press("2").golden("small-20x5")
}

func TestThemes(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{NS: 4026532177}, 100, 30)
	dark := s.styled()
	m := s.m.(Model)
	m.dress(NewTheme(false))
	if light := m.View().Content; light == dark || ansi.Strip(light) != ansi.Strip(dark) {
		t.Error("a light background changes nothing, or more than colours")
	}
	for l := range strings.Lines(dark) {
		if strings.Contains(l, "(hidden)") && !strings.Contains(l, "\x1b[2;3m") {
			t.Errorf("a hidden mount is not dimmed: %q", l)
		}
	}
	if strings.Contains(dark, "38;5;") || strings.Contains(dark, "38;2;") {
		t.Error("a colour outside of the sixteen")
	}
}

// Fifty thousand mounts scroll by drawing what is visible only.
func TestLargeTable(t *testing.T) {
	h := fakeHost()
	root := h.Tables[0].Mounts[0]
	for i := range 50_000 {
		x := root
		x.ID, x.Parent, x.Point = snapshot.MountID(1000+i), 21, fmt.Sprintf("/mnt/%05d", i)
		h.Tables[0].Mounts = append(h.Tables[0].Mounts, x)
	}
	l := &lazy{host: h}
	s := open(t, l.look, Place{NS: 4026531832}, 160, 50)
	s.press("end").wants("mnt/49999")
	allocs := testing.AllocsPerRun(20, func() {
		s.press("k")
		_ = s.styled()
	})
	if allocs > 5000 {
		t.Errorf("%v allocations for a key in a table of 50,000 mounts", allocs)
	}
}
