//go:build linux

package oracle_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nsview/nsview/inspect/predict"
)

// deed is an operation before it is known what there is: a number that chooses
// everything, 0 for nothing, which failures shrink to.
type deed uint64

// weights are how often each kind of operation is tried.
var weights = []struct {
	weight int
	kind   predict.Kind
}{
	{18, predict.OpBind},
	{12, predict.OpMount},
	{22, predict.OpMake},
	{14, predict.OpUmount},
	{12, predict.OpMove},
	{6, predict.OpUnshare},
	{5, predict.OpSetGroup},
	{5, predict.OpRemount},
	{3, predict.OpPivot},
	{1, "open"},
	{2, "write"},
	{2, predict.OpChroot},
	{2, "enter"},
	{2, "join"},
	{2, "anew"},
}

var total = func() (n int) {
	for _, w := range weights {
		n += w.weight
	}
	return n
}()

func (d deed) op(t *theatre, turn int) (int, predict.Op) {
	rnd := rand.New(rand.NewPCG(uint64(d), uint64(turn)))
	at := rnd.IntN(len(t.seats))
	variant := rnd.IntN(8)
	op := predict.Op{
		Dst:       t.somewhere(at, rnd),
		Recursive: rnd.IntN(4) == 0,
		Detached:  variant == 1, Beneath: variant == 2,
	}
	n := rnd.IntN(total)
	for _, w := range weights {
		if n -= w.weight; n < 0 {
			op.Kind = w.kind
			break
		}
	}
	switch op.Kind {
	case predict.OpMount:
		op.FSType, op.Source, op.Flags = "tmpfs", "empty", predict.RelAtime
		op.Recursive = false
		if op.Beneath || variant > 2 {
			op.Detached, op.Source = true, "full"
		} else if op.Detached {
			op.Source = "empty"
		}
	case predict.OpBind:
		op.Src = t.somewhere(at, rnd)
		if op.IDMap = rnd.IntN(6) == 0; op.IDMap {
			op.Detached = true
		}
	case predict.OpMove:
		op.Src = t.point(at, rnd)
	case predict.OpPivot:
		op.Src = t.point(at, rnd)
		if rnd.IntN(2) == 0 {
			op.Dst = op.Src + "/" + steps[rnd.IntN(len(steps))]
		}
	case predict.OpSetGroup:
		op.Src, op.Dst = t.point(at, rnd), t.point(at, rnd)
		if private := t.private(at); len(private) > 0 && rnd.IntN(3) > 0 {
			op.Dst = anyOf(private, rnd)
		}
	case predict.OpMake:
		op.Dst = t.point(at, rnd)
		op.Type = []predict.Propagation{predict.Shared, predict.Shared, predict.Shared, predict.Shared, predict.Slaved, predict.Slaved, predict.Private, predict.Unbindable}[variant]
	case predict.OpUmount:
		op.Dst = t.point(at, rnd)
		op.Lazy = variant < 4
		if op.Recursive {
			op.Dst = anyOf(t.state.View(t.seats[at].actor), rnd)
		}
	case predict.OpRemount:
		some := []predict.Flags{predict.ReadOnly, predict.ReadOnly, predict.ReadOnly, predict.NoSuid, predict.NoDev, predict.NoExec, predict.NoDirAtime, predict.NoAtime, predict.RelAtime}[rnd.IntN(9)]
		op.Dst = t.point(at, rnd)
		busy, writing := t.writing(at, rnd)
		point, flag, flagged := t.flagged(at, rnd)
		switch {
		case variant < 3 && flagged:
			op.Dst, op.Clear = point, flag
		case variant == 3:
			op.Clear = some
		case variant > 5 && writing:
			op.Dst, op.Flags = busy, predict.ReadOnly
		default:
			op.Flags = some
		}
		if op.Clear&atime != 0 {
			op.Clear |= atime
		}
	case "write":
		op.Dst = t.file(at, rnd)
	case "join":
		op.Dst = fmt.Sprintf("@%d", int(d%deed(len(t.seats))))
	case predict.OpUnshare:
		op.NewUser, op.Dst, op.Recursive = rnd.IntN(6-len(t.seats[at].lodging)) == 0, "", false
	}
	if op.Kind != predict.OpBind && op.Kind != predict.OpMove && op.Kind != predict.OpMount {
		op.Detached, op.Beneath = false, false
	}
	if rnd.IntN(12) == 0 {
		op = t.throughLink(at, op, rnd)
	}
	return at, op
}

