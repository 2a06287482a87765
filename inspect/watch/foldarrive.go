package watch

import "github.com/nsview/nsview/inspect/snapshot"

// arrival is a mount, a bind, or a move with the copies that it sends out.
func (f *folder) arrival(i int) *batch {
	kind := Mount
	if f.list[i].op == shift {
		kind = Move
	}
	a := arriving{folder: f, batch: begin(kind, i, &f.list[i]), origin: &f.list[i]}
	if kind == Move {
		a.event.move(a.origin)
	}
	a.tree = map[snapshot.MountID]bool{a.origin.id: true}
	a.copies = map[snapshot.MountID]bool{}
	for at := range f.run(i) {
		if at == i {
			continue
		}
		if r := &f.list[at]; r.op == attach && a.take(r, f.behind(at)) {
			a.notices = append(a.notices, at)
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
	origin *notice
	tree   map[snapshot.MountID]bool
	subs   []*notice // of the tree
	copies map[snapshot.MountID]bool
	last   *notice // taken
}

// take adds a notice to the event when it belongs to it.
func (a *arriving) take(r, next *notice) bool {
	taken := r.mount != nil && a.origin.mount != nil && (a.copy(r) || a.submount(r)) || a.obscure(r) && a.unseen(r, next)
	if taken {
		a.last = r
	}
	return taken
}

// copy is the same mount where the origin's parent sends what is mounted on it.
func (a *arriving) copy(r *notice) bool {
	if r.mount.Dev != a.origin.mount.Dev || r.mount.Root != a.origin.mount.Root {
		return false
	}
	via, ok := a.origin.at.reaches(r.at, a.masterOf)
	if !ok && !a.sibling(r) {
		return false
	}
	if !ok {
		via = a.likelyVia(r)
	}
	a.copies[r.id] = true
	a.receive(r, via)
	return true
}

// sibling is a copy of the same mount as the first that was noticed, where that
// is a copy itself: the origin is in a namespace that was not found yet. Only
// copies have lower ids than what was named before them.
func (a *arriving) sibling(r *notice) bool {
	before := a.origin
	if a.last != nil {
		before = a.last
	}
	return a.ordered && a.origin.op == attach && r.id < before.id && r.at.path == a.origin.at.path && r.at.dev == a.origin.at.dev &&
		(r.at.group != 0 || r.at.master != 0)
}

// submount came along with the origin, or with a copy. What is mounted on a new
// file system cannot have come with it.
func (a *arriving) submount(r *notice) bool {
	switch {
	case !r.clone || !a.origin.clone && a.origin.op == attach:
		return false
	case a.tree[r.at.parent] && a.origin.op == attach && (len(a.copies) == 0 || !a.ordered):
		a.tree[r.id] = true
		a.subs = append(a.subs, r)
		a.event.Below++
		return true
	case a.copies[r.at.parent] && a.likeOne(r):
		a.copies[r.id] = true
		return true
	}
	return false
}

// likeOne says whether the origin has such a submount. Those of a mount that
// was moved come with it unnoticed.
func (a *arriving) likeOne(r *notice) bool {
	for _, s := range a.subs {
		if s.mount.Dev == r.mount.Dev && s.mount.Root == r.mount.Root {
			return true
		}
	}
	return a.origin.op == shift
}

// obscure says that it cannot be told what a mount hangs together with: it was
// gone, or what it was mounted on was, before it could be looked at.
func (a *arriving) obscure(r *notice) bool {
	if r.mount == nil {
		return true
	}
	o := a.origin.mount
	return r.at.dev == (snapshot.Dev{}) && (o == nil || o.Dev == r.mount.Dev && o.Root == r.mount.Root)
}

// likelyVia takes it from the groups of the mounts themselves, where both were
// seen.
func (a *arriving) likelyVia(r *notice) Via {
	switch {
	case r.mount == nil || a.origin.mount == nil:
		return ""
	case r.mount.PeerGroup == a.origin.mount.PeerGroup:
		return Peer
	}
	return Slave
}

// unseen is a mount of which that cannot be told. Only its id tells: ids grow, and
// of the copies that a mount sends out the newest is named first. So a lower id
// than that before it is that of a copy, and a higher one begins either the copies
// or the next event.
func (a *arriving) unseen(r, next *notice) bool {
	before := a.origin
	if a.last != nil {
		before = a.last
	}
	isCopy := r.id < before.id
	if !isCopy && len(a.event.Receivers) == 0 && r.id > a.origin.id {
		isCopy = a.origin.mount != nil && a.origin.at.group != 0 ||
			next != nil && next.op == attach && next.id < r.id && next.id > a.origin.id
	}
	switch {
	case !a.ordered:
		return false
	case isCopy:
		a.receive(r, a.likelyVia(r))
		return true
	case len(a.subs) > 0 && len(a.event.Receivers) == 0 && r.id == before.id+1:
		a.event.Below++ // one more submount
		return true
	}
	return false
}
