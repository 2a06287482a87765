package kernel

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Shapes returns a reader of mount tables that lists, of each mount namespace,
// the mounts that are in a peer group or have a master, with what propagation
// needs and no more: ids, device, groups, root, mount point, type and source.
// What the tables have in common it reads and keeps once, so it is for one look
// at a host, and for one goroutine.
func (k *Kernel) Shapes() func(snapshot.Ref) (snapshot.Table, error) {
	r := &shapeReader{
		tableReader: tableReader{same: map[string]string{}},
		sources:     map[snapshot.Dev]sbText{}, mask: shapeMask,
	}
	return func(ref snapshot.Ref) (snapshot.Table, error) {
		t := snapshot.Table{Via: "statmount", Partial: true}
		if !k.Has(StatmountColumns) {
			return t, ErrNoStatmount
		}
		err := k.readMounts(ref, func(p place, nsID uint64, l listing) (bool, error) {
			r.nsID = nsID
			mounts, err := r.travelling(l.ids)
			if err == nil {
				t.NS, t.Mounts, t.Whole = p.name, mounts, l.whole
			}
			return false, err
		})
		return t, err
	}
}

const (
	shapeMask  = statmountSBBasic | statmountMntBasic
	travelMask = shapeMask | statmountMntRoot | statmountMntPoint
	sourceMask = travelMask | statmountFSType | statmountFSSubtype | statmountSBSource
)

// sbText is the type and source of a file system, the same for all mounts of
// it.
type sbText struct{ fsType, source string }

// shapeReader reads what propagation needs. Strings are what costs: the first
// of them doubles the price of a statmount(2). So they are asked for only of
// mounts that travel, and those of a file system only once.
type shapeReader struct {
	tableReader
	sources map[snapshot.Dev]sbText
	// mask is what the last mount took. Mounts of a kind lie side by side, so
	// it is mostly right for the next, which is then read in one call.
	mask   uint64
	mounts []snapshot.Mount
}

// travelling are those of the mounts that propagation concerns.
func (r *shapeReader) travelling(ids []uint64) ([]snapshot.Mount, error) {
	r.mounts = r.mounts[:0]
	for _, id := range ids {
		sm, err := r.shape(id)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if travels(sm) {
			r.mounts = append(r.mounts, r.mount(sm))
		}
	}
	return slices.Clone(r.mounts), nil
}

func travels(sm *statmountHead) bool { return sm.peerGroup != 0 || sm.master != 0 }

// shape asks for a mount, a second time when the first lacks what is needed.
func (r *shapeReader) shape(id uint64) (*statmountHead, error) {
	sm, err := r.stat(id, r.mask)
	if err != nil {
		return nil, err
	}
	asked := r.mask
	r.mask = r.needs(sm)
	if r.mask&^asked == 0 {
		return sm, nil
	}
	return r.stat(id, r.mask)
}

func (r *shapeReader) needs(sm *statmountHead) uint64 {
	if !travels(sm) {
		return shapeMask
	}
	if _, known := r.sources[devOf(sm)]; known {
		return travelMask
	}
	return sourceMask
}

func devOf(sm *statmountHead) snapshot.Dev {
	return snapshot.Dev{Major: sm.devMajor, Minor: sm.devMinor}
}

func (r *shapeReader) mount(sm *statmountHead) snapshot.Mount {
	text, known := r.sources[devOf(sm)]
	if !known {
		text = sbText{r.fsType(sm), string(r.str(sm.sbSource))}
		r.sources[devOf(sm)] = text
	}
	m := snapshot.Mount{
		ID: snapshot.MountID(sm.mntIDOld), Parent: snapshot.MountID(sm.parentIDOld),
		UniqueID: snapshot.MountID(sm.mntID),
		Dev:      devOf(sm), Root: r.shared(r.str(sm.mntRoot)),
		FSType: text.fsType, Source: text.source,
		PeerGroup: snapshot.GroupID(sm.peerGroup), Master: snapshot.GroupID(sm.master),
		Unbindable:  sm.propagation&unix.MS_UNBINDABLE != 0,
		Unreachable: sm.mask&statmountMntPoint == 0,
	}
	if !m.Unreachable {
		m.Point = r.shared(r.str(sm.mntPoint))
	}
	return m
}
