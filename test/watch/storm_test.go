//go:build linux

package watch_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/watch"
)

// Mounters that do not wait, all in the same directories: much is gone before
// anybody can look, but nothing is invented and the tables are right.
func TestStorm(t *testing.T) {
	onStage(t)
	dir := base(t)
	list := mounters(t, dir, 2)
	for _, p := range list {
		p.do("mount", filepath.Join(dir, "0/a")) // stacked: the last is on top
	}
	f := follow(t, watch.Options{Rescan: 100 * time.Millisecond})
	var all sync.WaitGroup
	answers := make([]string, len(list))
	for i, p := range list {
		all.Go(func() {
			p.say("pair %s %d", filepath.Join(dir, fmt.Sprint(i%2), "b"), 250)
			answers[i] = p.answer()
		})
	}
	all.Wait()
	f.settle(list[0], dir)
	for i, p := range list {
		var mounts, umounts int
		_, err := fmt.Sscan(answers[i], &mounts, &umounts)
		try(t, err)
		f.atMost(p, dir, mounts, umounts)
	}
	f.compare(list)
}

// atMost wants no more events of a mounter than it did things, and nearly as
// many: two of one process that nobody could look at may seem to be one.
func (f *follower) atMost(p *process, dir string, mounts, umounts int) {
	f.t.Helper()
	counts := map[watch.Kind]int{}
	for _, e := range f.until("now", func([]watch.Event) bool { return true }) {
		if e.Origin.PID == p.pid && e.Origin.Target != filepath.Join(dir, "end") {
			counts[e.Kind]++
		}
		if e.Kind == watch.Lost {
			f.t.Errorf("notices were lost: %s", e.Why)
		}
	}
	f.t.Logf("%d mounts and %d umounts are told of as %v", mounts, umounts, counts)
	for kind, did := range map[watch.Kind]int{watch.Mount: mounts, watch.Umount: umounts} {
		if told := counts[kind]; told > did || told < did*3/4 {
			f.t.Errorf("%d of %s are told of in %d events", did, kind, told)
		}
	}
}

// In a user namespace the queue has an end. When it overflows, that is said,
// and what changed meanwhile is found.
func TestOverflow(t *testing.T) {
	onStage(t)
	cmd := exec.Command("/proc/self/exe", t.TempDir())
	cmd.Env = append(os.Environ(), partVar+"=confined")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("in a user namespace: %v\n%s", err, out)
	}
	if strings.HasPrefix(string(out), "skip: ") {
		t.Skip(strings.TrimSpace(string(out)))
	}
}

// confined watches its own namespace and does not read until the queue is full.
func confined(dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := unix.Mount("base", dir, "tmpfs", 0, ""); err != nil {
		return err
	}
	limit, err := queueLimit()
	if err != nil || limit > 100_000 {
		fmt.Println("skip: needs a limit of fs.fanotify.max_queued_events that can be reached:", limit, err)
		return nil
	}
	host, err := inspect.Live("/proc", "")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w, err := host.Watch(ctx, watch.Options{})
	if err != nil {
		return err
	}
	defer w.Close()
	at := filepath.Join(dir, "x")
	if err := os.Mkdir(at, 0o755); err != nil {
		return err
	}
	for range limit/2 + 10 {
		if err := errors.Join(operate("mount", at), operate("umount", at)); err != nil {
			return err
		}
	}
	if err := operate("mount", at); err != nil {
		return err
	}
	return lostAndFound(ctx, w, at)
}

func queueLimit() (n int, err error) {
	b, err := os.ReadFile("/proc/sys/fs/fanotify/max_queued_events")
	if err == nil {
		_, err = fmt.Sscan(string(b), &n)
	}
	return n, err
}

// lostAndFound wants a notice of what was lost, then the mount that is there.
func lostAndFound(ctx context.Context, w *watch.Watcher, at string) error {
	lost := false
	for {
		step, err := w.Next(ctx)
		if err != nil {
			return fmt.Errorf("lost was said: %v; the mount was not found: %w", lost, err)
		}
		lost = lost || step.Event.Kind == watch.Lost
		if e := step.Event; lost && e.Kind == watch.Mount && e.Origin.Target == at {
			if e.Origin.PID != 0 {
				return fmt.Errorf("nobody can know who did it: %s", describe(&e))
			}
			return nil
		}
	}
}
