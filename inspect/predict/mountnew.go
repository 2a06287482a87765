package predict

import (
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// mountNew mounts a new file system (do_new_mount, or fsmount and move_mount).
func (s *State) mountNew(op Op) *Refusal {
	if r := s.noBeneath(op); r != nil {
		return r
	}
	at, r := s.walk(op.By, op.Dst)
	if r != nil {
		return r
	}
	if s.confined(op.By) && !forUsers[op.FSType] {
		return &Refusal{Errno: EPERM, Reason: NotPermitted, Text: op.FSType + " cannot be mounted with the rights over a user namespace only"}
	}
	moved := op.Detached || op.Beneath
	if !moved {
		if at, r = s.target(op, at); r != nil {
			return r
		}
		if r := s.foreign(op.By, at.mount); r != nil {
			return r
		}
	}
	kind := int32(len(s.kinds))
	s.kinds = append(s.kinds, fsKind{op.FSType, op.Source})
	dev := s.deviceOf(op)
	tree := s.newMount(mount{root: "/", at: "/", dev: dev, kind: kind, flags: op.Flags, owner: s.actors[op.By].user})
	s.touch(tree)
	if !moved && dev == s.mounts[at.mount].dev && at.inside == s.mounts[at.mount].root && at.inside == "/" {
		return s.refuse(EBUSY, SameTwice, at.mount, "is the same file system already")
	}
	if moved {
		return s.put(op, tree, at, false)
	}
	if s.entry(at) == File {
		return &Refusal{Errno: ENOTDIR, Reason: DirOnFile, Text: op.Dst + " is a file, and the new file system has a directory for root"}
	}
	return s.attach(op.By, tree, at, false)
}

// deviceOf is the superblock that a mount will show: that of a file system that
// has only one, or is mounted from the same device; else one of its own.
func (s *State) deviceOf(op Op) snapshot.Dev {
	if single[op.FSType] || strings.HasPrefix(op.Source, "/dev/") {
		for i := range s.mounts[1:] {
			m := int32(i + 1)
			fstype, source := s.told(m)
			if s.mounts[m].space != 0 && fstype == op.FSType && (single[op.FSType] || source == op.Source) {
				return s.mounts[m].dev
			}
		}
	}
	return s.ownDevice()
}

// ownDevice is a device number that no file system has: the kernel's minor
// numbers are of 20 bits.
func (s *State) ownDevice() snapshot.Dev {
	return snapshot.Dev{Minor: 1<<20 + uint32(len(s.kinds))}
}

// single are the file systems that are one and the same wherever they are
// mounted, in the same namespaces.
var single = map[string]bool{
	"sysfs": true, "devtmpfs": true, "cgroup2": true, "mqueue": true, "securityfs": true, "debugfs": true,
	"tracefs": true, "configfs": true, "pstore": true, "efivarfs": true, "selinuxfs": true, "fusectl": true,
}

// forUsers are the file systems that the root of a user namespace may mount
// (FS_USERNS_MOUNT).
var forUsers = map[string]bool{
	"tmpfs": true, "ramfs": true, "proc": true, "sysfs": true, "devpts": true, "mqueue": true, "overlay": true,
	"cgroup": true, "cgroup2": true, "fuse": true, "bpf": true, "binfmt_misc": true, "fuse.fuse-overlayfs": true, "fuse.sshfs": true,
}

// confined says whether an actor's rights end at a user namespace that is not
// the first.
func (s *State) confined(a Actor) bool {
	_, below := s.lesser[s.actors[a].user]
	return below
}