const mostSeats = 6

// preludes are what walks start with: nothing, namespaces that are peers, and
// slaves of slaves.
var preludes = [][]string{
	nil,
	{"@0 make-shared /", "@0 unshare"},
	{"@0 make-shared /", "@0 bind / /d", "@0 unshare", "@1 make-rslave /", "@1 make-rshared /", "@1 unshare"},
	{"@0 make-shared /", "@0 unshare", "@1 make-slave /", "@1 make-shared /", "@1 unshare", "@2 make-slave /", "@2 make-shared /", "@2 unshare"},
	{"@0 mount /a", "@0 make-rshared /", "@0 bind /a /b/y", "@0 unshare --user"},
	{"@0 mount /a", "@0 mount /a/b", "@0 remount +ro,nosuid /a", "@0 make-rshared /", "@0 unshare --user", "@1 make-rshared /", "@1 unshare --user"},
	{"@0 bind /d /d", "@0 make-shared /d", "@0 bind /d/x /b", "@0 bind /d/x /c", "@0 make-slave /c", "@0 make-shared /c", "@0 unshare"},
}

// walk does random deeds in a theatre of its own.
func walk(rt *rapid.T, list []deed, c *count) {
	th, err := open(os.Getenv(baseVar), c)
	if err != nil {
		rt.Fatal(err)
	}
	defer th.close()
	if err := th.wander(list); err != nil && !errors.Is(err, errOpen) {
		c.differences++
		c.last = th.notes
		rt.Fatal(err)
	}
	c.namespaces += len(th.seats)
	c.lodgers += th.lodgers
	c.deepest = max(c.deepest, th.deepest)
	c.joined += th.joined
}

// wander does deeds, until one does not end as it was said.
func (t *theatre) wander(list []deed) error {
	for _, line := range preludes[int(list[0]%deed(len(preludes)))] {
		if err := t.perform(line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	for turn, d := range list {
		if d == 0 {
			continue
		}
		at, op := d.op(t, turn)
		if (op.Kind == predict.OpUnshare || op.Kind == "join") && len(t.seats) >= mostSeats {
			continue
		}
		err := t.act(at, op)
		if errors.Is(err, errTooMuch) {
			continue
		}
		t.count.operations++
		if err != nil {
			return fmt.Errorf("operation %d: %w", turn, err)
		}
	}
	return nil
}

const eachWalk = 80

// fewest is how many operations have to be compared, of an ordinary user's fewer.
func fewest() int {
	if lesser() {
		return 5_000
	}
	return 20_000
}

// TestKernelAgrees walks until enough operations were compared, or for as long
// as it was asked to.
func TestKernelAgrees(t *testing.T) {
	onStage(t)
	c := newCount()
	began := time.Now()
	least := fewest()
	defer func() {
		if c.last != nil {
			t.Log(asLab(c.last))
		}
	}()
	for !t.Failed() && (*duration == 0 && c.operations < least || time.Since(began) < *duration) {
		rapid.Check(t, func(rt *rapid.T) {
			c.walks++
			walk(rt, rapid.SliceOfN(rapid.Map(rapid.Uint64(), func(n uint64) deed { return deed(n) }), eachWalk, eachWalk).Draw(rt, "deeds"), c)
		})
	}
	t.Logf("%v, in %v", c, time.Since(began).Round(time.Second))
}
