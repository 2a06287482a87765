package watch

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// polling is the namespaces of which the kernel gives no notices: their
// mountinfo says that something changed, and not what or who.
type polling struct {
	numbers map[int]*space
	next    int
	changed map[*space]bool
	since   time.Time // when the first of them changed
	text    []byte
	polls   bool // something is polled, and that was said
}

func (p *polling) begin() {
	p.numbers, p.changed = map[int]*space{}, map[*space]bool{}
}

// gather is how long to wait for other namespaces to change too: what reaches
// several is one event.
const gather = 5 * time.Millisecond

func (w *Watcher) untilPolled() time.Duration {
	if len(w.changed) == 0 {
		return never
	}
	return gather - time.Since(w.since)
}

func (w *Watcher) pollChanged(number int) {
	if s := w.numbers[number]; s != nil {
		if len(w.changed) == 0 {
			w.since = time.Now()
		}
		w.changed[s] = true
	}
}

// watchPolled watches a namespace by the mountinfo of a process. Its file keeps
// the namespace alive: it is let go when no process is left there.
func (w *Watcher) watchPolled(n *snapshot.Namespace, pid int) *space {
	s := &space{ns: *n, ref: snapshot.Ref{Type: snapshot.Mnt, Ino: n.ID.Ino, PID: pid}, number: w.next}
	w.next++
	if err := w.wait.AddMountinfo(w.src.Proc, pid, s.number); err != nil {
		if !gone(err) {
			w.gap(nsName(n.ID.Ino), "watch it", err)
		}
		return nil
	}
	mounts, err := w.polledMounts(s)
	if err != nil {
		w.wait.Forget(s.number)
		if !gone(err) {
			w.gap(nsName(n.ID.Ino), "watch it", err)
		}
		return nil
	}
	w.numbers[s.number] = s
	w.kept.addSpace(s, mounts)
	return s
}

// polledMounts reads a table if it changed since it was read last, nil if not.
func (w *Watcher) polledMounts(s *space) ([]snapshot.Mount, error) {
	b, err := w.wait.Mountinfo(s.number, w.text)
	if w.text = b; err != nil {
		return nil, err
	}
	if s.text != nil && bytes.Equal(b, s.text) {
		return nil, nil
	}
	s.text = append(s.text[:0], b...)
	return proc.ParseMountinfo(s.text)
}

// readPolled reads the tables that changed, and tells what did.
func (w *Watcher) readPolled() {
	w.comparePolled(slices.Collect(maps.Keys(w.changed)))
}

// pollAll reads every table: changes of propagation wake nobody.
func (w *Watcher) pollAll() {
	var list []*space
	for _, s := range w.sorted() {
		if !s.noticed {
			list = append(list, s)
		}
	}
	w.comparePolled(list)
}

func (w *Watcher) comparePolled(list []*space) {
	slices.SortFunc(list, func(a, b *space) int { return cmp.Compare(a.ns.ID.Ino, b.ns.ID.Ino) })
	var c comparison
	for _, s := range list {
		if w.kept.spaces[s.ns.ID.Ino] != s {
			continue
		}
		mounts, err := w.polledMounts(s)
		if err != nil {
			w.blinded(s, err)
			continue
		}
		s.blind = false
		if mounts != nil {
			c.compare(w.kept, s, mounts)
		}
	}
	w.tellCompared(&c)
	clear(w.changed)
}

// blinded says, once, that a namespace may not be read any more. What changed
// meanwhile is told of when it may be again.
func (w *Watcher) blinded(s *space, err error) {
	if s.blind || gone(err) {
		return
	}
	s.blind = true
	w.flush()
	w.gap(nsName(s.ns.ID.Ino), "read its mounts", err)
	w.tell(Event{Kind: Lost, Origin: Origin{Place: Place{NS: s.ns.ID.Ino}}, Why: "the mounts of " + nsName(s.ns.ID.Ino) + " could not be read: " + cause(err).Error()}, nil, nil)
}

// comparison is what is new, gone and different in tables that were read again.
type comparison struct {
	gone, came []comparedMount
	differ     []difference
}

type comparedMount struct {
	in     *space
	m      *snapshot.Mount
	parent snapshot.MountID
}

