//go:build linux

package watch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/watch"
)

// Each thing that can be done is told of in its own words: by the kernel's
// notices, and by polling as far as that can tell.
func TestKinds(t *testing.T) {
	onStage(t)
	for _, poll := range []bool{false, true} {
		t.Run(fmt.Sprintf("poll=%v", poll), func(t *testing.T) { kindsOf(t, poll) })
	}
}

func kindsOf(t *testing.T, poll bool) {
	dir := base(t)
	at := func(name string) string { return filepath.Join(dir, "0", name) }
	p := startMounter(t, dir, unix.CLONE_NEWNS)
	slave := startMounter(t, dir, unix.CLONE_NEWNS)
	slave.do("slave", dir)
	f := follow(t, watch.Options{Rescan: 50 * time.Millisecond, PollOnly: poll})
	s := stage{f, p, poll, 0}

	s.expect("mount "+at("a")+" tmpfs walk, peer, slave", "mount", at("a"))
	s.expect("mount "+at("b")+" tmpfs walk, peer, slave", "bind", at("a"), at("b"))
	s.expect("propagation "+at("b")+" shared:N → private", "private", at("b"))
	s.expect("propagation "+at("b")+" private → shared:N", "group", at("a"), at("b"))
	s.expect("propagation "+at("b")+" shared:N → shared:N,master:N", "group-slave", at("b"))
	s.expect("remount "+at("b")+" rw,relatime rw,size=64k → rw,noexec,relatime rw,size=64k", "remount", at("b"))
	s.expect("remount "+at("a")+" rw,relatime rw,size=64k → rw,relatime rw,size=128k", "super", at("a"))
	s.expect("umount "+at("b")+" tmpfs walk, peer, slave", "umount", at("b"))
	s.expect("propagation "+dir+" shared:N → private", "private", dir)
	s.expect("move "+at("c")+" from "+at("a"), "move", at("a"), at("c"))
	s.expect("umount "+at("c")+" tmpfs walk", "umount", at("c"))
	f.compare([]*process{p, slave})
}

// stage is a mounter whose deeds are watched.
type stage struct {
	f    *follower
	p    *process
	poll bool
	seen int
}

// expect does something and waits for what is told of it: one event, in words
// without numbers.
func (s *stage) expect(want, op string, args ...string) {
	s.f.t.Helper()
	if op == "group-slave" { // a slave that is shared as well, in two steps
		s.step("propagation "+args[0]+" shared:N → master:N", "slave", args...)
		op, want = "shared", strings.Replace(want, " shared:N →", " master:N →", 1)
	}
	s.step(want, op, args...)
}

func (s *stage) step(want, op string, args ...string) {
	s.f.t.Helper()
	s.p.do(op, args...)
	var mine []watch.Event
	s.f.until(want, func(events []watch.Event) bool {
		mine = mine[:0]
		for _, e := range events {
			if e.Origin.NS == s.p.ns && e.Kind != watch.NSNew || s.poll && s.reached(&e) {
				mine = append(mine, e)
			}
		}
		return len(mine) > s.seen
	})
	s.seen++
	e := mine[s.seen-1]
	got := inWords(&e)
	if s.poll { // which of them change together, a reader of files sees by chance
		got, _, _ = strings.Cut(got, ",")
		want, _, _ = strings.Cut(want, ",")
	}
	if got != want {
		s.f.t.Errorf("%s %s: told as %q, want %q", op, strings.Join(args, " "), got, want)
	}
	notified := e.Kind == watch.Mount || e.Kind == watch.Umount || e.Kind == watch.Move
	if notified && !s.poll && (e.Origin.PID != s.p.pid || e.Origin.Comm == "") {
		s.f.t.Errorf("%s: done by %d %q, want %d", want, e.Origin.PID, e.Origin.Comm, s.p.pid)
	}
}

// reached: who polls cannot tell which of several peers was the origin.
func (s *stage) reached(e *watch.Event) bool {
	return slices.ContainsFunc(e.Receivers, func(r watch.Receiver) bool { return r.NS == s.p.ns })
}

