package kernel

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// MountNS is a mount namespace that is open, and so kept alive, while it is
// visited.
type MountNS struct {
	snapshot.Namespace
	fd    int
	place place
}

// EachMountNS visits the mount namespaces that the kernel enumerates and that
// are new, by their 64-bit ids; it reports the ids of all. See [Kernel.Walk].
//
// Whoever closes the last descriptor of a namespace takes it down, which waits
// for all processors. That is done aside: a watch must not miss what happens
// meanwhile.
func (k *Kernel) EachMountNS(isNew func(id uint64) bool, visit func(*MountNS)) error {
	done := make(chan int, 1024)
	defer close(done)
	go func() {
		for fd := range done {
			unix.Close(fd)
		}
	}()
	err := k.walkMounts(func(fd int, info mntNSInfo) bool {
		if !isNew(info.id) {
			return true
		}
		if n, err := mountNamespace(fd, info); err == nil {
			visit(k.mountNS(n, fd))
		}
		return true
	}, func(fd int) { done <- fd })
	if err != nil {
		return fmt.Errorf("walk mount namespaces: %w", err)
	}
	return nil
}

func (k *Kernel) mountNS(n snapshot.Namespace, fd int) *MountNS {
	m := &MountNS{Namespace: n, fd: fd}
	m.place = place{fd: fd, name: n.ID, ref: snapshot.Ref{Type: snapshot.Mnt, Ino: n.ID.Ino}}
	if n.ID != k.own() {
		m.place.nsID = n.UniqueID
	}
	return m
}

// VisitMountNS visits one mount namespace.
func (k *Kernel) VisitMountNS(ref snapshot.Ref, visit func(*MountNS) error) error {
	p, err := k.at(ref)
	if err != nil {
		return err
	}
	defer p.close()
	n := snapshot.Namespace{ID: p.name, Type: snapshot.Mnt}
	n.UniqueID, n.NrMounts = identity(p.fd, snapshot.Mnt)
	return visit(&MountNS{Namespace: n, fd: p.fd, place: p})
}

// Mounts lists the mounts as [Kernel.Table] does, and names the namespace's
// root mount, below which they all are.
func (m *MountNS) Mounts() (t snapshot.Table, top snapshot.MountID, err error) {
	t = snapshot.Table{Via: "statmount", NS: m.ID}
	err = m.place.read(func(nsID uint64, l listing) (bool, error) {
		lacking, err := readTable(&t, nsID, l)
		if err == nil && l.top == 0 && len(l.ids) > 0 {
			err = unix.EPERM // only the privileged see what is above the own root
		}
		top = snapshot.MountID(l.top)
		return lacking, err
	})
	if err != nil {
		return t, top, fmt.Errorf("list mounts of mnt:[%d]: %w", m.ID.Ino, err)
	}
	return t, top, nil
}

// MountReader asks for single mounts of namespaces that need not be open. It is
// for one goroutine.
type MountReader struct {
	tableReader
	own   uint64 // 64-bit id of the own namespace, which is asked without it
	ids   []uint64
	found []snapshot.MountID
}

// NewMountReader makes a MountReader.
func (k *Kernel) NewMountReader() *MountReader {
	r := &MountReader{tableReader: tableReader{same: map[string]string{}}, ids: make([]uint64, 512)}
	if fd, err := k.openOwn(snapshot.Mnt); err == nil {
		r.own, _ = mountNSUniqueID(fd)
		unix.Close(fd)
	}
	return r
}

func (r *MountReader) in(nsID uint64) uint64 {
	if nsID == r.own {
		return 0
	}
	return nsID
}

// After lists the mounts of a namespace below its root mount whose ids are
// higher than last, in ascending order. The list is good until the next call.
func (r *MountReader) After(nsID uint64, top, last snapshot.MountID) ([]snapshot.MountID, error) {
	r.found = r.found[:0]
	for {
		n, err := listmount(r.in(nsID), uint64(top), uint64(last), r.ids)
		if err != nil {
			return nil, err
		}
		r.found = slices.Grow(r.found, n)
		for _, id := range r.ids[:n] {
			r.found = append(r.found, snapshot.MountID(id))
		}
		if n < len(r.ids) {
			return r.found, nil
		}
		last = r.found[len(r.found)-1]
		r.ids = make([]uint64, min(8*len(r.ids), 1<<19))
	}
}

// Found is a mount that was asked for. Parent is the 64-bit id of its parent.
type Found struct {
	snapshot.Mount
	Parent snapshot.MountID
}

// What of a mount can be asked for. The first string doubles the price.
const (
	// AskState: parent, groups and the mount's own options.
	AskState = uint64(statmountMntBasic)
	// AskFew: its file system's device as well.
	AskFew = AskState | statmountSBBasic
	// AskPoint: state and mount point.
	AskPoint = AskState | statmountMntPoint
	// AskAll: everything that a table has.
	AskAll = uint64(tableMask)
)

// Ask asks for one mount of a namespace. What was not asked for is empty.
// Neither there nor anywhere else is snapshot.ErrVanished.
func (r *MountReader) Ask(nsID uint64, id snapshot.MountID, what uint64) (Found, error) {
	r.nsID = r.in(nsID)
	sm, err := r.stat(uint64(id), what)
	if errors.Is(err, unix.ENOENT) {
		return Found{}, snapshot.ErrVanished
	}
	if err != nil {
		return Found{}, fmt.Errorf("ask for mount %d: %w", id, err)
	}
	f := Found{Parent: snapshot.MountID(sm.parentID), Mount: snapshot.Mount{
		ID: snapshot.MountID(sm.mntIDOld), Parent: snapshot.MountID(sm.parentIDOld), UniqueID: id,
		PeerGroup: snapshot.GroupID(sm.peerGroup), Master: snapshot.GroupID(sm.master),
		Unbindable: sm.propagation&unix.MS_UNBINDABLE != 0, VFSOptions: r.vfsOptions(sm.mntAttr),
	}}
	r.fill(&f.Mount, sm, what)
	return f, nil
}

func (r *MountReader) fill(m *snapshot.Mount, sm *statmountHead, what uint64) {
	if what&AskAll == AskAll {
		*m = r.mount(sm)
		return
	}
	if what&statmountMntPoint != 0 {
		if m.Unreachable = sm.mask&statmountMntPoint == 0; !m.Unreachable {
			m.Point = r.shared(r.str(sm.mntPoint))
		}
	}
	if what&statmountSBBasic != 0 {
		m.Dev = devOf(sm)
	}
}

// Forget drops the strings kept for mounts to come.
func (r *MountReader) Forget() { r.same = map[string]string{} }
