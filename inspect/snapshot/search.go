package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
)

// search looks for namespaces that no process is in, and for what holds them:
// in threads, descriptors and children's links of every process, and in nsfs
// files mounted anywhere. Each namespace's table is read once.
func (t *taker) search() {
	switch {
	case t.want.Holders == NoSearch, t.want.Holders == Auto && t.walked == t.want.Types && t.want.Types != 0:
		return // everything is found, and nobody asked what holds it
	case t.want.Holders == Auto && len(t.snap.Processes) > AutoLimit:
		t.pins(t.ownTable())
		t.gaps.add("namespaces without a process", "search threads, descriptors and mounts",
			fmt.Errorf("left out above %d processes", AutoLimit))
		return
	}
	t.searchProcesses()
	t.searchTables()
}

// found records a holder of a namespace of a wanted type.
func (t *taker) found(typ Type, ino uint64, h Hold) {
	if t.read.Has(typ) {
		n := &t.snap.Namespaces[t.namespace(typ, ino)]
		n.Holds = append(n.Holds, h)
	}
}

func (t *taker) searchProcesses() {
	for i := range t.snap.Processes {
		p := &t.snap.Processes[i]
		if t.ctx.Err() != nil {
			return
		}
		err := t.src.Proc.Holds(p.PID, &p.NS, func(typ Type, ino uint64, h Hold) {
			if h.Kind == HoldFD && p.PID == t.snap.Reader.PID {
				return // our own, open for looking
			}
			if p.NS[typ] == 0 && (h.Kind == HoldThread || h.Kind == HoldChild) {
				return // the leader's was not asked for: nothing to differ from
			}
			t.found(typ, ino, h)
		})
		if err != nil {
			t.gaps.process(p.PID, "search threads and descriptors", err)
		}
	}
}

// searchTables reads the nsfs mounts of every mount namespace known. One found
// in a table may have a table of its own: the list grows while it is read.
func (t *taker) searchTables() {
	for i := 0; i < len(t.snap.Namespaces) && t.ctx.Err() == nil; i++ {
		if t.snap.Namespaces[i].Type == Mnt {
			t.pins(i)
		}
	}
}

// ownTable is the place of the reader's own mount namespace.
func (t *taker) ownTable() int {
	if t.snap.Reader.MNT.IsZero() {
		return -1
	}
	return t.namespace(Mnt, t.snap.Reader.MNT.Ino)
}

// pins records the nsfs files mounted in the namespace at place i.
func (t *taker) pins(i int) {
	if i < 0 {
		return
	}
	n := t.snap.Namespaces[i]
	record := func(typ Type, ino uint64, point string) {
		t.found(typ, ino, Hold{Kind: HoldBind, Path: point, In: n.ID})
	}
	if t.src.Kernel != nil && !n.Inferred {
		err := t.src.Kernel.Pins(t.ref(i), record)
		if err == nil || t.gone(err) {
			return
		}
		if !errors.Is(err, fs.ErrPermission) || t.lead[i] < 0 {
			t.gaps.add(nsName(n), "read mounted namespace files", err)
			return
		}
	}
	t.pinsInMountinfo(i, record)
}

// pinsInMountinfo looks for nsfs mounts in the table of the namespace's lowest
// process, which everybody may read.
func (t *taker) pinsInMountinfo(i int, record func(Type, uint64, string)) {
	if t.lead[i] < 0 {
		return
	}
	mounts, err := t.src.Proc.Mounts(t.snap.Processes[t.lead[i]].PID)
	if err != nil && !t.gone(err) {
		t.gaps.add(nsName(t.snap.Namespaces[i]), "read mounted namespace files", err)
	}
	for _, m := range mounts {
		if m.FSType != "nsfs" {
			continue
		}
		if typ, ino, err := ParseLink(m.Root); err == nil {
			record(typ, ino, m.Point)
		}
	}
}

// maxDetour is how many mount namespaces, each held by a file mounted in the
// next, a reference goes through. The kernel forbids loops of these, a saved
// host does not.
const maxDetour = 8

// ref says how to reach the namespace at place i.
func (t *taker) ref(i int) Ref { return t.refThrough(i, maxDetour) }

func (t *taker) refThrough(i, detours int) Ref {
	n := &t.snap.Namespaces[i]
	r := Ref{Type: n.Type, Ino: n.ID.Ino}
	if d := t.door[i]; d >= 0 {
		r.PID = t.snap.Processes[d].PID
		return r
	}
	if len(n.Holds) == 0 {
		return r
	}
	r.Hold = &n.Holds[0]
	if in := r.Hold.In.Ino; in != 0 && in != t.snap.Reader.MNT.Ino && detours > 0 {
		through := t.refThrough(t.namespace(Mnt, in), detours-1)
		r.In = &through
	}
	return r
}

// nsName names a namespace as the kernel writes it: mnt:[4026531841].
func nsName(n Namespace) string { return fmt.Sprintf("%v:[%d]", n.Type, n.ID.Ino) }
