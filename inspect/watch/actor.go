package watch

import (
	"bytes"
	"strconv"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// actor is a process that changed mounts.
type actor struct {
	comm, owner string
	ns          uint64
}

// meetActor finds out who a process is, its name first: that is there until it
// is reaped, the rest until it exits.
func (w *Watcher) meetActor(pid int) {
	if _, met := w.actors[pid]; met {
		return
	}
	var a actor
	dir := strconv.Itoa(pid)
	var buf [64]byte
	if b, err := w.src.Proc.ReadInto(dir+"/comm", buf[:0]); err == nil {
		a.comm = string(bytes.TrimSuffix(b, []byte{'\n'}))
	}
	a.ns, _ = w.src.Proc.ReadLinkIno(dir + "/ns/mnt")
	if b, err := w.src.Proc.ReadInto(dir+"/cgroup", w.cgroup); err == nil {
		a.owner, w.cgroup = w.ownerOf(b), b
	}
	w.actors[pid] = a
}

// ownerOf is the container or unit of a control group text.
func (w *Watcher) ownerOf(cgroup []byte) string {
	if name, known := w.owners[string(cgroup)]; known {
		return name
	}
	text := string(cgroup)
	o := world.OwnerOf(text)
	for _, c := range w.containers {
		o = o.Named(c)
	}
	w.owners[text] = o.String()
	return w.owners[text]
}

// rememberOwners keeps what engines call their containers.
func (w *Watcher) rememberOwners(s *snapshot.Snapshot) {
	w.containers = s.Containers
	clear(w.owners)
}

// sign puts the name of who did it to an event.
func (w *Watcher) sign(e *Event) {
	if a, met := w.actors[e.Origin.PID]; met {
		e.Origin.Comm, e.Origin.Owner = a.comm, a.owner
	}
}
