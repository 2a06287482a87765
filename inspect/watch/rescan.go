package watch

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/snapshot"
)

// pacing says when to read again what gives no notice.
type pacing struct {
	due   time.Time
	queue []*space // what is left of the round through all namespaces
	// leftOff: the last rescan did not come to its end.
	leftOff bool
	round   int
	// options are those of the file systems asked for in this round.
	options map[sbKey]string
}

// The price of the watch on a host where nothing happens: a rescan takes at
// most slice of reading mounts, and the next comes after so many times what
// it took.
const (
	slice = 4 * time.Millisecond
	rest  = 200
	// pointRound: mount points, which cost as much again as all else, are read
	// every so many rounds where a round takes several rescans.
	pointRound = 4
)

// sbKey is what the options of a file system may depend on.
type sbKey struct {
	dev  snapshot.Dev
	root string
}

func (p *pacing) begin(every time.Duration) {
	p.due = time.Now().Add(cmp.Or(every, DefaultRescan))
}

// A rescan waits for a calm, but not for ever: going through the namespaces takes
// as long as several mounts do, and their lines would wait for it.
const (
	calm     = 50 * time.Millisecond
	mostLate = 2 * time.Second
)

func (w *Watcher) untilRescan() time.Duration {
	until := time.Until(w.due)
	if quiet := time.Since(w.last); w.opts.Rescan == 0 && until <= 0 && quiet < calm && -until < mostLate {
		return calm - quiet
	}
	return until
}

// rescan looks for namespaces that came and went, and reads mounts again: those
// of namespaces where something happened, then as many others as there is time
// for. When something happens meanwhile it leaves off, and goes on when that was
// told.
func (w *Watcher) rescan() error {
	start := time.Now()
	if !w.leftOff {
		w.reader.Forget()
		w.census()
	}
	w.leftOff = !w.readStale() || !w.reread(start)
	if w.leftOff {
		w.due = time.Now()
		return nil
	}
	w.pollAll()
	took := time.Since(start)
	wait := w.opts.Rescan
	if wait == 0 {
		wait = max(DefaultRescan, rest*took)
	}
	w.due = time.Now().Add(wait)
	if w.notices != nil {
		return w.readNotices()
	}
	return nil
}

// readStale reads the namespaces where something happened, and says whether it
// came to the end.
func (w *Watcher) readStale() bool {
	for _, s := range w.sorted() {
		if !s.noticed || !s.stale || s.checked == w.walks {
			continue
		}
		s.checked = w.walks
		w.reconcile(s, false)
		if w.breathe(); len(w.ready) > 0 {
			return false
		}
	}
	return true
}

// sorted are the namespaces by number.
func (w *Watcher) sorted() []*space {
	list := slices.Collect(maps.Values(w.kept.spaces))
	slices.SortFunc(list, func(a, b *space) int { return cmp.Compare(a.ns.ID.Ino, b.ns.ID.Ino) })
	return list
}

// reread goes round all namespaces, in slices where it was not told to keep a
// pace. It says whether it came to its end.
func (w *Watcher) reread(start time.Time) bool {
	whole := false
	if len(w.queue) == 0 {
		w.queue, whole = w.sorted(), true
		w.round++
		w.options = map[sbKey]string{}
	}
	for len(w.queue) > 0 && (w.opts.Rescan != 0 || time.Since(start) < slice) {
		s := w.queue[0]
		w.queue = w.queue[1:]
		if s.noticed && w.kept.spaces[s.ns.ID.Ino] == s {
			w.confirm(w.differing(s, w.asked(whole)))
		}
		if w.breathe(); len(w.ready) > 0 {
			return false
		}
	}
	return true
}

// breathe takes in notices between two steps of a rescan: a mount may be gone
// again within a millisecond, what is read again can wait.
func (w *Watcher) breathe() {
	if w.notices == nil {
		return
	}
	if any, err := w.wait.Wait(0, w.pollChanged); any && err == nil {
		_ = w.readNotices() // the next reading meets the same error
	}
}

// asked is what a round asks of each mount.
func (w *Watcher) asked(whole bool) uint64 {
	if w.opts.Rescan != 0 || whole || w.round%pointRound == 0 {
		return kernel.AskPoint
	}
	return kernel.AskState
}

