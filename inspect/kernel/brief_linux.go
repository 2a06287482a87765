package kernel

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Brief lists the mounts of a mount namespace with no more than their ids and
// devices, which is cheap enough to see whether a table that was read still
// holds.
func (k *Kernel) Brief(ref snapshot.Ref) ([]snapshot.Mount, error) {
	if !k.Has(StatmountNS) {
		return nil, ErrNoStatmount
	}
	p, err := k.at(ref)
	if err != nil {
		return nil, err
	}
	defer p.close()
	var list []snapshot.Mount
	err = p.read(func(nsID uint64) (bool, error) {
		l, err := p.list(nsID)
		if err != nil {
			return true, err
		}
		list, err = briefs(nsID, l.ids)
		return !l.whole || len(l.ids) == 0, err
	})
	if err != nil {
		return nil, fmt.Errorf("list mounts of %s: %w", name(ref), err)
	}
	return list, nil
}

func briefs(nsID uint64, ids []uint64) ([]snapshot.Mount, error) {
	r := statReader{nsID: nsID}
	list := make([]snapshot.Mount, 0, len(ids))
	for _, id := range ids {
		sm, err := r.stat(id, shapeMask)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, snapshot.Mount{
			ID: snapshot.MountID(sm.mntIDOld), Parent: snapshot.MountID(sm.parentIDOld),
			UniqueID: snapshot.MountID(sm.mntID), Dev: devOf(sm),
		})
	}
	return list, nil
}
