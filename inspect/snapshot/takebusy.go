package snapshot

import (
	"cmp"
	"context"
	"slices"
)

// BusyWant says about which file systems and block devices it is asked what
// keeps them busy: all file systems when Devs is empty.
type BusyWant struct {
	Devs   []Dev `json:"devs,omitempty"`
	Blocks []Dev `json:"blocks,omitempty"` // whose open descriptors matter too
}

// BusyReader looks for what keeps file systems busy.
type BusyReader interface {
	// Busy reads it of a host whose processes and tables are in the snapshot.
	// What cannot be read is in [Busy.Gaps] and [Busy.Sources].
	Busy(ctx context.Context, of *Snapshot, want BusyWant) *Busy
}

// busy reads what tasks and the kernel use, once the tables are there to tell
// which mount is of which file system.
func (t *taker) busy() {
	switch {
	case t.want.Busy == nil:
		return
	case t.src.Busy == nil:
		t.gaps.add("tasks and kernel", "read what they keep busy", ErrNotSaved)
		return
	}
	t.snap.Busy = t.src.Busy.Busy(t.ctx, t.snap, *t.want.Busy)
	t.gaps.more = append(t.gaps.more, t.snap.Busy.Gaps...)
	t.snap.Busy.Gaps = nil
}

// AlikeGaps makes one gap of the processes that failed alike.
type AlikeGaps struct{ gaps gaps }

// Process adds a process of which something could not be read.
func (g *AlikeGaps) Process(pid int, op string, err error) { g.gaps.process(pid, op, err) }

// Add adds something else that could not be read.
func (g *AlikeGaps) Add(subject, op string, err error) { g.gaps.add(subject, op, err) }

// List is the gaps in their order.
func (g *AlikeGaps) List() []Gap { return g.gaps.list() }

func compareUses(a, b Use) int {
	return cmp.Or(cmp.Compare(a.PID, b.PID), cmp.Compare(a.TID, b.TID), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.FD, b.FD), cmp.Compare(a.Mount, b.Mount), cmp.Compare(a.Path, b.Path))
}

// normalize puts what was seen in its fixed order.
func (b *Busy) normalize() {
	slices.SortFunc(b.Uses, compareUses)
	slices.SortFunc(b.Alive, func(x, y Alive) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Where, y.Where))
	})
}
