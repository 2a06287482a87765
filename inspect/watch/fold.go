package watch

import (
	"github.com/nsview/nsview/inspect/snapshot"
)

// Op is what happened to one mount.
type Op uint8

// The notices that the kernel gives of a mount.
const (
	Attach Op = iota
	Detach
	Shift // it hangs elsewhere now
)

// Raw is one notice of the kernel, with what was found out about the mount.
type Raw struct {
	Op  Op
	PID int // 0 when not known
	ID  snapshot.MountID
	// NS is the namespace it is in, and Mount what it is there: after an Attach
	// or Shift, before a Detach. They are 0 and nil of a mount that was gone
	// before it could be looked at.
	NS    uint64
	Mount *snapshot.Mount
	// Was is the mount before a Shift.
	Was *snapshot.Mount
	// At is where it hangs, of a Detach where it hung; From is where it hung
	// before a Shift.
	At, From Spot
	// Beneath: it was put below what was mounted there already.
	Beneath bool
	// NSRoot: it is the root mount of its namespace, which has died.
	NSRoot bool
	// Clone: a mount of the same file system was there already, so it may be a
	// bind with submounts, or a copy.
	Clone bool
	// Born is the number of the event that it came with, 0 when not known.
	Born uint64
}

// Spot is a place that something is mounted on, and how that hangs together
// with others: the parent mount's id and groups, its file system, and the
// directory there.
type Spot struct {
	Parent snapshot.MountID
	Group  snapshot.GroupID
	Master snapshot.GroupID
	Dev    snapshot.Dev
	Path   string
}

// MasterOf is the group that a peer group receives from, 0 for none.
type MasterOf func(snapshot.GroupID) snapshot.GroupID

// reaches says whether, and how, what is mounted at a spot reaches another one.
func (s Spot) reaches(to Spot, masterOf MasterOf) (Via, bool) {
	if s.Group == 0 || s.Parent == to.Parent || s.Path != to.Path || s.Dev != to.Dev {
		return "", false
	}
	if to.Group == s.Group {
		return Peer, true
	}
	seen := 0
	for g := to.Master; g != 0; g = masterOf(g) {
		if g == s.Group {
			return Slave, true
		}
		if seen++; seen > maxChain {
			break // a loop, which no kernel makes
		}
	}
	return "", false
}

// maxChain is more masters above each other than any host has.
const maxChain = 1000

// Batch is an event and the notices that belong to it, by their places.
type Batch struct {
	Event Event
	Raws  []int
}

// Fold gathers notices into events: one call to the kernel, one event, its
// origin first. The notices of one call follow each other directly, and the
// first attached or detached is the origin: the kernel gives them under one
// lock. So a notice that does not hang together with those before it begins
// another event.
//
// Notices that were found by reading tables again have no order; then every
// notice that hangs together with an earlier one belongs to its event.
func Fold(list []Raw, masterOf MasterOf, ordered bool) []Batch {
	f := folder{list: list, masterOf: masterOf, ordered: ordered, used: make([]bool, len(list))}
	var batches []Batch
	for i := range list {
		if !f.used[i] {
			batches = append(batches, f.from(i))
		}
	}
	return batches
}

type folder struct {
	list     []Raw
	masterOf MasterOf
	ordered  bool
	used     []bool
}

// from makes the event that the notice at i begins.
func (f *folder) from(i int) Batch {
	first := &f.list[i]
	var b *batch
	switch {
	case first.NSRoot:
		b = f.dying(i)
	case first.Op == Attach:
		b = f.arrival(i)
	case first.Op == Detach:
		b = f.departure(f.run(i), i)
	default:
		b = f.shifted(i)
	}
	for _, at := range b.raws {
		f.used[at] = true
	}
	return Batch{b.event, b.raws}
}

// run is the places, from i on, of the notices that may belong together.
func (f *folder) run(i int) []int {
	var run []int
	for at := i; at < len(f.list); at++ {
		switch {
		case f.list[at].PID != f.list[i].PID:
			if f.ordered {
				return run
			}
		case !f.used[at]:
			run = append(run, at)
		}
	}
	return run
}

// batch is an event in the making.
type batch struct {
	event Event
	raws  []int
}

// place is where the mount of a notice is.
func (r *Raw) place() Place {
	p := Place{NS: r.NS, UniqueID: r.ID}
	if r.ID < 1<<31 {
		p.UniqueID = 0 // an id of mountinfo
	}
	if r.Mount != nil {
		p.Target, p.MountID = r.Mount.Point, r.Mount.ID
	}
	return p
}

// begin starts an event with its origin.
func begin(kind Kind, i int, r *Raw) *batch {
	b := &batch{raws: []int{i}}
	b.event.Kind = kind
	b.event.Origin = Origin{Place: r.place(), PID: r.PID}
	if m := r.Mount; m != nil {
		b.event.FSType, b.event.Source, b.event.Root = m.FSType, m.Source, m.Root
	}
	return b
}

func (b *batch) receive(r *Raw, via Via) {
	b.event.Receivers = append(b.event.Receivers, Receiver{Place: r.place(), Via: via, Beneath: r.Beneath})
}

// dying is the end of a namespace: all its mounts go, the root mount first. Some
// may have come too lately to be seen.
func (f *folder) dying(i int) *batch {
	root := &f.list[i]
	b := begin(NSGone, i, root)
	b.event.Origin.Place = Place{NS: root.NS}
	b.event.FSType, b.event.Source, b.event.Root = "", "", ""
	for _, at := range f.run(i)[1:] {
		r := &f.list[at]
		if r.Op == Detach && (r.NS == root.NS || r.Mount == nil) && !r.NSRoot {
			b.raws = append(b.raws, at)
			b.event.Below++
		} else if f.ordered {
			break
		}
	}
	return b
}

// shifted is a move, pivot_root(2), or a survivor of an umount, which the
// kernel names before what is gone: it slides down, and stays at its mount
// point.
func (f *folder) shifted(i int) *batch {
	run := f.run(i)
	if d := f.firstDetach(run); d >= 0 && f.list[i].slid() {
		return f.departure(run, d)
	}
	if len(run) > 1 {
		if next := &f.list[run[1]]; next.Op == Shift && next.NS == f.list[i].NS && next.At.Parent == f.list[i].From.Parent {
			return f.pivot(i, run[1])
		}
	}
	return f.arrival(i)
}

// slid says whether a mount hangs on another one at the same mount point.
func (r *Raw) slid() bool {
	return r.Mount != nil && r.Was != nil && r.Mount.Point == r.Was.Point
}

// firstDetach is the place of the first Detach behind leading Shifts, -1 for
// none.
func (f *folder) firstDetach(run []int) int {
	for _, at := range run {
		r := &f.list[at]
		switch {
		case r.Op == Detach:
			return at
		case r.Op == Attach || !r.slid():
			return -1
		}
	}
	return -1
}

// pivot is pivot_root(2): the old root moves away, then the new one takes its
// place.
func (f *folder) pivot(old, root int) *batch {
	b := begin(Move, root, &f.list[root])
	b.raws = []int{old, root}
	b.event.move(&f.list[root])
	return b
}

// move says from where to where.
func (e *Event) move(r *Raw) {
	e.To = e.Origin.Target
	if r.Was != nil {
		e.From = r.Was.Point
	}
}
