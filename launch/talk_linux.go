package launch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// talk is the caller's side of the conversation.
type talk struct {
	steps   []Step
	watcher Watcher
	pid     int
	done    []inParent
	theirs  *os.File // the child's end
	mu      sync.Mutex
	ours    socket // -1 when it is closed
}

func (t *talk) open() error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.ours = -1
		return fmt.Errorf("socketpair: %w", err)
	}
	t.ours, t.theirs = socket(pair[0]), os.NewFile(uintptr(pair[1]), "talk")
	return nil
}

func (t *talk) close() {
	_ = t.theirs.Close() // closed files say so and do no harm
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ours >= 0 {
		_ = unix.Close(int(t.ours))
		t.ours = -1
	}
}

// hangUp ends the conversation, also a read that waits.
func (t *talk) hangUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ours >= 0 {
		_ = unix.Shutdown(int(t.ours), unix.SHUT_RDWR)
	}
}

// run sends the plan and goes through it with the child, until the command has
// taken the child's place or a step was refused.
func (t *talk) run() error {
	// An end is seen only when nobody else holds the child's end.
	_ = t.theirs.Close()
	if err := t.after(1); err != nil {
		return err
	}
	first := 2
	for ; first <= len(t.steps) && early(t.steps[first-1].Action); first++ {
		if err := t.step(first); err != nil {
			return err
		}
	}
	if _, err := t.ours.Write(t.plan(first).encode()); err != nil && !errors.Is(err, unix.EPIPE) { // a dead child shows below
		return fmt.Errorf("send the plan to the child: %w", err)
	}
	for n := first; n <= len(t.steps); n++ {
		if err := t.step(n); err != nil {
			return err
		}
	}
	return nil
}

// early steps come before the child can do any: it waits for its ids.
func early(a Action) bool {
	switch a.(type) {
	case *MapIDs, *Again:
		return true
	}
	return false
}

// plan is what the child has to do, from the first step that is not early.
func (t *talk) plan(first int) plan {
	p := plan{First: first, Watched: t.watcher != nil}
	for _, s := range t.steps[first-1:] {
		switch a := s.Action.(type) {
		case inParent:
			p.Steps = append(p.Steps, sent{Slot: a.slot()})
		case childAction:
			p.Steps = append(p.Steps, sent{Kind: kindOf(a), Action: a})
		}
	}
	return p
}

// step does the nth step, or sees the child do it.
func (t *talk) step(n int) error {
	s := t.steps[n-1]
	if t.watcher != nil {
		if err := t.watcher.Before(n, s, t.pid); err != nil {
			return err
		}
	}
	last := n == len(t.steps)
	switch own, ok := s.Action.(inParent); {
	case ok:
		fd, err := own.inParent(t.pid)
		if err != nil {
			return stepError(t.steps, n, err)
		}
		t.done = append(t.done, own)
		if !early(s.Action) {
			t.give(fd)
		}
	case early(s.Action): // Again
		t.letGo()
	case t.watcher != nil:
		t.letGo()
		if err := t.hear(n, last); err != nil {
			return err
		}
	case last || t.steps[n].By() == ByParent || n == len(t.steps)-1:
		if err := t.hear(n, last); err != nil {
			return err
		}
	}
	if last {
		return nil
	}
	return t.after(n)
}

func (t *talk) after(n int) error {
	if t.watcher == nil {
		return nil
	}
	return t.watcher.After(n, t.steps[n-1], t.pid)
}

// give lets the child go on, with a descriptor unless it is -1.
func (t *talk) give(fd int) {
	if fd < 0 {
		t.letGo()
		return
	}
	defer unix.Close(fd)
	_ = t.ours.give(fd)
}

// letGo lets the child do its next step. That it is gone shows when it should
// report.
func (t *talk) letGo() { _, _ = t.ours.Write([]byte{'g'}) }

// hear waits for the report of the nth step, and behind the last one for the
// end of the conversation.
func (t *talk) hear(n int, last bool) error {
	r, err := readReport(t.ours)
	switch {
	case errors.Is(err, io.EOF) && last:
		return nil
	case errors.Is(err, io.EOF):
		return stepError(t.steps, n, ErrEnded)
	case err != nil:
		return fmt.Errorf("listen to the child: %w", err)
	case r.step < 2 || r.step > len(t.steps):
		return fmt.Errorf("listen to the child: it speaks of step %d of %d", r.step, len(t.steps))
	case r.kind == reportFailed:
		return stepError(t.steps, r.step, r.cause())
	case r.step != n:
		return fmt.Errorf("listen to the child: it speaks of step %d instead of %d", r.step, n)
	}
	return nil
}

// cause is the error in a report.
func (r report) cause() error {
	call, detail, named := strings.Cut(r.text, "\x00")
	if !named {
		return r.errno
	}
	return &CallError{Call: Call(call), Detail: detail, Err: r.errno}
}

// takeBack undoes the caller's own steps, the last first.
func (t *talk) takeBack() {
	for i := len(t.done) - 1; i >= 0; i-- {
		if own, ok := t.done[i].(*ParentAction); ok && own.Undo != nil {
			own.Undo()
		}
	}
}