// differing are the mounts of a namespace that are not as they were. The options
// of a file system are asked for once in a round.
func (w *Watcher) differing(s *space, what uint64) []*entry {
	var list []*entry
	for _, e := range s.mounts {
		if m, _, err := w.now(e, what); m != nil && err == nil || w.optionsDiffer(e) {
			list = append(list, e)
		}
	}
	return list
}

// optionsDiffer asks for the options of the file system that a mount is of.
func (w *Watcher) optionsDiffer(e *entry) bool {
	key := sbKey{e.m.Dev, e.m.Root}
	if _, asked := w.options[key]; asked || w.options == nil {
		return false
	}
	f, err := w.reader.Ask(e.in.ns.UniqueID, e.m.UniqueID, kernel.AskAll)
	if err != nil {
		return false
	}
	w.options[key] = f.FSOptions
	return f.FSOptions != e.m.FSOptions
}

// patience is how long a difference is given to be explained by a notice.
const patience = time.Millisecond

// confirm takes in what notices there are, and tells of the differences that
// they do not explain. Whoever a mount hangs together with is looked at too: one
// change has others for its consequence.
func (w *Watcher) confirm(list []*entry) {
	if len(list) == 0 {
		return
	}
	w.catchUp()
	var found []difference
	for _, e := range w.related(list) {
		if w.kept.mounts[Key(e.m)] != e {
			continue
		}
		if d, differs := w.difference(e); differs {
			found = append(found, d)
		}
	}
	w.differ(found)
}

// difference is how a mount is now, where it is not as it was.
func (w *Watcher) difference(e *entry) (difference, bool) {
	d := difference{e: e, now: e.m, parent: e.parent}
	m, parent, err := w.now(e, kernel.AskPoint)
	if err != nil {
		return d, false
	}
	if m != nil {
		d.now, d.parent = m, parent
	}
	if options, asked := w.options[sbKey{e.m.Dev, e.m.Root}]; asked && options != e.m.FSOptions {
		with := *d.now
		with.FSOptions = options
		d.now = &with
	}
	return d, d.now != e.m
}

// moreNotices waits a moment for notices and takes them in.
func (w *Watcher) moreNotices() (bool, error) {
	if w.notices == nil {
		return false, nil
	}
	any, err := w.wait.Wait(patience, w.pollChanged)
	if err != nil || !any {
		return false, err
	}
	return true, w.readNotices()
}

// catchUp takes in and tells what notices there are, and those that are about to
// come.
func (w *Watcher) catchUp() {
	for range 3 {
		if any, err := w.moreNotices(); err != nil || !any {
			break
		}
	}
	w.flush()
}

// related are the mounts of a list, those of the groups they are in or receive
// from, and those of file systems whose options changed.
func (w *Watcher) related(list []*entry) []*entry {
	all, devs := map[*entry]bool{}, map[snapshot.Dev]bool{}
	for _, e := range list {
		all[e] = true
		if options, asked := w.options[sbKey{e.m.Dev, e.m.Root}]; asked && options != e.m.FSOptions {
			devs[e.m.Dev] = true
		}
		for _, g := range []snapshot.GroupID{e.m.PeerGroup, e.m.Master} {
			maps.Copy(all, w.kept.members[g])
			maps.Copy(all, w.kept.slaves[g])
		}
	}
	if len(devs) > 0 {
		for _, e := range w.kept.mounts {
			if devs[e.m.Dev] {
				w.optionsDiffer(e)
				all[e] = true
			}
		}
	}
	sorted := slices.Collect(maps.Keys(all))
	slices.SortFunc(sorted, func(a, b *entry) int { return cmp.Compare(Key(a.m), Key(b.m)) })
	return sorted
}

// refreshNow looks at a mount whose state decides what a notice means.
func (w *Watcher) refreshNow(e *entry) {
	if m, parent, err := w.now(e, kernel.AskState); m != nil && err == nil {
		w.flush()
		w.differ([]difference{{e, m, parent}})
	}
}

