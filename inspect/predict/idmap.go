package predict

import (
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
)

// idmap gives the mounts of a detached copy a map of ids, all or none
// (can_idmap_mount in fs/namespace.c). Copies of what has one keep it (clone_mnt).
func (s *State) idmap(op Op, tree int32) *Refusal {
	if s.rules.NoSetattr {
		return notYet(ENOSYS, "mount_setattr(2)", "5.12")
	}
	for m := range s.tree(tree) {
		x := &s.mounts[m]
		name := join(op.Src, s.point(m))
		fstype, _ := s.told(m)
		switch maps, known := idmappable[fstype]; {
		case x.flags&IDMapped != 0:
			return &Refusal{Errno: EPERM, Reason: HasIDMap, Text: name + " has a map of ids, and so have its copies: it is not given another"}
		case known && !maps, slices.Contains(s.rules.NoIDMaps, fstype):
			return &Refusal{Errno: EINVAL, Reason: NoIDMaps, Text: name + " is " + fstype + ", which takes no maps of ids"}
		case !known:
			s.doubt("whether " + fstype + " takes maps of ids is not known")
		}
		if s.confined(op.By) && x.base != nil {
			s.doubt("which user namespace the file system of " + name + " belongs to cannot be read: it is inferred from where it is mounted")
		}
		if !s.hasRights(op.By, x.owner) {
			return &Refusal{Errno: EPERM, Reason: NotPermitted, Text: name + " is of a file system that another user namespace mounted"}
		}
	}
	for m := range s.tree(tree) {
		s.mounts[m].flags |= IDMapped
	}
	return nil
}

// idmappable says of file systems whether they take maps of ids (FS_ALLOW_IDMAP).
var idmappable = map[string]bool{
	"tmpfs": true, "ext4": true, "xfs": true, "btrfs": true, "f2fs": true, "vfat": true, "ntfs3": true, "erofs": true, "squashfs": true,
	"proc": false, "sysfs": false, "cgroup": false, "cgroup2": false, "devpts": false, "mqueue": false, "nsfs": false,
	"ramfs": false, "overlay": false, "securityfs": false, "debugfs": false, "tracefs": false, "bpf": false, "iso9660": false,
}

// owners infers who mounted each file system: of the namespaces that show it the
// one that is nearest to the first, as what is mounted in a user namespace does
// not propagate to those above.
func (b *builder) owners() {
	if len(b.lesser) == 0 {
		return // nobody's rights end below the first
	}
	nearest := map[snapshot.Dev]ID{}
	for i := range b.mounts[1:] {
		x := &b.mounts[i+1]
		user := b.spaces[x.space].user
		if have, ok := nearest[x.dev]; !ok || b.depth(user) < b.depth(have) {
			nearest[x.dev] = user
		}
	}
	for i := range b.mounts[1:] {
		b.mounts[i+1].owner = nearest[b.mounts[i+1].dev]
	}
}

// depth is how many user namespaces are known above one.
func (s *State) depth(user ID) int {
	for n := 0; n <= len(s.lesser); n++ {
		above, ok := s.lesser[user]
		if !ok {
			return n
		}
		user = above
	}
	return 0 // a loop, as a damaged file may claim
}

// hasRights says whether an actor has those over a user namespace: it is its own
// or below it (ns_capable).
func (s *State) hasRights(a Actor, user ID) bool {
	if !s.confined(a) {
		return true
	}
	for range len(s.lesser) + 1 {
		if user == s.actors[a].user {
			return true
		}
		user = s.lesser[user]
	}
	return false
}
