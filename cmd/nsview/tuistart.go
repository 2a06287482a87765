package main

import (
	"bytes"
	"context"
	"os/exec"
	"sync"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/fixtures/labs"
	"github.com/nsview/nsview/tui"
)

// starter runs nsview itself from the tui: labs and containers.
type starter struct {
	exe     string // nsview's own program
	running sync.WaitGroup
}

// starts are what the tui offers to start.
func (s *starter) starts() ([]tui.Start, error) {
	all, err := labs.All()
	if err != nil {
		return nil, err
	}
	list := []tui.Start{
		{Name: "a shell in a container", Text: "nsview run; the screen comes back when the shell ends", Screen: s.screen("run")},
		{Name: "a container that waits", Text: "nsview run -- sleep 1000000; it ends with this screen", Run: s.background("run", "--", "sleep", "1000000")},
		{Name: "a container that stays", Text: "nsview run -d -- sleep 1000000; nsview stop ends it", Run: s.detached("run", "-d", "--", "sleep", "1000000")},
	}
	for _, l := range all {
		list = append(list, tui.Start{Name: "lab " + l.Name, Text: l.Title, Run: s.background("lab", "run", l.Name)})
	}
	return list, nil
}

// screen gives the terminal to a command.
func (s *starter) screen(args ...string) func(func(error) tea.Msg) tea.Cmd {
	return func(done func(error) tea.Msg) tea.Cmd {
		return tea.ExecProcess(exec.Command(s.exe, args...), done)
	}
}

// stopTime is how long a command may take to end when the tui does.
const stopTime = 5 * time.Second

// background runs a command without a terminal to its end, or to that of the
// tui, which waits for it.
func (s *starter) background(args ...string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		s.running.Add(1)
		defer s.running.Done()
		var out bytes.Buffer
		cmd := exec.CommandContext(ctx, s.exe, args...)
		cmd.Stdout, cmd.Stderr = &out, &out
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = stopTime
		err := cmd.Run()
		return out.String(), err
	}
}

// detached starts a container that outlives the tui, and says how to end it.
func (s *starter) detached(args ...string) func(context.Context) (string, error) {
	start := s.background(args...)
	return func(ctx context.Context) (string, error) {
		text, err := start(ctx)
		if err != nil {
			return text, err
		}
		return "It runs until it is stopped:\n  nsview stop " + text, nil
	}
}

// wait waits for what was started to end.
func (s *starter) wait() { s.running.Wait() }