// compare finds what changed in a table. Ids of mountinfo are used again at
// once: a mount that is of another file system or place is another mount.
func (c *comparison) compare(k *kept, s *space, mounts []snapshot.Mount) {
	there := make(map[snapshot.MountID]*snapshot.Mount, len(mounts))
	for i := range mounts {
		there[mounts[i].ID] = &mounts[i]
	}
	for i := range mounts {
		m := &mounts[i]
		parent := m.Parent
		if there[parent] == nil || parent == m.ID {
			parent = 0
		}
		e := s.mounts[m.ID]
		switch {
		case e == nil:
			c.came = append(c.came, comparedMount{s, m, parent})
		case !sameMount(e.m, m):
			c.gone = append(c.gone, comparedMount{s, e.m, e.parent})
			c.came = append(c.came, comparedMount{s, m, parent})
		case !same(e.m, m):
			c.differ = append(c.differ, difference{e, m, parent})
		}
	}
	for id, e := range s.mounts {
		if there[id] == nil {
			c.gone = append(c.gone, comparedMount{s, e.m, e.parent})
		}
	}
	byID := func(a, b comparedMount) int { return cmp.Compare(a.m.ID, b.m.ID) }
	slices.SortFunc(c.gone, byID)
	slices.SortFunc(c.came, byID)
}

// sameMount: what a mount keeps as long as it lives.
func sameMount(a, b *snapshot.Mount) bool {
	return a.Dev == b.Dev && a.Root == b.Root && a.Source == b.Source && a.FSType == b.FSType
}

// tellCompared folds what was found. There is no order, and nobody knows who
// did it: of several peers the origin is the one that receives from no master,
// with the lowest id.
func (w *Watcher) tellCompared(c *comparison) {
	var list []notice
	add := func(r notice, change MountChange) {
		r.changes = []MountChange{change}
		list = append(list, r)
	}
	for _, g := range c.gone {
		if e := w.kept.mounts[Key(g.m)]; e != nil {
			add(notice{op: detach, id: g.m.ID, ns: g.in.ns.ID.Ino, mount: g.m, at: w.kept.spot(g.parent, g.m.Point)}, MountChange{NS: g.in.ns.ID.Ino, Before: g.m})
		}
	}
	for _, g := range c.gone {
		if e := w.kept.mounts[Key(g.m)]; e != nil {
			w.kept.remove(e)
		}
	}
	for _, m := range c.came {
		clone := w.kept.devs[m.m.Dev] > 0
		w.kept.add(m.in, m.m, m.parent)
		add(notice{op: attach, id: m.m.ID, ns: m.in.ns.ID.Ino, mount: m.m, clone: clone}, MountChange{NS: m.in.ns.ID.Ino, After: m.m})
	}
	for i := range list {
		if r := &list[i]; r.op == attach {
			r.at = w.kept.spot(w.kept.mounts[r.id].parent, r.mount.Point)
		}
	}
	slices.SortStableFunc(list, bySender)
	w.tellUnordered(list)
	var moved []difference
	for _, d := range c.differ {
		if w.kept.mounts[Key(d.e.m)] == d.e {
			moved = append(moved, d)
		}
	}
	w.differ(w.tellMoved(moved))
}

// tellMoved tells of mounts that were moved, and returns the other differences.
// A mount point that changed without a wake-up is that of a directory renamed.
func (w *Watcher) tellMoved(list []difference) []difference {
	moved := map[snapshot.MountID]bool{}
	for _, d := range list {
		if d.e.m.Point != d.now.Point && w.changed[d.e.in] {
			moved[Key(d.e.m)] = true
		}
	}
	var others []difference
	for _, d := range list {
		if !moved[Key(d.e.m)] || moved[d.parent] {
			others = append(others, d)
			continue
		}
		c := w.kept.replace(d.e, d.now, d.parent)
		r := notice{op: shift, id: Key(d.now), ns: c.NS, mount: d.now, was: c.Before}
		b := begin(Move, 0, &r)
		b.event.move(&r)
		w.tell(b.event, []MountChange{c}, nil)
	}
	return others
}

// bySender puts those first that may be the origin of others.
func bySender(a, b notice) int {
	slave := func(r *notice) int {
		if r.at.master != 0 {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(b.op, a.op), slave(&a)-slave(&b), cmp.Compare(a.id, b.id))
}

// censusByProcesses finds namespaces by their processes, where the kernel does
// not enumerate them.
func (w *Watcher) censusByProcesses() {
	s, err := snapshot.Take(w.ctx, w.src.Host, snapshot.Want{Types: snapshot.Types(snapshot.Mnt)})
	if err != nil {
		return
	}
	w.announce(w.meet(s))
	pids := map[uint64][]int{}
	for i := range s.Processes {
		p := &s.Processes[i]
		pids[p.NS[snapshot.Mnt]] = append(pids[p.NS[snapshot.Mnt]], p.PID)
	}
	w.vanished(func(s *space) bool { return !s.noticed && len(pids[s.ns.ID.Ino]) == 0 })
}
