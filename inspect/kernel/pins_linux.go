package kernel

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Pins visits the nsfs files mounted in a mount namespace: each keeps the
// namespace that it is alive. The point of one that cannot be reached from the
// namespace's root is "".
func (k *Kernel) Pins(ref snapshot.Ref, visit func(t snapshot.Type, ino uint64, point string)) error {
	var found []pin
	err := k.readMounts(ref, func(_ place, nsID uint64, l listing) (bool, error) {
		pins, lost, err := pinsAmong(nsID, l.ids)
		if err != nil || len(pins) < len(found) {
			return true, err
		}
		found = pins
		return lost, nil
	})
	if err != nil {
		return err
	}
	for _, f := range found {
		visit(f.t, f.ino, f.point)
	}
	return nil
}

// pin is one mounted nsfs file.
type pin struct {
	t     snapshot.Type
	ino   uint64
	point string
}

// pinsAmong reads the names only of those mounts that are nsfs files. Lost
// says that one has no mount point.
func pinsAmong(nsID uint64, ids []uint64) (pins []pin, lost bool, err error) {
	r := statReader{nsID: nsID}
	for _, id := range ids {
		sm, err := r.stat(id, statmountSBBasic)
		if err == nil && sm.sbMagic == unix.NSFS_MAGIC {
			sm, err = r.stat(id, statmountMntRoot|statmountMntPoint|statmountSBBasic)
		}
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return nil, true, err
		}
		if sm.sbMagic != unix.NSFS_MAGIC {
			continue
		}
		t, ino, ok := parseLink(r.str(sm.mntRoot))
		if !ok {
			continue // an nsfs file of a type that is not known
		}
		lost = lost || sm.mask&statmountMntPoint == 0
		pins = append(pins, pin{t, ino, string(r.str(sm.mntPoint))})
	}
	return pins, lost, nil
}

// Detail adds to a table that was read from mountinfo what only statmount(2)
// tells: 64-bit ids, and the maps of idmapped mounts as the caller's user
// namespace numbers them. Mounts are matched by their 32-bit id.
func (k *Kernel) Detail(ref snapshot.Ref, t *snapshot.Table) error {
	rows := make(map[snapshot.MountID]*snapshot.Mount, len(t.Mounts))
	for i := range t.Mounts {
		rows[t.Mounts[i].ID] = &t.Mounts[i]
	}
	return k.readMounts(ref, func(p place, nsID uint64, l listing) (bool, error) {
		if t.NS.IsZero() || t.NS.Ino == p.name.Ino {
			t.NS = p.name
		}
		return false, addDetail(nsID, l.ids, rows)
	})
}

func addDetail(nsID uint64, ids []uint64, rows map[snapshot.MountID]*snapshot.Mount) error {
	r := statReader{nsID: nsID}
	for _, id := range ids {
		sm, err := r.stat(id, statmountMntBasic|statmountUIDMap|statmountGIDMap)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return err
		}
		if m := rows[snapshot.MountID(sm.mntIDOld)]; m != nil {
			m.UniqueID = snapshot.MountID(sm.mntID)
			m.UIDMap, m.GIDMap = r.idMaps(sm)
		}
	}
	return nil
}

// MountinfoInside reads the mountinfo of a namespace that perhaps no process
// is in, on a thread that enters it (proc_pid_mountinfo(5)). It is for kernels
// where [Kernel.Table] answers [ErrNoStatmount]; the caller parses.
func (k *Kernel) MountinfoInside(ref snapshot.Ref) (text []byte, err error) {
	fd, err := k.open(ref)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	err = inside(fd, func() error {
		text, err = k.proc.ReadInto("thread-self/mountinfo", nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read mountinfo inside %s: %w", name(ref), err)
	}
	return text, nil
}
