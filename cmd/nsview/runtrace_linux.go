package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/launch"
)

// tracer shows the steps of a launch. While the child waits between two of
// them, its table of mounts is looked at from here: launch touches, inspect
// looks.
type tracer struct {
	*app
	shownFlags
	ctx    context.Context //nolint:containedctx // the launch is the one who calls
	host   *inspect.Host
	before *world.View
}

// watcher is nil when nothing is to be shown.
func (a *app) watcher(ctx context.Context, sf shownFlags) (launch.Watcher, error) {
	if !sf.trace && !sf.step {
		return nil, nil
	}
	host, err := a.host()
	if err != nil {
		return nil, err
	}
	return &tracer{app: a, shownFlags: sf, ctx: ctx, host: host}, nil
}

// Before shows a step that is about to be done, when it is waited for.
func (t *tracer) Before(n int, s launch.Step, _ int) error {
	if !t.step {
		return nil
	}
	if err := render.Step(t.err, stepLine(n, s)); err != nil {
		return err
	}
	return t.await(n)
}

// await waits for a line of the terminal, or of the standard input.
func (t *tracer) await(n int) error {
	in := t.in
	if tty, err := os.Open("/dev/tty"); err == nil {
		defer tty.Close()
		in = tty
	}
	read := make(chan error, 1)
	go func() { read <- readLine(in) }()
	select {
	case err := <-read:
		if err != nil {
			return fmt.Errorf("stopped before step %d: %w", n, err)
		}
		return nil
	case <-t.ctx.Done():
		return fmt.Errorf("stopped before step %d: %w", n, t.ctx.Err())
	}
}

// readLine reads no more than the line: the rest is the command's.
func readLine(in io.Reader) error {
	var b [1]byte
	for b[0] != '\n' {
		if _, err := io.ReadFull(in, b[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return errors.New("the input has ended")
			}
			return err
		}
	}
	return nil
}

// After shows a step that is done, and what it has changed.
func (t *tracer) After(n int, s launch.Step, pid int) error {
	after, err := t.look(pid)
	if err != nil {
		return fmt.Errorf("look at the mounts after step %d: %w", n, err)
	}
	changes := query.TableChanges(t.before, after)
	first := t.before == nil
	t.before = after
	if t.json {
		return render.StepJSON(t.err, stepLine(n, s), changes)
	}
	if !t.step { // it has been shown before
		if err := render.Step(t.err, stepLine(n, s)); err != nil {
			return err
		}
	}
	if first {
		return render.StepNote(t.err, fmt.Sprintf("a copy of the caller's table: %d mounts", len(after.Mounts)))
	}
	return render.StepChanges(t.err, changes)
}

// look reads the table of the child.
func (t *tracer) look(pid int) (*world.View, error) {
	var want snapshot.Want
	want.Tables.PIDs = []int{pid}
	w, err := t.host.Look(t.ctx, want)
	if err != nil {
		return nil, err
	}
	v := w.View(0, pid)
	if v == nil {
		return nil, errors.New("the child's table cannot be read")
	}
	return v, nil
}
