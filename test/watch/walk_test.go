//go:build linux

package watch_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/inspect/world"
)

// Several mounters at once, in namespaces that are peers and slaves of each
// other: each operation is one event, and at the end the tables are right. Each
// mounter has a directory of its own, so that nobody else undoes what it did
// before anybody could look.
func TestRandomWalks(t *testing.T) {
	onStage(t)
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dir := base(t)
			list := mounters(t, dir, seed)
			f := follow(t, watch.Options{})
			walk(t, f, list, dir, seed, 250)
			f.compare(list)
		})
	}
}

// mounters starts four, each with a directory to walk in.
func mounters(t *testing.T, dir string, seed uint64) []*process {
	t.Helper()
	var list []*process
	for i := range 4 {
		p := startMounter(t, filepath.Join(dir, fmt.Sprint(i)), unix.CLONE_NEWNS)
		list = append(list, p)
		switch (seed + uint64(i)) % 4 {
		case 1:
			p.do("slave", dir)
		case 2:
			p.do("slave", dir)
			p.do("shared", dir)
		}
	}
	return list
}

// walk lets all mounters walk at once. Each waits until its last operation was
// told of: what is gone at once nobody can look at.
func walk(t *testing.T, f *follower, list []*process, dir string, seed uint64, n int) {
	t.Helper()
	var all sync.WaitGroup
	var done atomic.Int64
	for i, p := range list {
		all.Go(func() {
			p.say("walk %d %d", seed*100+uint64(i), n)
			seen := 0
			for {
				did := p.answer()
				if did == "done" {
					return
				}
				done.Add(1)
				kind := watch.Kind(strings.Fields(did)[0])
				if seen = f.next(p.pid, seen, kind, did); seen < 0 {
					try(t, p.in.Close()) // which ends the mounter
					return
				}
				p.say("go on")
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	f.settle(list[0], dir)
	events := f.until("now", func([]watch.Event) bool { return true })
	told := 0
	for _, e := range events {
		if e.Kind == watch.Lost {
			t.Errorf("notices were lost: %s", e.Why)
		}
		if slices.ContainsFunc(list, func(p *process) bool { return p.pid == e.Origin.PID }) && e.Origin.Target != filepath.Join(dir, "end") && e.Kind != watch.NSNew {
			told++
		}
	}
	t.Logf("%d operations, %d events", done.Load(), told)
	if told != int(done.Load()) {
		t.Errorf("%d operations were told of in %d events", done.Load(), told)
	}
}

// next waits for the next event of a process, which must be of a kind, and
// returns how many there were until then, -1 when it is another.
func (f *follower) next(pid, seen int, kind watch.Kind, did string) int {
	var mine []watch.Event
	events, err := f.wait(func(events []watch.Event) bool {
		mine = mine[:0]
		for _, e := range events {
			if e.Origin.PID == pid && e.Kind != watch.NSNew {
				mine = append(mine, e)
			}
		}
		return len(mine) > seen
	})
	if err != nil {
		f.t.Errorf("%s (by %d) was not told of: %v%s", did, pid, err, tail(events))
		return -1
	}
	if len(mine) != seen+1 || mine[seen].Kind != kind {
		text := ""
		for i := range mine[seen:] {
			text += "\n" + describe(&mine[seen+i])
		}
		f.t.Errorf("%s (%d events in all) was told of as%s", did, len(events), text)
		return -1
	}
	return seen + 1
}

// settle has a last mount made and gone, and waits until each was told of.
func (f *follower) settle(p *process, dir string) {
	f.t.Helper()
	end := filepath.Join(dir, "end")
	for _, kind := range []watch.Kind{watch.Mount, watch.Umount} {
		p.do(string(kind), end)
		f.until("the last "+string(kind), func(events []watch.Event) bool {
			return slices.ContainsFunc(events, func(e watch.Event) bool {
				return e.Kind == kind && e.Origin.Target == end && e.Origin.PID == p.pid
			})
		})
	}
}

// compare holds the tables that the watch kept against a new reading. Some
// changes come without a notice and are found by the next rescan.
func (f *follower) compare(list []*process) {
	f.t.Helper()
	var diff string
	for range 40 { // rescans at most
		diff = ""
		fresh, err := f.host.Look(f.t.Context(), snapshot.Want{
			Types: snapshot.Types(snapshot.Mnt), Tables: snapshot.Tables{All: true, Detail: true},
		})
		try(f.t, err)
		kept := f.rec.At(^uint64(0))
		for _, p := range list {
			if d := gocmp.Diff(f.lines(fresh, p.ns), f.lines(kept, p.ns)); d != "" {
				diff += fmt.Sprintf("mnt:[%d] (-fresh +kept):\n%s", p.ns, d)
			}
		}
		if diff == "" {
			return
		}
		f.tick()
	}
	f.t.Errorf("the tables kept are not those of a new reading:\n%s\n%s", diff, tail(f.events))
}

// tick waits for one more step, which a namespace that comes and goes makes.
func (f *follower) tick() {
	f.t.Helper()
	before := len(f.until("now", func([]watch.Event) bool { return true }))
	p := startMounter(f.t, "", unix.CLONE_NEWNS)
	f.until("a rescan", func(events []watch.Event) bool {
		return slices.ContainsFunc(events[before:], func(e watch.Event) bool { return e.Kind == watch.NSNew && e.Origin.NS == p.ns })
	})
}

// lines are the mounts of a namespace; mountinfo does not tell of unique ids.
func (f *follower) lines(w *world.World, ns uint64) []line {
	list := tableOf(w, ns)
	for i := range list {
		if f.polls {
			list[i].Unique = 0
		}
	}
	return list
}

// line is what must agree of a mount.
type line struct {
	ID, Parent, Unique    snapshot.MountID
	Point, Root           string
	FSType, Source        string
	VFSOptions, FSOptions string
	Propagation           string
}

func tableOf(w *world.World, ino uint64) []line {
	v := w.View(ino, 0)
	if v == nil {
		return nil
	}
	var list []line
	for _, m := range v.Mounts {
		state := *m
		state.From = 0 // relative to who reads
		list = append(list, line{
			m.ID, m.Mount.Parent, m.UniqueID, m.Point, m.Root, m.FSType, m.Source, m.VFSOptions, m.FSOptions, state.Propagation(),
		})
	}
	slices.SortFunc(list, func(a, b line) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func describe(e *watch.Event) string {
	b, _ := json.Marshal(e)
	return string(b)
}