// inWords is an event without what differs from run to run.
func inWords(e *watch.Event) string {
	text := string(e.Kind) + " " + e.Origin.Target
	switch e.Kind {
	case watch.Propagation, watch.Remount:
		text += " " + e.From + " → " + e.To
	case watch.Move:
		text += " from " + e.From
	default:
		text += " " + e.FSType + " " + e.Source
	}
	var vias []string
	for _, r := range e.Receivers {
		vias = append(vias, ", "+string(r.Via))
	}
	slices.Sort(vias)
	vias = slices.Compact(vias) // the stage itself is a peer too
	return numbers.ReplaceAllString(text+strings.Join(vias, ""), "$1:N")
}

// A directory that is renamed moves the mount points below it, and nobody is
// told: the next reading finds it.
func TestSilentRename(t *testing.T) {
	onStage(t)
	dir := base(t)
	p := startMounter(t, dir, unix.CLONE_NEWNS)
	f := follow(t, watch.Options{Rescan: 50 * time.Millisecond})
	p.do("mount", filepath.Join(dir, "0/a/s"))
	p.do("rename", filepath.Join(dir, "0/a"), filepath.Join(dir, "0/renamed"))
	f.compare([]*process{p})
}

// A namespace is told of when it is born and when it dies, with what was
// mounted there.
func TestNamespaces(t *testing.T) {
	onStage(t)
	dir := base(t)
	f := follow(t, watch.Options{Rescan: 50 * time.Millisecond})
	p := startMounter(t, dir, unix.CLONE_NEWNS)
	f.until("its birth", func(events []watch.Event) bool {
		return slices.ContainsFunc(events, func(e watch.Event) bool {
			return e.Kind == watch.NSNew && e.Origin.NS == p.ns && e.Origin.PID == p.pid && e.Below > 0
		})
	})
	p.do("mount", filepath.Join(dir, "0/a"))
	try(t, p.in.Close())
	events := f.until("its death", func(events []watch.Event) bool {
		return slices.ContainsFunc(events, func(e watch.Event) bool { return e.Kind == watch.NSGone && e.Origin.NS == p.ns })
	})
	for _, e := range events {
		if e.Kind == watch.Umount && e.Origin.NS == p.ns {
			t.Errorf("the end of a namespace is no umount: %s", describe(&e))
		}
	}
	if kept := f.rec.At(^uint64(0)).View(p.ns, 0); kept != nil {
		t.Errorf("the table of a dead namespace is kept: %d mounts", len(kept.Mounts))
	}
}

// pivot_root(2) moves two mounts and is one event.
func TestPivot(t *testing.T) {
	onStage(t)
	dir := base(t)
	p := startMounter(t, dir, unix.CLONE_NEWNS)
	f := follow(t, watch.Options{})
	p.do("rprivate", "/")
	root := filepath.Join(dir, "0/a")
	p.do("mount", root)
	f.until("the mount", func(events []watch.Event) bool {
		return slices.ContainsFunc(events, func(e watch.Event) bool { return e.Kind == watch.Mount && e.Origin.PID == p.pid })
	})
	try(t, os.MkdirAll(filepath.Join(fmt.Sprintf("/proc/%d/root", p.pid), root, "old"), 0o755))
	p.do("pivot", root, filepath.Join(root, "old"))
	events := f.until("the pivot", func(events []watch.Event) bool {
		return slices.ContainsFunc(events, func(e watch.Event) bool { return e.Kind == watch.Move && e.Origin.PID == p.pid })
	})
	for _, e := range events {
		if e.Kind == watch.Move && e.Origin.PID == p.pid && (e.From != root || e.To != "/") {
			t.Errorf("pivot_root is told of as %s", describe(&e))
		}
	}
	f.compare([]*process{p})
}

// What was recorded is told again word for word, and the host at any event is
// what it was.
func TestRecording(t *testing.T) {
	onStage(t)
	dir := base(t)
	p := startMounter(t, dir, unix.CLONE_NEWNS)
	f := follow(t, watch.Options{Rescan: 50 * time.Millisecond})
	p.do("mount", filepath.Join(dir, "0/a"))
	p.do("umount", filepath.Join(dir, "0/a"))
	f.settle(p, dir)
	f.stop()
	held(t, f.rec, dir, p.ns)
	held(t, rewritten(t, f.rec), dir, p.ns)
}
