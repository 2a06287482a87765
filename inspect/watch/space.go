package watch

import (
	"errors"
	"fmt"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/snapshot"
)

// walk goes through the namespaces that the kernel enumerates. Those that are
// new are marked, then listed, and visited. It fails where the kernel does not
// enumerate, or gives no notices. Every few namespaces it pauses.
func (w *Watcher) walk(visit func(*space), pause func()) error {
	if w.notices == nil {
		return errNoMark
	}
	w.walks++
	const few = 16
	n := 0
	err := w.src.Kernel.EachMountNS(func(id uint64) bool {
		if n++; n%few == 0 {
			pause()
		}
		s := w.kept.byID[id]
		if s != nil {
			s.seen = w.walks
		}
		return s == nil
	}, func(ns *kernel.MountNS) {
		s, err := w.watchNoticed(ns, snapshot.Ref{Type: snapshot.Mnt, Ino: ns.ID.Ino})
		if err != nil {
			w.gap(nsName(ns.ID.Ino), "watch it", err)
			return
		}
		visit(s)
	})
	if err != nil && !w.refused {
		w.refused = true
		w.gap("mount namespaces without a process", "find them", err)
	}
	return err
}

// watchNoticed marks a namespace and lists it, in this order.
func (w *Watcher) watchNoticed(ns *kernel.MountNS, ref snapshot.Ref) (*space, error) {
	if w.notices == nil {
		return nil, errNoMark
	}
	if err := ns.Mark(w.notices); err != nil {
		return nil, err
	}
	t, top, err := ns.Mounts()
	if err != nil {
		return nil, err
	}
	if old := w.kept.spaces[ns.ID.Ino]; old != nil {
		// Its number was given to another, perhaps during this very walk.
		w.tellGone(old)
	}
	s := &space{ns: ns.Namespace, ref: ref, top: top, noticed: true, seen: w.walks}
	w.kept.addSpace(s, t.Mounts)
	return s, nil
}

// meet watches the namespaces that were found by their processes: with notices
// where the kernel gives them, else by mountinfo.
func (w *Watcher) meet(s *snapshot.Snapshot) []*space {
	leads := map[uint64]int{}
	for i := range s.Processes {
		p := &s.Processes[i]
		if ino := p.NS[snapshot.Mnt]; ino != 0 && leads[ino] == 0 {
			leads[ino] = p.PID
		}
	}
	var born []*space
	for i := range s.Namespaces {
		n := &s.Namespaces[i]
		if n.Type != snapshot.Mnt || w.kept.spaces[n.ID.Ino] != nil {
			continue
		}
		if sp := w.meetOne(n, leads[n.ID.Ino]); sp != nil {
			born = append(born, sp)
		}
	}
	return born
}

func (w *Watcher) meetOne(n *snapshot.Namespace, pid int) *space {
	ref := snapshot.Ref{Type: snapshot.Mnt, Ino: n.ID.Ino, PID: pid}
	if len(n.Holds) > 0 && pid == 0 {
		ref.Hold = &n.Holds[0]
	}
	var s *space
	err := errNoMark
	if !n.Inferred && w.notices != nil {
		err = w.src.Kernel.VisitMountNS(ref, func(ns *kernel.MountNS) (err error) {
			s, err = w.watchNoticed(ns, ref)
			return err
		})
	}
	if err == nil {
		return s
	}
	if gone(err) {
		return nil
	}
	w.polledBecause(err)
	if pid == 0 {
		w.gap(nsName(n.ID.Ino), "watch it", fmt.Errorf("no process is in it: %w", err))
		return nil
	}
	return w.watchPolled(n, pid)
}

// polledBecause says, once, that namespaces are polled, and what that misses.
func (w *Watcher) polledBecause(err error) {
	if !w.polls {
		w.polls = true
		w.gap("mount namespaces", "tell who mounts, and in which order", fmt.Errorf("their mountinfo is polled: %w", cause(err)))
	}
}

// cause is the innermost error, without the name of one of many namespaces.
func cause(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

// announce tells of new namespaces, with their lowest processes.
func (w *Watcher) announce(born []*space) {
	if len(born) == 0 {
		return
	}
	w.flush()
	leads := w.findLeads(born)
	for _, s := range born {
		if w.kept.spaces[s.ns.ID.Ino] != s {
			continue
		}
		s.told = true
		e := Event{Kind: NSNew, Origin: Origin{Place: Place{NS: s.ns.ID.Ino}}, Below: len(s.mounts)}
		lead := leads[s.ns.ID.Ino]
		if lead != nil {
			s.ref.PID = lead.PID
			e.Origin.PID, e.Origin.Comm = lead.PID, lead.Comm
			e.Origin.Owner = w.ownerOf([]byte(lead.Cgroup))
		}
		ns := s.ns
		w.tell(e, s.arrivals(), []SpaceChange{{After: &ns, Lead: lead}})
	}
}

// arrivals are the mounts of a namespace as if all came now.
func (s *space) arrivals() []MountChange {
	list := make([]MountChange, 0, len(s.mounts))
	for _, e := range s.mounts {
		list = append(list, MountChange{NS: s.ns.ID.Ino, After: e.m})
	}
	sortChanges(list)
	return list
}

// findLeads finds the lowest process of each namespace.
func (w *Watcher) findLeads(born []*space) map[uint64]*snapshot.Process {
	leads := map[uint64]*snapshot.Process{}
	for _, s := range born {
		leads[s.ns.ID.Ino] = nil
	}
	_ = w.src.Host.Proc.Links(w.ctx, snapshot.Types(snapshot.Mnt), func(pid int, links *[snapshot.NumTypes]uint64, err error) {
		if p, wanted := leads[links[snapshot.Mnt]]; err == nil && wanted && (p == nil || pid < p.PID) {
			leads[links[snapshot.Mnt]] = &snapshot.Process{PID: pid, NS: *links}
		}
	})
	for ino, p := range leads {
		if p == nil {
			delete(leads, ino)
			continue
		}
		_ = w.src.Host.Proc.Process(p, snapshot.FieldUser|snapshot.FieldCommand|snapshot.FieldCgroup|snapshot.FieldStat)
	}
	return leads
}

func nsName(ino uint64) string { return fmt.Sprintf("mnt:[%d]", ino) }
