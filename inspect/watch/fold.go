package watch

import (
	"iter"

	"github.com/nsview/nsview/inspect/snapshot"
)

// op is what happened to one mount.
type op uint8

// The notices that the kernel gives of a mount.
const (
	attach op = iota
	detach
	shift // it hangs elsewhere now
)

// notice is one notice of the kernel, with what was found out about the mount.
type notice struct {
	op  op
	pid int // 0 when not known
	id  snapshot.MountID
	// ns is the namespace it is in, and mount what it is there: after an attach
	// or shift, before a detach. They are 0 and nil of a mount that was gone
	// before it could be looked at.
	ns    uint64
	mount *snapshot.Mount
	// was is the mount before a shift.
	was *snapshot.Mount
	// at is where it hangs, of a detach where it hung; from is where it hung
	// before a shift.
	at, from spot
	// beneath: it was put below what was mounted there already.
	beneath bool
	// nsRoot: it is the root mount of its namespace, which has died.
	nsRoot bool
	// clone: a mount of the same file system was there already, so it may be a
	// bind with submounts, or a copy.
	clone bool
	// born is the number of the event that it came with, 0 when not known.
	born uint64
	// changes are what it changed in the tables.
	changes []MountChange
}

// spot is a place that something is mounted on, and how that hangs together
// with others: the parent mount's id and groups, its file system, and the
// directory there.
type spot struct {
	parent snapshot.MountID
	group  snapshot.GroupID
	master snapshot.GroupID
	dev    snapshot.Dev
	path   string
}

// masterOf is the group that a peer group receives from, 0 for none.
type masterOf func(snapshot.GroupID) snapshot.GroupID

// reaches says whether, and how, what is mounted at a spot reaches another one.
func (s spot) reaches(to spot, master masterOf) (Via, bool) {
	if s.group == 0 || s.parent == to.parent || s.path != to.path || s.dev != to.dev {
		return "", false
	}
	if to.group == s.group {
		return Peer, true
	}
	seen := 0
	for g := to.master; g != 0; g = master(g) {
		if g == s.group {
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

// fold gathers notices into events: one call to the kernel, one event, its
// origin first. The notices of one call follow each other directly, and the
// first attached or detached is the origin: the kernel gives them under one
// lock. So a notice that does not hang together with those before it begins
// another event.
//
// Notices that were found by reading tables again have no order; then every
// notice that hangs together with an earlier one belongs to its event.
func fold(list []notice, masterOf masterOf, ordered bool) []*batch {
	f := folder{list: list, masterOf: masterOf, ordered: ordered, used: make([]bool, len(list))}
	var batches []*batch
	for i := range list {
		if !f.used[i] {
			batches = append(batches, f.from(i))
		}
	}
	return batches
}

type folder struct {
	list     []notice
	masterOf masterOf
	ordered  bool
	used     []bool
	ties     *ties // of what departs, nil until something does
}

// from makes the event that the notice at i begins.
func (f *folder) from(i int) *batch {
	first := &f.list[i]
	var b *batch
	switch {
	case first.nsRoot:
		b = f.dying(i)
	case first.op == attach:
		b = f.arrival(i)
	case first.op == detach:
		b = f.departure(i, i)
	default:
		b = f.shifted(i)
	}
	for _, at := range b.notices {
		f.used[at] = true
	}
	return b
}

// run is the places, from i on, of the notices that may belong together.
func (f *folder) run(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for at := i; at < len(f.list); at++ {
			switch {
			case f.list[at].pid != f.list[i].pid:
				if f.ordered {
					return
				}
			case !f.used[at] && !yield(at):
				return
			}
		}
	}
}

// behind is the notice that follows directly and may belong together with that
// at i, nil for none.
func (f *folder) behind(i int) *notice {
	if i+1 < len(f.list) && f.list[i+1].pid == f.list[i].pid {
		return &f.list[i+1]
	}
	return nil
}

// batch is an event and the notices that belong to it, by their places.
type batch struct {
	event   Event
	notices []int
}

// place is where the mount of a notice is.
func (r *notice) place() Place {
	p := Place{NS: r.ns, UniqueID: r.id}
	if r.id < 1<<31 {
		p.UniqueID = 0 // an id of mountinfo
	}
	if r.mount != nil {
		p.Target, p.MountID = r.mount.Point, r.mount.ID
	}
	return p
}

// begin starts an event with its origin.
func begin(kind Kind, i int, r *notice) *batch {
	b := &batch{notices: []int{i}}
	b.event.Kind = kind
	b.event.Origin = Origin{Place: r.place(), PID: r.pid}
	if m := r.mount; m != nil {
		b.event.FSType, b.event.Source, b.event.Root = m.FSType, m.Source, m.Root
	}
	return b
}

func (b *batch) receive(r *notice, via Via) {
	b.event.Receivers = append(b.event.Receivers, Receiver{Place: r.place(), Via: via, Beneath: r.beneath})
}

// dying is the end of a namespace: all its mounts go, the root mount first. Some
// may have come too lately to be seen.
func (f *folder) dying(i int) *batch {
	root := &f.list[i]
	b := begin(NSGone, i, root)
	b.event.Origin.Place = Place{NS: root.ns}
	b.event.FSType, b.event.Source, b.event.Root = "", "", ""
	for at := range f.run(i) {
		r := &f.list[at]
		if at == i {
			continue
		}
		if r.op == detach && (r.ns == root.ns || r.mount == nil) && !r.nsRoot {
			b.notices = append(b.notices, at)
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
	if d := f.firstDetach(i); d >= 0 && f.list[i].slid() {
		return f.departure(i, d)
	}
	if next := f.behind(i); next != nil && next.op == shift && next.ns == f.list[i].ns && next.at.parent == f.list[i].from.parent {
		return f.pivot(i, i+1)
	}
	return f.arrival(i)
}

// slid says whether a mount hangs on another one at the same mount point.
func (r *notice) slid() bool {
	return r.mount != nil && r.was != nil && r.mount.Point == r.was.Point
}

// firstDetach is the place of the first detach behind the shifts that lead from i
// on, -1 for none.
func (f *folder) firstDetach(i int) int {
	for at := range f.run(i) {
		r := &f.list[at]
		switch {
		case r.op == detach:
			return at
		case r.op == attach || !r.slid():
			return -1
		}
	}
	return -1
}

// pivot is pivot_root(2): the old root moves away, then the new one takes its
// place.
func (f *folder) pivot(old, root int) *batch {
	b := begin(Move, root, &f.list[root])
	b.notices = []int{old, root}
	b.event.move(&f.list[root])
	return b
}

// move says from where to where.
func (e *Event) move(r *notice) {
	e.To = e.Origin.Target
	if r.was != nil {
		e.From = r.was.Point
	}
}
