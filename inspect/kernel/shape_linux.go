package kernel

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Shape lists the mounts of a mount namespace with what propagation needs and
// no more: ids, device, groups, and of those that are in a group or have a
// master also root, mount point, type and source. Strings are what costs: the
// first of them doubles the price of a statmount(2).
func (k *Kernel) Shape(ref snapshot.Ref) (snapshot.Table, error) {
	t := snapshot.Table{Via: "statmount", Partial: true}
	if !k.Has(StatmountNS) || !k.Has(StatmountColumns) {
		return t, ErrNoStatmount
	}
	p, err := k.at(ref)
	if err != nil {
		return t, err
	}
	defer p.close()
	t.NS = p.name
	err = p.read(func(nsID uint64) (bool, error) {
		l, err := p.list(nsID)
		if err != nil {
			return true, err
		}
		t.Mounts, err = k.shapeAll(nsID, l.ids)
		t.Whole = l.whole
		return !l.whole || len(l.ids) == 0, err
	})
	if err != nil {
		return t, fmt.Errorf("list mounts of %s: %w", name(ref), err)
	}
	return t, nil
}

const (
	shapeMask  = statmountSBBasic | statmountMntBasic
	travelMask = shapeMask | statmountMntRoot | statmountMntPoint
	sourceMask = travelMask | statmountFSType | statmountFSSubtype | statmountSBSource
)

// sbText is the type and source of a file system, the same for all mounts of
// it.
type sbText struct{ fsType, source string }

func (k *Kernel) shapeAll(nsID uint64, ids []uint64) ([]snapshot.Mount, error) {
	r := tableReader{statReader: statReader{nsID: nsID}, same: map[string]string{}}
	mounts := make([]snapshot.Mount, 0, len(ids))
	for _, id := range ids {
		m, err := k.shape(&r, id)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return nil, err
		}
		mounts = append(mounts, m)
	}
	return mounts, nil
}

func (k *Kernel) shape(r *tableReader, id uint64) (m snapshot.Mount, err error) {
	sm, err := r.stat(id, shapeMask)
	if err != nil {
		return m, err
	}
	if sm.peerGroup != 0 || sm.master != 0 {
		if sm, err = k.travelText(r, id, &m, snapshot.Dev{Major: sm.devMajor, Minor: sm.devMinor}); err != nil {
			return m, err
		}
	}
	m.ID, m.Parent, m.UniqueID = snapshot.MountID(sm.mntIDOld), snapshot.MountID(sm.parentIDOld), snapshot.MountID(sm.mntID)
	m.Dev = snapshot.Dev{Major: sm.devMajor, Minor: sm.devMinor}
	m.PeerGroup, m.Master = snapshot.GroupID(sm.peerGroup), snapshot.GroupID(sm.master)
	m.Unbindable = sm.propagation&unix.MS_UNBINDABLE != 0
	return m, nil
}

// travelText reads the strings of a mount, those of its file system only when
// they are not known yet.
func (k *Kernel) travelText(r *tableReader, id uint64, m *snapshot.Mount, dev snapshot.Dev) (*statmountHead, error) {
	text, known := k.sources.get(dev)
	mask := uint64(travelMask)
	if !known {
		mask = sourceMask
	}
	sm, err := r.stat(id, mask)
	if err != nil {
		return nil, err
	}
	if !known {
		text = sbText{r.fsType(sm), string(r.str(sm.sbSource))}
		k.sources.put(dev, text)
	}
	m.FSType, m.Source = text.fsType, text.source
	m.Root = r.shared(r.str(sm.mntRoot))
	if m.Unreachable = sm.mask&statmountMntPoint == 0; !m.Unreachable {
		m.Point = r.shared(r.str(sm.mntPoint))
	}
	return sm, nil
}

// sbTexts remembers the strings of file systems.
type sbTexts struct {
	mu sync.Mutex
	of map[snapshot.Dev]sbText
}

func (s *sbTexts) get(dev snapshot.Dev) (sbText, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.of[dev]
	return text, ok
}

func (s *sbTexts) put(dev snapshot.Dev, text sbText) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[snapshot.Dev]sbText{}
	}
	s.of[dev] = text
}
