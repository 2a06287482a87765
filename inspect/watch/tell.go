package watch

import (
	"maps"
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// flush tells of everything pending.
func (w *Watcher) flush() {
	if len(w.pending) > 0 {
		w.tellBatches(Fold(w.pending, w.kept.masterOf, true))
	}
}

func (w *Watcher) tellBatches(batches []Batch) {
	for _, b := range batches {
		w.tellBatch(b, w.pending, w.changes)
	}
	w.pending, w.changes = w.pending[:0:0], w.changes[:0:0]
	w.kept.forgetLately()
}

// tellFinished tells of what is pending when nothing can be missing of it.
// Otherwise it waits for the rest, until it has settled.
func (w *Watcher) tellFinished() {
	if len(w.pending) == 0 || !w.mayBeFinished() {
		return
	}
	batches := Fold(w.pending, w.kept.masterOf, true)
	if w.finished(&batches[len(batches)-1]) {
		w.tellBatches(batches)
	}
}

// mayBeFinished is a quick look: an event that reaches many takes some reads to
// be whole.
func (w *Watcher) mayBeFinished() bool {
	first := &w.pending[0]
	if len(w.ghosts) > 0 && first.Op == Attach {
		return false // it may reach mounts that were never seen
	}
	return first.Op != Attach || first.Mount == nil || len(w.pending) > w.expected(first.At)
}

// finished says whether an event is whole: everywhere that it reaches was heard
// from. What has not, hears no more only in rare cases.
func (w *Watcher) finished(b *Batch) bool {
	origin := w.pending[b.Raws[0]]
	for _, at := range b.Raws {
		if r := &w.pending[at]; r.Op == Attach && r.Mount == nil {
			return false
		}
	}
	switch {
	case b.Event.Kind == Mount:
		return !origin.Clone && len(b.Event.Receivers) >= w.expected(origin.At)
	case b.Event.Kind == Umount && origin.Op == Detach && origin.Mount != nil:
		return b.Event.Below == 0 && !w.kidsRemain(b) && !w.remains(&origin)
	case b.Event.Kind == NSGone:
		s := w.kept.spaces[origin.NS]
		return s == nil || len(s.mounts) == 0
	}
	return false
}

// expected is how many mounts receive what is mounted at a spot.
func (w *Watcher) expected(at Spot) int { return len(w.receiving(at)) }

// receiving are the mounts that receive what is mounted at a spot: those of
// the group that show the directory.
func (w *Watcher) receiving(at Spot) []*entry {
	if at.Group == 0 {
		return nil
	}
	return slices.DeleteFunc(w.kept.receivers(at.Group), func(e *entry) bool {
		return Key(e.m) == at.Parent || !world.Under(at.Path, e.m.Root)
	})
}

// kidsRemain says whether something is still mounted on what went.
func (w *Watcher) kidsRemain(b *Batch) bool {
	return slices.ContainsFunc(b.Raws, func(at int) bool {
		return w.pending[at].Op == Detach && len(w.kept.kids[w.pending[at].ID]) > 0
	})
}

// remains says whether something is still there of what an umount takes away.
func (w *Watcher) remains(origin *Raw) bool {
	if len(w.kept.kids[origin.ID]) > 0 {
		return true
	}
	for _, p := range w.receiving(origin.At) {
		for _, e := range w.kept.kids[Key(p.m)] {
			if e.m.Dev == origin.Mount.Dev && e.m.Root == origin.Mount.Root && inFileSystem(p.m, e.m.Point) == origin.At.Path {
				return true
			}
		}
	}
	return false
}

// tellBatch makes a step of a batch: its event, the changes of its notices, and
// what they changed silently.
func (w *Watcher) tellBatch(b Batch, list []Raw, changes [][]MountChange) {
	var mounts []MountChange
	unseen := false
	for _, at := range b.Raws {
		mounts = append(mounts, changes[at]...)
		unseen = unseen || list[at].Mount == nil && list[at].Op == Attach
	}
	w.sign(&b.Event)
	var spaces []SpaceChange
	switch b.Event.Kind {
	case NSGone:
		var gone []MountChange
		gone, spaces = w.bury(b.Event.Origin.NS)
		mounts = append(mounts, gone...)
		b.Event.Below += len(gone)
	case Umount:
		mounts = append(mounts, w.aftermath(b, list)...)
	case Move:
		mounts = append(mounts, w.refreshMoved(b, list)...)
	}
	w.tell(b.Event, mounts, spaces)
	if unseen {
		w.rememberUnseen(b, list)
	}
}

// rememberUnseen notes which event the mounts of a batch came with, some of
// which were never seen: all that will be known of those is when they go.
func (w *Watcher) rememberUnseen(b Batch, list []Raw) {
	for _, at := range b.Raws {
		r := &list[at]
		if e := w.kept.mounts[r.ID]; e != nil {
			e.born = w.seq
		} else if _, ghost := w.ghosts[r.ID]; ghost {
			w.ghosts[r.ID] = w.seq
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
func (w *Watcher) aftermath(b Batch, list []Raw) []MountChange {
	left := map[*entry]bool{}
	for _, at := range b.Raws {
		if m := list[at].Mount; m != nil && list[at].Op == Detach {
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
	slices.SortFunc(list, func(a, b MountChange) int { return compareIDs(Key(a.After), Key(b.After)) })
}

func compareIDs(a, b snapshot.MountID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// refreshMoved asks for the mount points below what was moved: when the root of
// a namespace was, all of them.
func (w *Watcher) refreshMoved(b Batch, list []Raw) []MountChange {
	if len(b.Raws) > 1 && list[b.Raws[1]].Op == Shift {
		return w.refreshSpace(w.kept.spaces[b.Event.Origin.NS])
	}
	if e := w.kept.mounts[list[b.Raws[0]].ID]; e != nil {
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
