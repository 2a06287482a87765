package watch

import (
	"time"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/snapshot"
)

// noticing is what the kernel said and is not told yet: the notices of what may
// be one call.
type noticing struct {
	pending []notice
	actors  map[int]actor // of the notices since the queue was last empty
	last    time.Time     // when the last notice of pending came

	burst   int                         // counts reads of the queue
	lowest  snapshot.MountID            // of the mounts attached in this read
	located map[snapshot.MountID]*space // where mounts of this read are
	ghosts  map[snapshot.MountID]uint64 // mounts never seen, by the event they came with
}

func (n *noticing) begin() {
	n.actors = map[int]actor{}
	n.ghosts = map[snapshot.MountID]uint64{}
}

// settle is how long the notices of one call may be apart. The kernel gives
// them in one go; only a reader that is faster sees them one by one.
const (
	settle     = 20 * time.Millisecond
	settleMany = 100 * time.Millisecond // for a call that makes very many
	many       = 100
)

// untilSettled is how long to wait before what is pending is told.
func (w *Watcher) untilSettled() time.Duration {
	if len(w.pending) == 0 {
		return never
	}
	if len(w.pending) > many {
		return settleMany - time.Since(w.last)
	}
	return settle - time.Since(w.last)
}

// maxReads is how many buffers of notices are taken in before what they tell is
// handed out.
const maxReads = 8

// readNotices takes in what is in the queue.
func (w *Watcher) readNotices() error {
	for range maxReads {
		var list []kernel.Notice
		any, err := w.notices.Read(func(n kernel.Notice) {
			list = append(list, n)
			if n.PID != 0 {
				w.meetActor(n.PID) // at once: it may be about to exit
			}
		})
		if err != nil {
			return err
		}
		if !any {
			break
		}
		w.take(list)
	}
	w.tellFinished()
	if len(w.pending) == 0 {
		clear(w.actors)
	}
	return nil
}

// take finds out about the mounts of a read, in order.
func (w *Watcher) take(list []kernel.Notice) {
	w.burst++
	w.located = map[snapshot.MountID]*space{}
	w.lowest = ^snapshot.MountID(0)
	for _, n := range list {
		if n.Attached {
			w.lowest = min(w.lowest, n.Mount)
		}
	}
	for _, n := range list {
		switch {
		case n.Lost:
			w.overflow()
		case n.Attached && n.Detached:
			w.part(n.PID, shift)
			w.shifted(n)
		case n.Attached:
			w.part(n.PID, attach)
			w.attached(n)
		case n.Detached:
			w.part(n.PID, detach)
			w.detached(n)
		}
	}
}

// part tells of what is pending when a notice cannot be of the same call: of
// another process, or of another kind.
func (w *Watcher) part(pid int, what op) {
	if n := len(w.pending); n > 0 {
		before := &w.pending[n-1]
		if before.pid != pid || before.op != what && before.op != shift {
			w.flush()
		}
	}
}

// push keeps a notice until those that may belong to it are there.
func (w *Watcher) push(r notice, changes ...MountChange) {
	r.changes = changes
	w.pending = append(w.pending, r)
	w.last = time.Now()
}

// attached is a mount that came.
func (w *Watcher) attached(n kernel.Notice) {
	if w.kept.mounts[n.Mount] != nil {
		return // listed already, after its namespace was marked
	}
	s, err := w.locate(n.Mount, n.PID), snapshot.ErrVanished
	var found kernel.Found
	switch {
	case s == nil:
	case len(w.pending) == 0:
		found, err = w.ask(s, n.Mount)
	default:
		found, err = w.askCopy(s, n.Mount)
	}
	if err != nil {
		w.ghosts[n.Mount] = 0
		w.push(notice{op: attach, pid: n.PID, id: n.Mount})
		return
	}
	w.arrived(s, n, found)
}

