package kernel

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Brief lists the mounts of a mount namespace with no more than their ids and
// devices, which is cheap enough to see whether a table that was read still
// holds.
func (k *Kernel) Brief(ref snapshot.Ref) (list []snapshot.Mount, err error) {
	err = k.readMounts(ref, func(_ place, nsID uint64, l listing) (bool, error) {
		got, err := briefs(nsID, l.ids)
		if err == nil {
			list = got
		}
		return false, err
	})
	return list, err
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
