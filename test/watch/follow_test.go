//go:build linux

package watch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/watch"
)

// follower is a watch of this host that keeps all it is told.
type follower struct {
	t    *testing.T
	host *inspect.Host
	rec  *watch.Recording
	// polls: nothing comes by the kernel's notices.
	polls bool

	mu     sync.Mutex
	came   *sync.Cond
	events []watch.Event
	err    error
	stop   func()
}

const patience = 20 * time.Second

// follow starts a watch.
func follow(t *testing.T, opts watch.Options) *follower {
	t.Helper()
	host, err := inspect.Live("/proc", "")
	try(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	w, err := host.Watch(ctx, opts)
	try(t, err)
	f := &follower{t: t, host: host, rec: watch.NewRecording(w.First()), polls: opts.PollOnly}
	f.came = sync.NewCond(&f.mu)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			step, err := w.Next(ctx)
			f.mu.Lock()
			if err != nil {
				f.err = err
			} else {
				f.rec.Add(step)
				if !step.Quiet() {
					f.events = append(f.events, step.Event)
				}
			}
			f.came.Broadcast()
			f.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	f.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		try(t, w.Close())
	})
	t.Cleanup(f.stop)
	return f
}

// until waits until the events so far satisfy a condition.
func (f *follower) until(what string, ok func([]watch.Event) bool) []watch.Event {
	f.t.Helper()
	events, err := f.wait(ok)
	if err != nil {
		f.t.Fatalf("wait for %s: %v; %s", what, err, tail(events))
	}
	return events
}

// wait is until for other goroutines than the test's.
func (f *follower) wait(ok func([]watch.Event) bool) ([]watch.Event, error) {
	late := false
	timer := time.AfterFunc(patience, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		late = true
		f.came.Broadcast()
	})
	defer timer.Stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	for !ok(f.events) {
		if f.err != nil {
			return f.events, f.err
		}
		if late {
			return f.events, errors.New("it took too long")
		}
		f.came.Wait()
	}
	return f.events, nil
}

// base makes a shared file system to walk on, and the directories in it.
func base(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	try(t, unix.Mount("base", dir, "tmpfs", 0, ""))
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	try(t, unix.Mount("", dir, "", unix.MS_SHARED, ""))
	for i := range 4 {
		furnish(filepath.Join(dir, strconv.Itoa(i)))
	}
	try(t, os.Mkdir(filepath.Join(dir, "end"), 0o755))
	return dir
}

func tail(events []watch.Event) string {
	text := ""
	for _, e := range events[max(0, len(events)-20):] {
		text += "\n" + describe(&e)
	}
	return text
}