// arrived keeps a mount that was found.
func (w *Watcher) arrived(s *space, n kernel.Notice, found kernel.Found) {
	m, k := &found.Mount, w.kept
	parent := s.key(found.Parent)
	if p := k.mounts[parent]; p != nil && k.devs[m.Dev] == 0 {
		w.refreshNow(p) // its group decides who receives
	}
	r := notice{
		op: attach, pid: n.PID, id: n.Mount, ns: s.ns.ID.Ino, mount: m,
		clone: k.devs[m.Dev] > 0, at: k.spot(found.Parent, m.Point),
	}
	lifted := k.at(parent, m.Point)
	k.add(s, m, parent)
	changes := []MountChange{{NS: s.ns.ID.Ino, After: m}}
	if lifted != nil && parent != 0 {
		r.beneath = true
		changes = append(changes, w.refresh(lifted)...)
	}
	s.stale = true
	w.push(r, changes...)
	if !r.clone {
		w.lookAhead(r.at.group)
	}
}

// detached is a mount that went.
func (w *Watcher) detached(n kernel.Notice) {
	r := notice{op: detach, pid: n.PID, id: n.Mount}
	if e := w.kept.mounts[n.Mount]; e != nil {
		r.ns, r.mount, r.born = e.in.ns.ID.Ino, e.m, e.born
		r.at = w.kept.spot(e.parent, e.m.Point)
		if e.parent == 0 {
			r.at.parent = e.in.top
		}
		w.kept.retire(e)
		e.in.stale = true
		w.push(r, MountChange{NS: r.ns, Before: e.m})
		return
	}
	if s := w.kept.tops[n.Mount]; s != nil {
		r.ns, r.nsRoot = s.ns.ID.Ino, true
		w.flush()
		w.push(r)
		return
	}
	born, met := w.ghosts[n.Mount]
	if !met {
		return // gone before its namespace was first listed
	}
	if born == 0 {
		w.flush() // its arrival is pending still
		born = w.ghosts[n.Mount]
	}
	delete(w.ghosts, n.Mount)
	r.born = born
	w.push(r)
}

// shifted is a mount that hangs elsewhere now.
func (w *Watcher) shifted(n kernel.Notice) {
	e := w.kept.mounts[n.Mount]
	if e == nil {
		w.shiftedUnseen(n)
		return
	}
	r := notice{op: shift, pid: n.PID, id: n.Mount, ns: e.in.ns.ID.Ino, was: e.m, from: w.kept.spot(e.parent, e.m.Point), clone: true}
	if e.parent == 0 {
		r.from.parent = e.in.top
	}
	e.in.stale = true
	found, err := w.ask(e.in, n.Mount)
	if err != nil {
		r.mount, r.at = e.m, r.from // gone since: where to, nobody can tell
		w.push(r)
		return
	}
	parent := e.in.key(found.Parent)
	lifted := w.kept.at(parent, found.Point)
	change := w.kept.replace(e, &found.Mount, parent)
	r.mount, r.at = &found.Mount, w.kept.spot(found.Parent, found.Point)
	changes := []MountChange{change}
	if lifted != nil && lifted != e && parent != 0 {
		changes = append(changes, w.refresh(lifted)...)
	}
	w.push(r, changes...)
}

// shiftedUnseen is a mount that could not be looked at when it came, and is met
// now that it hangs elsewhere.
func (w *Watcher) shiftedUnseen(n kernel.Notice) {
	s := w.locate(n.Mount, n.PID)
	if s == nil {
		return // gone by now: its end will be told of
	}
	found, err := w.ask(s, n.Mount)
	if err != nil {
		return
	}
	delete(w.ghosts, n.Mount)
	m := &found.Mount
	w.kept.add(s, m, s.key(found.Parent))
	hung := w.kept.spot(found.Parent, m.Point)
	w.push(notice{op: shift, pid: n.PID, id: n.Mount, ns: s.ns.ID.Ino, mount: m, was: m, at: hung, from: hung, clone: true},
		MountChange{NS: s.ns.ID.Ino, After: m})
}

// key is the parent as tables know it: the root mount is in none. One that is
// not known yet is about to be: what was lifted hangs on a mount of which the
// notice comes later.
func (s *space) key(parent snapshot.MountID) snapshot.MountID {
	if parent == s.top && s.mounts[parent] == nil {
		return 0
	}
	return parent
}
