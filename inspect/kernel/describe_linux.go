package kernel

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Describe tells what the ioctls of the namespace's file tell (ioctl_nsfs(2)),
// and visits its owner and the ancestors of both, each described itself, up to
// those that the caller knows. What lies outside the caller's own user or pid
// namespace the kernel does not name: it stays zero.
func (k *Kernel) Describe(ref snapshot.Ref, known func(ino uint64) bool, visit func(snapshot.Namespace)) (snapshot.Namespace, error) {
	fd, err := k.open(ref)
	if err != nil {
		return snapshot.Namespace{}, err
	}
	defer unix.Close(fd)
	d := describer{known: known, visit: visit, seen: map[uint64]bool{ref.Ino: true}}
	n, err := d.describe(fd, ref.Type)
	if err != nil {
		return n, fmt.Errorf("describe %s: %w", name(ref), err)
	}
	return n, nil
}

// describer visits each relative once.
type describer struct {
	known func(ino uint64) bool
	visit func(snapshot.Namespace)
	seen  map[uint64]bool
}

func (d *describer) describe(fd int, t snapshot.Type) (n snapshot.Namespace, err error) {
	n.Type = t
	if n.ID, err = nsID(fd); err != nil {
		return n, err
	}
	n.UniqueID, n.NrMounts = identity(fd, t)
	if n.Owner, err = d.relative(fd, unix.NS_GET_USERNS, snapshot.User); err != nil {
		return n, err
	}
	if t == snapshot.PID || t == snapshot.User {
		n.Parent, err = d.relative(fd, unix.NS_GET_PARENT, t)
	}
	if t == snapshot.User {
		if uid, err := ownerUID(fd); err == nil {
			n.OwnerUID = &uid
		}
	}
	return n, err
}

// identity reads what identifies a namespace; what the kernel does not know is
// left out.
func identity(fd int, t snapshot.Type) (uint64, *int) {
	if t != snapshot.Mnt {
		id, _ := uniqueID(fd)
		return id, nil
	}
	info, err := mntInfo(fd)
	if err != nil {
		id, _ := mountNSUniqueID(fd)
		return id, nil
	}
	nr := int(info.nrMounts)
	return info.id, &nr
}

// relative names the namespace that an ioctl leads to, and has it visited.
// EPERM means that it is above the caller's own, or that there is none;
// ENOTTY that the kernel is older than the question (Linux 4.9).
func (d *describer) relative(fd int, request uint, t snapshot.Type) (snapshot.NSID, error) {
	up, err := ioctl(fd, request, nil)
	if err == unix.EPERM || err == unix.ENOTTY {
		return snapshot.NSID{}, nil
	}
	if err != nil {
		return snapshot.NSID{}, err
	}
	defer unix.Close(up)
	id, err := nsID(up)
	if err != nil || d.seen[id.Ino] || d.known(id.Ino) {
		return id, err
	}
	d.seen[id.Ino] = true
	n, err := d.describe(up, t)
	if err == nil {
		d.visit(n)
	}
	return id, err
}
