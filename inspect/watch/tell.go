package watch

import (
	"cmp"
	"maps"
	"slices"

	"github.com/nsview/nsview/inspect/world"
)

// flush tells of everything pending.
func (w *Watcher) flush() {
	if len(w.pending) > 0 {
		w.tellBatches(fold(w.pending, w.kept.masterOf, true))
	}
}

func (w *Watcher) tellBatches(batches []*batch) {
	for _, b := range batches {
		w.tellBatch(b, w.pending)
	}
	w.pending = w.pending[:0:0]
	w.kept.forgetLately()
}

// tellUnordered tells of what was found by reading tables again.
func (w *Watcher) tellUnordered(list []notice) {
	for _, b := range fold(list, w.kept.masterOf, false) {
		w.tellBatch(b, list)
	}
}

// tellFinished tells of what is pending when nothing can be missing of it.
// Otherwise it waits for the rest, until it has settled.
func (w *Watcher) tellFinished() {
	if len(w.pending) == 0 || !w.mayBeFinished() {
		return
	}
	batches := fold(w.pending, w.kept.masterOf, true)
	if w.finished(batches[len(batches)-1]) {
		w.tellBatches(batches)
	}
}

// mayBeFinished is a quick look: an event that reaches many takes some reads to
// be whole.
func (w *Watcher) mayBeFinished() bool {
	first := &w.pending[0]
	if len(w.ghosts) > 0 && first.op == attach {
		return false // it may reach mounts that were never seen
	}
	return first.op != attach || first.mount == nil || len(w.pending) > w.expected(first.at)
}

// finished says whether an event is whole: everywhere that it reaches was heard
// from. What has not, hears no more only in rare cases.
func (w *Watcher) finished(b *batch) bool {
	origin := w.pending[b.notices[0]]
	for _, at := range b.notices {
		if r := &w.pending[at]; r.op == attach && r.mount == nil {
			return false
		}
	}
	switch {
	case b.event.Kind == Mount:
		return !origin.clone && len(b.event.Receivers) >= w.expected(origin.at)
	case b.event.Kind == Umount && origin.op == detach && origin.mount != nil:
		return b.event.Below == 0 && !w.kidsRemain(b) && !w.remains(&origin)
	case b.event.Kind == NSGone:
		s := w.kept.spaces[origin.ns]
		return s == nil || len(s.mounts) == 0
	}
	return false
}

// expected is how many mounts receive what is mounted at a spot.
func (w *Watcher) expected(at spot) int { return len(w.receiving(at)) }

// receiving are the mounts that receive what is mounted at a spot: those of
// the group that show the directory.
func (w *Watcher) receiving(at spot) []*entry {
	if at.group == 0 {
		return nil
	}
	return slices.DeleteFunc(w.kept.receivers(at.group), func(e *entry) bool {
		return Key(e.m) == at.parent || !world.Under(at.path, e.m.Root)
	})
}

// kidsRemain says whether something is still mounted on what went.
func (w *Watcher) kidsRemain(b *batch) bool {
	return slices.ContainsFunc(b.notices, func(at int) bool {
		return w.pending[at].op == detach && len(w.kept.kids[w.pending[at].id]) > 0
	})
}

// remains says whether something is still there of what an umount takes away.
func (w *Watcher) remains(origin *notice) bool {
	if len(w.kept.kids[origin.id]) > 0 {
		return true
	}
	for _, p := range w.receiving(origin.at) {
		for _, e := range w.kept.kids[Key(p.m)] {
			if e.m.Dev == origin.mount.Dev && e.m.Root == origin.mount.Root && inFileSystem(p.m, e.m.Point) == origin.at.path {
				return true
			}
		}
	}
	return false
}

// tellBatch makes a step of a batch: its event, the changes of its notices, and
// what they changed silently.
func (w *Watcher) tellBatch(b *batch, list []notice) {
	var mounts []MountChange
	unseen := false
	for _, at := range b.notices {
		mounts = append(mounts, list[at].changes...)
		unseen = unseen || list[at].mount == nil && list[at].op == attach
	}
	w.sign(&b.event)
	var spaces []SpaceChange
	switch b.event.Kind {
	case NSGone:
		var gone []MountChange
		gone, spaces = w.bury(b.event.Origin.NS)
		mounts = append(mounts, gone...)
		b.event.Below += len(gone)
	case Umount:
		mounts = append(mounts, w.aftermath(b, list)...)
	case Move:
		mounts = append(mounts, w.refreshMoved(b, list)...)
	}
	w.tell(b.event, mounts, spaces)
	if unseen {
		w.rememberUnseen(b, list)
	}
}

// rememberUnseen notes which event the mounts of a batch came with, some of
// which were never seen: all that will be known of those is when they go.
func (w *Watcher) rememberUnseen(b *batch, list []notice) {
	for _, at := range b.notices {
		r := &list[at]
		if e := w.kept.mounts[r.id]; e != nil {
			e.born = w.seq
		} else if _, ghost := w.ghosts[r.id]; ghost {
			w.ghosts[r.id] = w.seq
		}
	}
}

// bury forgets a namespace that is dead.
func (w *Watcher) bury(ino uint64) ([]MountChange, []SpaceChange) {
	s := w.kept.spaces[ino]
	if s == nil {
		return nil, nil
	}
	mounts := w.kept.dropSpace(s)
	if !s.noticed {
		w.wait.Forget(s.number)
	}
	ns := s.ns
	return mounts, []SpaceChange{{Before: &ns}}
}

// aftermath asks for the mounts that hung together with those that went: a copy
// that survives is on its own now, and slaves of an empty group have another
// master.
func (w *Watcher) aftermath(b *batch, list []notice) []MountChange {
	left := map[*entry]bool{}
	for _, at := range b.notices {
		if m := list[at].mount; m != nil && list[at].op == detach {
			maps.Copy(left, w.kept.members[m.PeerGroup])
			maps.Copy(left, w.kept.slaves[m.PeerGroup])
		}
	}
	var changes []MountChange
	for e := range left {
		changes = append(changes, w.refresh(e)...)
	}
	sortChanges(changes)
	return changes
}

// sortChanges sorts changes of mounts that are there by id.
func sortChanges(list []MountChange) {
	slices.SortFunc(list, func(a, b MountChange) int { return cmp.Compare(Key(a.After), Key(b.After)) })
}

// refreshMoved asks for the mount points below what was moved: when the root of
// a namespace was, all of them.
func (w *Watcher) refreshMoved(b *batch, list []notice) []MountChange {
	if len(b.notices) > 1 && list[b.notices[1]].op == shift {
		return w.refreshSpace(w.kept.spaces[b.event.Origin.NS])
	}
	if e := w.kept.mounts[list[b.notices[0]].id]; e != nil {
		return w.refreshBelow(e)
	}
	return nil
}

// refreshSpace asks for the state of every mount of a namespace.
func (w *Watcher) refreshSpace(s *space) []MountChange {
	if s == nil {
		return nil
	}
	var changes []MountChange
	for _, key := range slices.Sorted(maps.Keys(s.mounts)) {
		changes = append(changes, w.refresh(s.mounts[key])...)
	}
	return changes
}