// reconcile lists a namespace anew. What its table has and no notice told of is
// told now: at once when notices were lost, else when it is still so the next
// time, as a notice may be on its way.
func (w *Watcher) reconcile(s *space, lost bool) {
	s.stale = false
	ids, err := w.reader.After(s.ns.UniqueID, s.top, 0)
	if err != nil {
		return // dying; the census will tell
	}
	was := s.suspects
	s.suspects = map[snapshot.MountID]bool{}
	suspect := func(id snapshot.MountID) bool {
		s.suspects[id] = true
		s.stale = true
		return lost || was[id]
	}
	there := make(map[snapshot.MountID]bool, len(ids))
	for _, id := range ids {
		there[id] = true
		if s.mounts[id] == nil && suspect(id) {
			w.missed = append(w.missed, notice{op: attach, id: id, ns: s.ns.ID.Ino})
		}
	}
	for id := range s.mounts {
		if !there[id] && id != s.top && suspect(id) { // the list is of what is below the root mount
			w.missed = append(w.missed, notice{op: detach, id: id, ns: s.ns.ID.Ino})
		}
	}
	w.confirm(w.differing(s, kernel.AskPoint))
	if !lost {
		w.tellMissed()
	}
}

// tellMissed tells of mounts that came or went without a notice.
func (w *Watcher) tellMissed() {
	if len(w.missed) == 0 {
		return
	}
	w.flush()
	slices.SortFunc(w.missed, func(a, b notice) int {
		return cmp.Or(cmp.Compare(b.op, a.op), cmp.Compare(a.id, b.id)) // what went first
	})
	var list []notice
	for _, r := range w.missed {
		s := w.kept.spaces[r.ns]
		if s == nil {
			continue
		}
		delete(s.suspects, r.id)
		if w.settleMissed(s, &r) {
			list = append(list, r)
		}
	}
	w.missed = nil
	w.tellUnordered(list)
}

// settleMissed brings the tables up to date with a mount that was missed, and says
// whether that changed them.
func (w *Watcher) settleMissed(s *space, r *notice) bool {
	e := w.kept.mounts[r.id]
	if r.op == detach {
		if e == nil {
			return false
		}
		r.mount, r.at = e.m, w.kept.spot(e.parent, e.m.Point)
		r.changes = []MountChange{{NS: r.ns, Before: e.m}}
		w.kept.remove(e)
		return true
	}
	if e != nil {
		return false
	}
	f, err := w.ask(s, r.id)
	if err != nil {
		return false
	}
	delete(w.ghosts, r.id)
	r.mount, r.clone, r.at = &f.Mount, w.kept.devs[f.Dev] > 0, w.kept.spot(f.Parent, f.Point)
	w.kept.add(s, &f.Mount, s.key(f.Parent))
	r.changes = []MountChange{{NS: r.ns, After: &f.Mount}}
	return true
}

// overflow: the kernel dropped notices. What changed since is found by listing
// every namespace.
func (w *Watcher) overflow() {
	w.flush()
	w.tell(Event{Kind: Lost, Why: "the queue of notices was full"}, nil, nil)
	w.reconcileAll()
}

func (w *Watcher) reconcileAll() {
	for _, s := range w.sorted() {
		if s.noticed {
			w.reconcile(s, true)
		}
	}
	w.tellMissed()
}

// census looks for namespaces that came and went.
func (w *Watcher) census() {
	var born []*space
	err := w.walk(func(s *space) { born = append(born, s) }, func() {
		if len(born) == 0 { // what happens in those is told after their birth
			w.breathe()
		}
	})
	if err != nil {
		w.censusByProcesses()
		return
	}
	w.announce(born)
	w.vanished(func(s *space) bool { return s.noticed && s.seen != w.walks })
}

// vanished tells of the end of the namespaces that are gone without a notice, nor
// one now.
func (w *Watcher) vanished(gone func(*space) bool) {
	list := slices.DeleteFunc(w.sorted(), func(s *space) bool { return !gone(s) })
	if len(list) > 0 {
		w.catchUp()
	}
	for _, s := range list {
		if w.kept.spaces[s.ns.ID.Ino] == s {
			w.tellGone(s)
		}
	}
}

// tellGone tells of the end of a namespace that nobody is known to have brought
// about.
func (w *Watcher) tellGone(s *space) {
	w.flush()
	mounts, spaces := w.bury(s.ns.ID.Ino)
	if !s.told {
		return
	}
	w.tell(Event{Kind: NSGone, Origin: Origin{Place: Place{NS: s.ns.ID.Ino}}, Below: len(mounts)}, mounts, spaces)
}

var errNoMark = errors.New("the kernel gives no notices of mounts here")
