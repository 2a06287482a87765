package kernel

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// tableMask asks for all that mountinfo has, and more. STATMOUNT_PROPAGATE_FROM
// is never asked for: the kernel computes it for the caller's root, not the
// namespace's.
const tableMask = statmountSBBasic | statmountMntBasic | statmountMntRoot | statmountMntPoint |
	statmountFSType | statmountMntOpts | statmountFSSubtype | statmountSBSource |
	statmountOptSecArray | statmountUIDMap | statmountGIDMap

// Table lists the mounts of a mount namespace by statmount(2), without
// entering it and without a process in it. A kernel that cannot tell them all
// as mountinfo would answers [ErrNoStatmount].
func (k *Kernel) Table(ref snapshot.Ref) (snapshot.Table, error) {
	t := snapshot.Table{Via: "statmount"}
	if !k.Has(StatmountColumns) {
		return t, ErrNoStatmount
	}
	err := k.readMounts(ref, func(p place, nsID uint64, l listing) (bool, error) {
		t.NS = p.name
		return readTable(&t, nsID, l)
	})
	return t, err
}

// readTable reads the mounts listed into a table, unless it has more already.
// One that cannot be reached from the root is lacking its mount point.
func readTable(t *snapshot.Table, nsID uint64, l listing) (lacking bool, err error) {
	mounts, err := statAll(nsID, l.ids)
	if err != nil || len(mounts) < len(t.Mounts) {
		return true, err
	}
	t.Mounts, t.Whole = mounts, l.whole
	return anyUnreachable(mounts), nil
}

func anyUnreachable(mounts []snapshot.Mount) bool {
	for i := range mounts {
		if mounts[i].Unreachable {
			return true
		}
	}
	return false
}

// statAll reads the mounts listed, without those that are gone since.
func statAll(nsID uint64, ids []uint64) ([]snapshot.Mount, error) {
	r := tableReader{statReader: statReader{nsID: nsID}, same: map[string]string{}}
	mounts := make([]snapshot.Mount, 0, len(ids))
	for _, id := range ids {
		sm, err := r.stat(id, tableMask)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return nil, err
		}
		mounts = append(mounts, r.mount(sm))
	}
	return mounts, nil
}

// tableReader makes mounts of what statmount(2) answers. Same holds one copy
// of each string that many mounts share.
type tableReader struct {
	statReader
	same    map[string]string
	scratch []byte
}

func (r *tableReader) shared(b []byte) string {
	if s, ok := r.same[string(b)]; ok {
		return s
	}
	s := string(b)
	r.same[s] = s
	return s
}

func (r *tableReader) mount(sm *statmountHead) snapshot.Mount {
	m := snapshot.Mount{
		ID: snapshot.MountID(sm.mntIDOld), Parent: snapshot.MountID(sm.parentIDOld),
		UniqueID: snapshot.MountID(sm.mntID),
		Dev:      devOf(sm),
		Root:     r.shared(r.str(sm.mntRoot)),
		FSType:   r.fsType(sm), Source: r.shared(r.str(sm.sbSource)),
		VFSOptions: r.vfsOptions(sm.mntAttr), FSOptions: r.fsOptions(sm),
		PeerGroup: snapshot.GroupID(sm.peerGroup), Master: snapshot.GroupID(sm.master),
		Unbindable:  sm.propagation&unix.MS_UNBINDABLE != 0,
		Unreachable: sm.mask&statmountMntPoint == 0,
	}
	if !m.Unreachable {
		m.Point = string(r.str(sm.mntPoint))
	}
	m.UIDMap, m.GIDMap = r.idMaps(sm)
	return m
}

// idMaps are there only on an idmapped mount.
func (r *statReader) idMaps(sm *statmountHead) (uid, gid []string) {
	if sm.mask&statmountUIDMap != 0 {
		uid = r.strs(sm.uidMap, sm.uidMapNum)
	}
	if sm.mask&statmountGIDMap != 0 {
		gid = r.strs(sm.gidMap, sm.gidMapNum)
	}
	return uid, gid
}

// fsType has the subtype appended, as in mountinfo: fuse.sshfs.
func (r *tableReader) fsType(sm *statmountHead) string {
	b := append(r.scratch[:0], r.str(sm.fsType)...)
	if sm.mask&statmountFSSubtype != 0 {
		b = append(append(b, '.'), r.str(sm.fsSubtype)...)
	}
	r.scratch = b
	return r.shared(b)
}
