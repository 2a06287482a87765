package watch

import "github.com/nsview/nsview/inspect/snapshot"

// arrival is a mount, a bind, or a move with the copies that it sends out.
func (f *folder) arrival(i int) *batch {
	kind := Mount
	if f.list[i].Op == Shift {
		kind = Move
	}
	a := arriving{folder: f, batch: begin(kind, i, &f.list[i]), origin: &f.list[i]}
	if kind == Move {
		a.event.move(a.origin)
	}
	a.tree = map[snapshot.MountID]bool{a.origin.ID: true}
	a.copies = map[snapshot.MountID]bool{}
	run := f.run(i)[1:]
	for n, at := range run {
		r := &f.list[at]
		var next *Raw
		if n+1 < len(run) {
			next = &f.list[run[n+1]]
		}
		if r.Op == Attach && a.take(r, next) {
			a.raws = append(a.raws, at)
		} else if f.ordered {
			break
		}
	}
	return a.batch
}

// arriving is an arrival in the making: the origin's own tree, then the copies,
// the newest first, each with its submounts.
type arriving struct {
	*folder
	*batch
	origin *Raw
	tree   map[snapshot.MountID]bool
	subs   []*Raw // of the tree
	copies map[snapshot.MountID]bool
	last   *Raw // taken
}

// take adds a notice to the event when it belongs to it.
func (a *arriving) take(r, next *Raw) bool {
	taken := r.Mount != nil && a.origin.Mount != nil && (a.copy(r) || a.submount(r)) || a.obscure(r) && a.unseen(r, next)
	if taken {
		a.last = r
	}
	return taken
}

// copy is the same mount where the origin's parent sends what is mounted on it.
func (a *arriving) copy(r *Raw) bool {
	if r.Mount.Dev != a.origin.Mount.Dev || r.Mount.Root != a.origin.Mount.Root {
		return false
	}
	via, ok := a.origin.At.reaches(r.At, a.masterOf)
	if !ok && !a.sibling(r) {
		return false
	}
	if !ok {
		via = a.likelyVia(r)
	}
	a.copies[r.ID] = true
	a.receive(r, via)
	return true
}

// sibling is a copy of the same mount as the first that was noticed, where that
// is a copy itself: the origin is in a namespace that was not found yet. Only
// copies have lower ids than what was named before them.
func (a *arriving) sibling(r *Raw) bool {
	before := a.origin
	if a.last != nil {
		before = a.last
	}
	return a.ordered && a.origin.Op == Attach && r.ID < before.ID && r.At.Path == a.origin.At.Path && r.At.Dev == a.origin.At.Dev &&
		(r.At.Group != 0 || r.At.Master != 0)
}

// submount came along with the origin, or with a copy. What is mounted on a new
// file system cannot have come with it.
func (a *arriving) submount(r *Raw) bool {
	switch {
	case !r.Clone || !a.origin.Clone && a.origin.Op == Attach:
		return false
	case a.tree[r.At.Parent] && a.origin.Op == Attach && (len(a.copies) == 0 || !a.ordered):
		a.tree[r.ID] = true
		a.subs = append(a.subs, r)
		a.event.Below++
		return true
	case a.copies[r.At.Parent] && a.likeOne(r):
		a.copies[r.ID] = true
		return true
	}
	return false
}

// likeOne says whether the origin has such a submount. Those of a mount that
// was moved come with it unnoticed.
func (a *arriving) likeOne(r *Raw) bool {
	for _, s := range a.subs {
		if s.Mount.Dev == r.Mount.Dev && s.Mount.Root == r.Mount.Root {
			return true
		}
	}
	return a.origin.Op == Shift
}

// obscure says that it cannot be told what a mount hangs together with: it was
// gone, or what it was mounted on was, before it could be looked at.
func (a *arriving) obscure(r *Raw) bool {
	if r.Mount == nil {
		return true
	}
	o := a.origin.Mount
	return r.At.Dev == (snapshot.Dev{}) && (o == nil || o.Dev == r.Mount.Dev && o.Root == r.Mount.Root)
}

// likelyVia takes it from the groups of the mounts themselves, where both were
// seen.
func (a *arriving) likelyVia(r *Raw) Via {
	switch {
	case r.Mount == nil || a.origin.Mount == nil:
		return ""
	case r.Mount.PeerGroup == a.origin.Mount.PeerGroup:
		return Peer
	}
	return Slave
}

// unseen is a mount of which that cannot be told. Only its id tells: ids grow, and of the copies that a mount sends out the newest is named
// first. So a lower id than that before it is that of a copy, and a higher one
// begins either the copies or the next event.
func (a *arriving) unseen(r, next *Raw) bool {
	before := a.origin
	if a.last != nil {
		before = a.last
	}
	isCopy := r.ID < before.ID
	if !isCopy && len(a.event.Receivers) == 0 && r.ID > a.origin.ID {
		isCopy = a.origin.Mount != nil && a.origin.At.Group != 0 ||
			next != nil && next.Op == Attach && next.ID < r.ID && next.ID > a.origin.ID
	}
	switch {
	case !a.ordered:
		return false
	case isCopy:
		a.receive(r, a.likelyVia(r))
		return true
	case len(a.subs) > 0 && len(a.event.Receivers) == 0 && r.ID == before.ID+1:
		a.event.Below++ // one more submount
		return true
	}
	return false
}
