package kernel

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// place is an opened mount namespace and what to call it in a request.
type place struct {
	fd   int
	nsID uint64 // 0 for the own one, which needs no privilege
	name snapshot.NSID
	ref  snapshot.Ref
}

// at opens the mount namespace r for statmount(2).
func (k *Kernel) at(r snapshot.Ref) (place, error) {
	p := place{ref: r}
	var err error
	if p.fd, err = k.open(r); err != nil {
		return p, err
	}
	if p.name, err = nsID(p.fd); err == nil && p.name != k.own() {
		p.nsID, err = mountNSUniqueID(p.fd)
	}
	if err != nil {
		unix.Close(p.fd)
		return p, fmt.Errorf("identify %s: %w", name(r), err)
	}
	return p, nil
}

func (p place) close() { unix.Close(p.fd) }

// listing is the mounts of a namespace. Whole says that there are no others, top
// is the root mount below which they all are, 0 when it could not be told.
type listing struct {
	ids   []uint64
	whole bool
	top   uint64
}

// attempts is how often a list is made anew whose length is not what the
// kernel counts: something was mounted or unmounted between the two questions.
const attempts = 3

// list lists a namespace by its id, 0 for that of the calling thread.
//
// LSMT_ROOT lists what is below the reference root, which for another
// namespace is the first child of its root mount. So the root mount itself is
// looked for, upwards from the first entry, and everything below it is listed.
// It is in the list only when LSMT_ROOT named it, as in mountinfo.
func (p place) list(nsID uint64) (l listing, err error) {
	for range attempts {
		if l, err = p.listOnce(nsID); err != nil || l.whole {
			break
		}
	}
	return l, err
}

func (p place) listOnce(nsID uint64) (listing, error) {
	info, infoErr := mntInfo(p.fd)
	first, err := firstBelowRoot(nsID, 0)
	if err != nil || first == 0 {
		return listing{}, err
	}
	top, err := rootMount(nsID, first)
	if err != nil {
		// Without privilege nothing above the own root can be asked about.
		seen, err := listAll(nsID, lsmtRoot)
		return listing{ids: seen, whole: infoErr == nil && len(seen) == int(info.nrMounts)}, err
	}
	ids, err := listAll(nsID, top)
	if err != nil {
		return listing{}, err
	}
	l := listing{ids: ids, whole: infoErr != nil || len(ids) == int(info.nrMounts), top: top}
	named, err := firstBelowRoot(nsID, top-1)
	if err != nil {
		return listing{}, err
	}
	if named == top {
		l.ids = slices.Insert(l.ids, 0, top)
	}
	return l, nil
}

// firstBelowRoot is the first mount after an id that LSMT_ROOT lists, 0 for none.
func firstBelowRoot(nsID, last uint64) (uint64, error) {
	var id [1]uint64
	_, err := listmount(nsID, lsmtRoot, last, id[:])
	return id[0], err
}

// rootMount climbs to the mount that is its own parent.
func rootMount(nsID, id uint64) (uint64, error) {
	r := statReader{nsID: nsID, buf: make([]byte, headSize)}
	for {
		sm, err := r.stat(id, statmountMntBasic)
		if err != nil {
			return 0, err
		}
		if sm.parentID == id {
			return id, nil
		}
		id = sm.parentID
	}
}

// read reads a namespace by f, which is given the mounts listed, stats them with
// the id it is given, and says whether the answer lacks something. Where it does,
// or some are not listed, all is asked again on a thread inside the namespace:
// there its own root is the reference, so that nothing below it is out of reach.
// If that is not possible, the first answer stands.
func (p place) read(f func(nsID uint64, l listing) (lacking bool, err error)) error {
	once := func(nsID uint64) (bool, error) {
		l, err := p.list(nsID)
		if err != nil {
			return true, err
		}
		lacking, err := f(nsID, l)
		return lacking || !l.whole || len(l.ids) == 0, err
	}
	lacking, err := once(p.nsID)
	if err != nil && !errors.Is(err, unix.ENOENT) || err == nil && !lacking {
		return err
	}
	insideErr := inside(p.fd, func() error {
		_, err := once(0)
		return err
	})
	if err != nil {
		return insideErr
	}
	return nil
}

// readMounts has f read the mount namespace r as [place.read] does.
func (k *Kernel) readMounts(r snapshot.Ref, f func(p place, nsID uint64, l listing) (lacking bool, err error)) error {
	if !k.Has(StatmountNS) {
		return ErrNoStatmount
	}
	p, err := k.at(r)
	if err != nil {
		return err
	}
	defer p.close()
	err = p.read(func(nsID uint64, l listing) (bool, error) { return f(p, nsID, l) })
	if err != nil {
		return fmt.Errorf("list mounts of %s: %w", name(r), err)
	}
	return nil
}
