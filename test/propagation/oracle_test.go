//go:build linux

package propagation_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

const pairsEach = 8

// fixedSeed starts the topologies that are the same in every run.
const fixedSeed = 1000

func TestKernelAgrees(t *testing.T) {
	if noStage != "" {
		t.Skip(noStage)
	}
	c := &count{}
	if *oneSeed != 0 {
		c.topology(t, *oneSeed)
		return
	}
	for i := range *rounds {
		c.topology(t, fixedSeed+uint64(i))
	}
	for i := range max(*rounds/4, 1) { // never seen before
		c.topology(t, uint64(time.Now().UnixNano())+uint64(i))
	}
	t.Log(c)
	if *rounds >= 60 && (c.pairs < 300 || c.yes < 50 || c.no < 50 || c.arrivals < 300) {
		t.Errorf("too few cases to prove anything: %v", c)
	}
}

func (c *count) topology(t *testing.T, seed uint64) {
	t.Run("seed="+strconv.FormatUint(seed, 10), func(t *testing.T) {
		w := grow(t, seed)
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("replay with: go test ./test/propagation -run TestKernelAgrees -seed=%d\n%s", seed, strings.Join(w.log, "\n"))
			}
		})
		host, err := inspect.Live("/proc", "")
		if err != nil {
			t.Fatal(err)
		}
		if w.rnd.IntN(3) == 0 {
			w.jail()
		}
		for i := range pairsEach {
			if t.Failed() {
				return
			}
			w.pair(host, c, i)
		}
	})
}

// jail adds a process with a root of its own.
func (w *topology) jail() {
	s := pick(w, w.spaces)
	dir := pick(w, w.paths(s, false))
	pid, err := s.imprison(w.t, dir)
	if err != nil {
		w.t.Fatal(err)
	}
	w.jails = append(w.jails, inmate{s, pid, dir})
	w.note(nil, s, "process %d chroots to %s", pid, dir)
}

// spot is a place asked about: what to say to nsview, and how the test itself
// gets there.
type spot struct {
	query.Spot
	space *space
	path  string // in the whole namespace
	typed string // as a person types it
}

// pair asks about two places and has the kernel answer.
func (w *topology) pair(host *inspect.Host, c *count, i int) {
	fromSpace := pick(w, w.spaces)
	fromPath := pick(w, w.paths(fromSpace, true))
	seen := w.look(host)
	from, _ := w.spot(host, seen, inspect.Place{NS: fromSpace.ino, Depth: snapshot.Auto}, fromSpace, fromPath, fromPath)
	arrivals := predict.Arrivals(seen.Groups(), from.Place)
	to := w.target(host, seen, from, arrivals)
	verdict := query.Explain(seen, query.ExplainQuery{From: from.Spot, To: &to.Spot})

	title := strings.ReplaceAll(fmt.Sprintf("%v -> %v", from, to), w.base, "")
	if i == 0 { // the program itself says the same
		if a := explain(w.t, nsview(from.typed, to.typed)); a.Verdict != string(verdict.Answer) || a.Reason != string(verdict.Reason) {
			w.t.Errorf("%s: the program says %s (%s) %s, the library %s (%s)", title, a.Verdict, a.Reason, a.stderr, verdict.Answer, verdict.Reason)
		}
	}
	truth := w.ask(from, to, "probe"+strconv.Itoa(i))
	c.add(w, from, to, verdict, truth)
	if got := verdict.Answer == query.Yes; got != truth.there && verdict.Answer != query.Unknown {
		w.t.Errorf("%s: nsview says %s (%s: %s), the kernel %v (mount: %v)", title, verdict.Answer, verdict.Reason, verdict.Text, truth.there, truth.refused)
	}
	if truth.refused == nil {
		w.same(title, w.said(arrivals), truth.arrivals)
	}
	if w.t.Failed() {
		w.dump()
	}
}

func (w *topology) look(host *inspect.Host) *world.World {
	seen, err := host.Look(context.Background(), snapshot.Want{
		Types: snapshot.Types(snapshot.Mnt), Holders: snapshot.Auto, Relations: true,
		Tables: snapshot.Tables{All: true, PIDs: w.pids()},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return seen
}

func (w *topology) pids() []int {
	var list []int
	for _, j := range w.jails {
		list = append(list, j.pid)
	}
	return list
}

// spot resolves a place as explain does. shown is the path as the place sees
// it, path as the whole namespace does.
func (w *topology) spot(host *inspect.Host, seen *world.World, at inspect.Place, s *space, shown, path string) (spot, bool) {
	located, err := host.Locate(context.Background(), seen, at, shown)
	if errors.Is(err, inspect.ErrDetached) && at.PID != 0 {
		return spot{}, false // an unmount took the root directory away from it
	}
	if err != nil {
		w.dump()
		w.t.Fatalf("locate %s in %d (pid %d): %v", shown, at.NS, at.PID, err)
	}
	name := strconv.FormatUint(at.NS, 10)
	typed := name + ":" + shown
	if at.PID != 0 {
		name, typed = "jail", strconv.Itoa(at.PID)+":"+shown
	}
	return spot{query.Spot{
		Place: predict.Place{Mount: located.Mount, Path: located.Path}, Name: name,
		Root: predict.Place{Mount: located.Root, Path: located.RootPath}, Deleted: located.Deleted, Doubt: located.Doubt,
	}, s, path, typed}, true
}

// target is where to look: often at the same path, or where the mount should
// arrive, or somewhere.
func (w *topology) target(host *inspect.Host, seen *world.World, from spot, arrivals []predict.Arrival) spot {
	s, path := pick(w, w.spaces), from.path
	shown := w.paths(s, true)
	switch w.rnd.IntN(4) {
	case 0, 1:
		a := pick(w, arrivals)
		if i := slices.IndexFunc(w.spaces, func(s *space) bool { return s.ino == a.On.View.Table.NS.Ino }); i >= 0 {
			s, path = w.spaces[i], a.Point
			shown = w.paths(s, true)
		}
	case 2:
		path = pick(w, shown)
	}
	if len(w.jails) > 0 && w.rnd.IntN(3) == 0 {
		if to, ok := w.inJail(host, seen, pick(w, w.jails)); ok {
			return to
		}
	}
	if !slices.Contains(shown, path) || s == from.space && path == from.path && w.rnd.IntN(20) > 0 {
		path = pick(w, shown)
	}
	to, _ := w.spot(host, seen, inspect.Place{NS: s.ino, Depth: snapshot.Auto}, s, path, path)
	return to
}

// inJail is a place that a process with a root of its own sees.
func (w *topology) inJail(host *inspect.Host, seen *world.World, j inmate) (spot, bool) {
	var shown []string
	err := j.space.in(func() error {
		shown = walk("/proc/"+strconv.Itoa(j.pid)+"/root", 4, true)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	inside := strings.TrimPrefix(pick(w, shown), "/proc/"+strconv.Itoa(j.pid)+"/root")
	path := "/proc/" + strconv.Itoa(j.pid) + "/root" + inside
	return w.spot(host, seen, inspect.Place{PID: j.pid, NS: j.space.ino}, j.space, cmp.Or(inside, "/"), path)
}
