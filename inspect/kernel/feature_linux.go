package kernel

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Feature is something that not every kernel can do.
type Feature uint8

// The features that the readers here ask for.
const (
	// Statmount: statmount(2) and listmount(2) are there and not filtered.
	Statmount Feature = iota
	// StatmountNS: they read another namespace by its 64-bit id.
	StatmountNS
	// StatmountColumns: they tell source and subtype as mountinfo does.
	StatmountColumns
	// MountWalk: mount namespaces are enumerated by NS_MNT_GET_NEXT.
	MountWalk
	// NamespaceIDs: namespaces of every type have a 64-bit id (NS_GET_ID).
	NamespaceIDs
	// ListNamespaces: listns(2).
	ListNamespaces
	// StatmountFD: statmount(2) of the mount that a descriptor is on, also one
	// that is in no namespace.
	StatmountFD
	numFeatures
)

var features = [numFeatures]struct {
	name, since string
	probe       func(*Kernel) bool
}{
	Statmount:        {"statmount(2)", "6.8", (*Kernel).hasStatmount},
	StatmountNS:      {"statmount(2) of another namespace", "6.11", (*Kernel).hasStatmountNS},
	StatmountColumns: {"source and subtype in statmount(2)", "6.13", (*Kernel).hasColumns},
	MountWalk:        {"NS_MNT_GET_NEXT of ioctl_nsfs(2)", "6.12", (*Kernel).hasWalk},
	NamespaceIDs:     {"NS_GET_ID of ioctl_nsfs(2)", "6.18", (*Kernel).hasIDs},
	ListNamespaces:   {"listns(2)", "6.19", (*Kernel).hasListns},
	StatmountFD:      {"statmount(2) of a descriptor", "7.0", (*Kernel).hasStatmountFD},
}

// String is what the feature is called in messages.
func (f Feature) String() string {
	if f < numFeatures {
		return features[f].name
	}
	return fmt.Sprintf("feature(%d)", uint8(f))
}

// Since is the first version of Linux that has it. Distributions port back:
// [Kernel.Has] is what counts.
func (f Feature) Since() string { return features[f].since }

// Features lists them all.
func Features() []Feature {
	list := make([]Feature, numFeatures)
	for i := range list {
		list[i] = Feature(i)
	}
	return list
}

// Has says whether the running kernel has the feature, by trying it once.
// Having it does not mean being allowed to use it on every namespace.
func (k *Kernel) Has(f Feature) bool { return k.probes[f]() }

// hasStatmount lists the own root: everybody may (listmount(2)). ENOENT is
// the answer to a program whose root is no mount.
func (k *Kernel) hasStatmount() bool {
	_, err := listmount(0, lsmtRoot, 0, make([]uint64, 1))
	return err == nil || errors.Is(err, unix.ENOENT)
}

// hasStatmountNS asks for the own namespace by its id.
func (k *Kernel) hasStatmountNS() bool {
	fd, err := k.openOwn(snapshot.Mnt)
	if err != nil || !k.Has(Statmount) {
		return false
	}
	defer unix.Close(fd)
	id, err := mountNSUniqueID(fd)
	if err != nil {
		return false
	}
	_, err = listmount(id, lsmtRoot, 0, make([]uint64, 1))
	return err == nil || errors.Is(err, unix.ENOENT)
}

// hasColumns looks for one mount with a source; a column is returned only
// when the kernel knows it and it is not empty.
func (k *Kernel) hasColumns() bool {
	if !k.Has(Statmount) {
		return false
	}
	ids, err := listAll(0, lsmtRoot)
	if err != nil {
		return false
	}
	var r statReader
	for _, id := range ids {
		sm, err := r.stat(id, statmountSBSource|statmountSupportedMask)
		if err == nil && (sm.mask|sm.supportedMask)&statmountSBSource != 0 {
			return true
		}
	}
	return false
}

func (k *Kernel) hasWalk() bool {
	fd, err := k.openOwn(snapshot.Mnt)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	_, err = mntInfo(fd)
	return err == nil
}

func (k *Kernel) hasIDs() bool {
	fd, err := k.openOwn(snapshot.User)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	_, err = uniqueID(fd)
	return err == nil
}

func (k *Kernel) hasListns() bool {
	_, err := listns(0, snapshot.Mnt, make([]uint64, 1))
	return err == nil
}
