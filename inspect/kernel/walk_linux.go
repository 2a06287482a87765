package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Walk visits every namespace that the kernel enumerates, of the wanted types,
// and returns the types that it enumerated completely. Mount namespaces are
// found by NS_MNT_GET_NEXT and PREV (ioctl_nsfs(2)): also those held only by a
// descriptor, a mounted file, or a socket's queue. The other types need
// listns(2); without it they are not in the answer, which is no error. A
// refusal is one: only CAP_SYS_ADMIN in the initial user and pid namespace may
// enumerate.
func (k *Kernel) Walk(types snapshot.TypeSet, visit func(snapshot.Namespace)) (snapshot.TypeSet, error) {
	var done snapshot.TypeSet
	var errs []error
	if types.Has(snapshot.Mnt) {
		err := k.walkMounts(func(fd int, info mntNSInfo) bool {
			if n, err := mountNamespace(fd, info); err == nil {
				visit(n)
			}
			return true
		}, closeNow)
		if err == nil {
			done |= snapshot.Types(snapshot.Mnt)
		} else {
			errs = append(errs, fmt.Errorf("walk mount namespaces: %w", err))
		}
	}
	if others := types &^ snapshot.Types(snapshot.Mnt); others != 0 && k.Has(ListNamespaces) {
		listed, err := k.walkListed(others, visit)
		done |= listed
		errs = append(errs, err)
	}
	return done, errors.Join(errs...)
}

func mountNamespace(fd int, info mntNSInfo) (snapshot.Namespace, error) {
	id, err := nsID(fd)
	nr := int(info.nrMounts)
	return snapshot.Namespace{ID: id, Type: snapshot.Mnt, UniqueID: info.id, NrMounts: &nr, Walked: true}, err
}

// walkMounts visits the mount namespaces until visit says false. The order is
// by id, and ids do not follow the order of creation: it goes both ways from
// the own one.
func (k *Kernel) walkMounts(visit func(fd int, info mntNSInfo) bool, release func(fd int)) error {
	own, err := k.openOwn(snapshot.Mnt)
	if err != nil {
		return err
	}
	defer unix.Close(own)
	info, err := mntInfo(own)
	if err != nil {
		return err
	}
	if !visit(own, info) {
		return nil
	}
	more, err := walkFrom(own, nsMntGetNext, visit, release)
	if err != nil || !more {
		return err
	}
	_, err = walkFrom(own, nsMntGetPrev, visit, release)
	return err
}

// closeNow is how a walk lets go of a namespace when it may wait.
func closeNow(fd int) { unix.Close(fd) }

// walkFrom goes one way. Each descriptor is released as soon as the next is
// there: an open one keeps its namespace, and all that is mounted in it, alive.
func walkFrom(start int, request uint, visit func(int, mntNSInfo) bool, release func(int)) (more bool, err error) {
	at := start
	for {
		next, info, err := mntNeighbour(at, request)
		if at != start {
			release(at)
		}
		if err != nil {
			if errors.Is(err, unix.ENOENT) {
				return true, nil
			}
			return false, err
		}
		if at = next; !visit(at, info) {
			release(at)
			return false, nil
		}
	}
}

// mayEnumerate says whether the kernel lets this program see all namespaces:
// the rule of the walk over mount namespaces is also that of listns(2), which
// answers the others with a part.
func (k *Kernel) mayEnumerate() bool {
	asked := 0
	return k.walkMounts(func(int, mntNSInfo) bool { asked++; return asked < 2 }, closeNow) == nil
}

// walkListed visits the namespaces that listns(2) lists.
func (k *Kernel) walkListed(types snapshot.TypeSet, visit func(snapshot.Namespace)) (snapshot.TypeSet, error) {
	var done snapshot.TypeSet
	whole := k.mayEnumerate()
	var errs []error
	for t := range types.All() {
		err := listType(t, func(n snapshot.Namespace) bool { visit(n); return true })
		if err != nil {
			errs = append(errs, fmt.Errorf("list %v namespaces: %w", t, err))
		} else if whole {
			done |= snapshot.Types(t)
		}
	}
	return done, errors.Join(errs...)
}

// listType visits the namespaces of one type until visit says false.
func listType(t snapshot.Type, visit func(snapshot.Namespace) bool) error {
	ids := make([]uint64, 512)
	for last := uint64(0); ; {
		n, err := listns(last, t, ids)
		if err != nil {
			return err
		}
		for _, id := range ids[:n] {
			ns, err := listed(id, t)
			if errors.Is(err, unix.ESTALE) {
				continue // gone since
			}
			if err != nil {
				return err
			}
			if !visit(ns) {
				return nil
			}
		}
		if n < len(ids) {
			return nil
		}
		last = ids[n-1]
	}
}

// listns lists the 64-bit ids of namespaces of one type above last (listns(2)).
func listns(last uint64, t snapshot.Type, ids []uint64) (int, error) {
	return unix.Listns(&unix.NsIdReq{
		Size: unix.NS_ID_REQ_SIZE_VER0, Ns_id: last, Ns_type: cloneFlags[t],
	}, ids, 0)
}

func listed(id uint64, t snapshot.Type) (snapshot.Namespace, error) {
	fd, err := openByID(id)
	if err != nil {
		return snapshot.Namespace{}, err
	}
	defer unix.Close(fd)
	name, err := nsID(fd)
	return snapshot.Namespace{ID: name, Type: t, UniqueID: id, Walked: true}, err
}

// fileidNSFS is the handle type FILEID_NSFS of linux/exportfs.h.
const fileidNSFS = 0xf1

// openByID opens a namespace by the handle of its nsfs file, struct
// nsfs_file_handle {u64 id; u32 type; u32 inum}. Type and inum are left 0, which
// kernels that have listns(2) take for "not known".
func openByID(id uint64) (int, error) {
	var handle [16]byte
	binary.NativeEndian.PutUint64(handle[:], id)
	return unix.OpenByHandleAt(unix.FD_NSFS_ROOT, unix.NewFileHandle(fileidNSFS, handle[:]), unix.O_RDONLY|unix.O_CLOEXEC)
}
