package tui

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden screens")

// screen is a model with its commands done at once, one after another.
type screen struct {
	t *testing.T
	m tea.Model
}

func open(t *testing.T, look Look, place Place, width, height int) *screen {
	t.Helper()
	return openWith(t, Options{Look: look, Place: place}, width, height)
}

func openWith(t *testing.T, o Options, width, height int) *screen {
	t.Helper()
	m := New(t.Context(), o)
	s := &screen{t, m}
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	s.do(m.begin())
	return s
}

func (s *screen) send(msg tea.Msg) {
	var cmd tea.Cmd
	s.m, cmd = s.m.Update(msg)
	s.do(cmd)
}

func (s *screen) do(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			s.do(c)
		}
	case nil:
	case happened:
		if !errors.Is(msg.err, errDry) { // else a host that is followed is quiet
			s.send(msg)
		}
	default:
		s.send(msg)
	}
}

var named = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "down": {Code: tea.KeyDown},
	"up": {Code: tea.KeyUp}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight}, "end": {Code: tea.KeyEnd},
	"pgdown": {Code: tea.KeyPgDown}, "backspace": {Code: tea.KeyBackspace},
	"space":  {Code: tea.KeySpace, Text: " "},
	"ctrl+u": {Code: 'u', Mod: tea.ModCtrl}, "ctrl+w": {Code: 'w', Mod: tea.ModCtrl},
}

// press presses keys: names of keys, or texts that are typed.
func (s *screen) press(keys ...string) *screen {
	for _, k := range keys {
		if msg, ok := named[k]; ok {
			s.send(msg)
			continue
		}
		for _, r := range k {
			s.send(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	return s
}

func (s *screen) styled() string { return s.m.View().Content }

// text is the screen without colours and without blanks at the ends.
func (s *screen) text() string {
	lines := strings.Split(ansi.Strip(s.styled()), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (s *screen) golden(name string) *screen {
	s.t.Helper()
	file := filepath.Join("testdata", name+".txt")
	got := s.text()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		s.t.Errorf("%s (-update rewrites it):\n%s", file, d)
	}
	return s
}

func (s *screen) lacks(texts ...string) *screen {
	s.t.Helper()
	for _, text := range texts {
		if strings.Contains(s.text(), text) {
			s.t.Errorf("%q is on the screen:\n%s", text, s.text())
		}
	}
	return s
}

func (s *screen) wants(texts ...string) *screen {
	s.t.Helper()
	for _, text := range texts {
		if !strings.Contains(s.text(), text) {
			s.t.Errorf("%q is not on the screen:\n%s", text, s.text())
		}
	}
	return s
}

func sizeName(width, height int) string { return fmt.Sprintf("%dx%d", width, height) }

// saveIn is a Save that keeps what it is given.
func saveIn(files map[string]string) func(string, func(io.Writer) error) error {
	return func(name string, write func(io.Writer) error) error {
		var b strings.Builder
		err := write(&b)
		files[name] = b.String()
		return err
	}
}
