package watch

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// A notice names a mount and no namespace. Whose it is, the kernel's lists
// tell: those of the namespaces where it is likely first, then all. A list that
// was read after the notice need not be read again for it.

// locate is the namespace that a mount is in, nil when it is in none any more.
func (w *Watcher) locate(id snapshot.MountID, pid int) *space {
	if s := w.located[id]; s != nil {
		return s
	}
	if s := w.kept.spaces[w.actors[pid].ns]; s != nil {
		w.scan(s)
		if w.located[id] != nil {
			return s
		}
	}
	for _, s := range w.kept.spaces {
		if w.scan(s); w.located[id] != nil {
			return s
		}
	}
	return nil
}

// scan lists what was mounted in a namespace lately.
func (w *Watcher) scan(s *space) {
	if !s.noticed || s.scanned == w.burst {
		return
	}
	s.scanned = w.burst
	ids, err := w.reader.After(s.ns.UniqueID, s.top, w.lowest-1)
	if err != nil {
		return // it is dying: its mounts are gone
	}
	for _, id := range ids {
		w.located[id] = s
	}
}

// lookAhead lists the namespaces that receive from a group: the next notices
// are of mounts there.
func (w *Watcher) lookAhead(g snapshot.GroupID) {
	if g == 0 {
		return
	}
	for _, e := range w.kept.receivers(g) {
		w.scan(e.in)
	}
}

// ask looks at a mount.
func (w *Watcher) ask(s *space, id snapshot.MountID) (kernel.Found, error) {
	f, err := w.reader.Ask(s.ns.UniqueID, id, kernel.AskAll)
	if err == nil && f.Unreachable {
		w.askInside(s, &f)
	}
	return f, err
}

// askCopy looks at a mount that came after another by the same process. The
// mounts of a new file system, the newest first, are its copies: what they have
// in common is known, strings being what costs, and so is where they are.
func (w *Watcher) askCopy(s *space, id snapshot.MountID) (kernel.Found, error) {
	origin, last := &w.pending[0], &w.pending[len(w.pending)-1]
	if origin.op != attach || origin.mount == nil || origin.clone || last != origin && id > last.id ||
		strings.Contains(origin.mount.VFSOptions, ",idmapped") {
		return w.ask(s, id)
	}
	f, err := w.reader.Ask(s.ns.UniqueID, id, kernel.AskFew)
	if err != nil {
		return f, err
	}
	parent := w.kept.mounts[f.Parent]
	if parent == nil || f.Dev != origin.mount.Dev {
		return w.ask(s, id)
	}
	to := spot{parent: f.Parent, group: parent.m.PeerGroup, master: parent.m.Master, dev: parent.m.Dev, path: origin.at.path}
	if _, reached := origin.at.reaches(to, w.kept.masterOf); !reached || !world.Under(to.path, parent.m.Root) {
		return w.ask(s, id)
	}
	like := origin.mount
	f.Root, f.FSType, f.Source, f.FSOptions = like.Root, like.FSType, like.Source, like.FSOptions
	f.Point = onMount(parent.m, origin.at.path)
	return f, nil
}

// askInside finds the mount point of a mount that has none as seen from here:
// the whole table is listed from inside the namespace.
func (w *Watcher) askInside(s *space, f *kernel.Found) {
	_ = w.src.Kernel.VisitMountNS(s.ref, func(ns *kernel.MountNS) error {
		t, _, err := ns.Mounts()
		for i := range t.Mounts {
			if t.Mounts[i].UniqueID == f.UniqueID {
				f.Mount = t.Mounts[i]
			}
		}
		return err
	})
}

// refresh asks for a mount's state anew, and says what changed.
func (w *Watcher) refresh(e *entry) []MountChange {
	m, parent, err := w.now(e, kernel.AskPoint)
	if err != nil || m == nil {
		return nil
	}
	return []MountChange{w.kept.replace(e, m, parent)}
}

// now is a mount as it is now, nil when it is as it was.
func (w *Watcher) now(e *entry, what uint64) (*snapshot.Mount, snapshot.MountID, error) {
	if !e.in.noticed {
		return nil, 0, nil
	}
	f, err := w.reader.Ask(e.in.ns.UniqueID, e.m.UniqueID, what)
	if err != nil {
		return nil, 0, err
	}
	m, parent := *e.m, e.in.key(f.Parent)
	m.Parent, m.PeerGroup, m.Master, m.Unbindable = f.Mount.Parent, f.PeerGroup, f.Master, f.Unbindable
	m.VFSOptions = f.VFSOptions
	if what == kernel.AskPoint && !f.Unreachable {
		m.Point = f.Point
	}
	if same(&m, e.m) && parent == e.parent {
		return nil, 0, nil
	}
	return &m, parent, nil
}

// same compares what can change without the mount being another.
func same(a, b *snapshot.Mount) bool {
	return a.Parent == b.Parent && a.PeerGroup == b.PeerGroup && a.Master == b.Master && a.Unbindable == b.Unbindable &&
		a.VFSOptions == b.VFSOptions && a.FSOptions == b.FSOptions && a.Point == b.Point
}

// refreshBelow asks for the mount points of all that hangs below a mount that
// was moved.
func (w *Watcher) refreshBelow(top *entry) []MountChange {
	var changes []MountChange
	for _, e := range w.below(top) {
		changes = append(changes, w.refresh(e)...)
	}
	return changes
}

// below is what hangs below a mount, at any depth.
func (w *Watcher) below(top *entry) []*entry {
	list := []*entry{top}
	for at := 0; at < len(list); at++ {
		list = append(list, w.kept.kids[Key(list[at].m)]...)
	}
	return list[1:]
}

// gone says whether an error is that of something that is not there any more.
func gone(err error) bool {
	return errors.Is(err, snapshot.ErrVanished) || errors.Is(err, fs.ErrNotExist)
}
