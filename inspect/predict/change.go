package predict

// umount takes a mount away (do_umount), or with Recursive all that is below it
// too, as umount -R does.
func (s *State) umount(op Op) *Refusal {
	if op.Recursive {
		return s.umountAll(op)
	}
	at, r := s.walk(op.By, op.Dst)
	if r != nil {
		return r
	}
	at = s.onto(at) // of all paths the one of umount(2) leads onto what covers "/" (LOOKUP_MOUNTPOINT)
	if !s.mounted(at) {
		return s.notAPoint(at, op.Dst)
	}
	return s.umountOne(op, at.mount)
}

func (s *State) umountOne(op Op, m int32) *Refusal {
	if r := s.foreign(op.By, m); r != nil {
		return r
	}
	if s.is(m, locked) {
		return s.refuse(EINVAL, LockedMount, m, "is locked to its place: it came from a more privileged namespace")
	}
	if m == s.actors[op.By].root.mount && !op.Lazy {
		s.doubt("umount(2) of one's own root directory makes its file system read-only instead, unless something on it is open for writing")
		return s.refuse(EBUSY, OwnRoot, m, "is the root directory of who does it")
	}
	if !s.hasParent(m) {
		return s.refuse(EINVAL, IsNamespaceRoot, m, "is the root of its namespace")
	}
	if !op.Lazy {
		if r := s.busyness(m); r != nil {
			return r
		}
	}
	s.unmount(m)
	return nil
}

// makeType changes a propagation type (do_change_type), also in another
// namespace, of whose user namespace who does it is the root.
func (s *State) makeType(op Op) *Refusal {
	m, r := s.pointAt(op.By, op.Dst)
	if r == nil {
		r = s.ruled(op.By, m)
	}
	if r != nil {
		return r
	}
	for p := range s.tree(m) {
		e := s.touch(p)
		e.rule, e.submount = Asked, p != m
		s.retype(p, op.Type)
		if !op.Recursive {
			break
		}
	}
	return nil
}

// ruled refuses a mount of a namespace to who has no rights over the user
// namespace that it belongs to (may_change_propagation).
func (s *State) ruled(a Actor, m int32) *Refusal {
	if s.ours(a, m) {
		return nil
	}
	if s.rules.RetypeElsewhereRefused {
		s.doubt(RetypeByPatch)
	}
	if s.hasRights(a, s.spaces[s.mounts[m].space].user) {
		return nil
	}
	return s.refuse(EPERM, NotPermitted, m, "is of a namespace that another user namespace owns")
}

// RetypeByPatch is the doubt of [Rules.RetypeElsewhereRefused].
const RetypeByPatch = "whether this kernel changes mounts of other namespaces depends on which fixes of 2025 it has: some refuse it with EINVAL"

func (s *State) retype(m int32, to Propagation) {
	switch to {
	case Shared:
		s.share(m)
	case Slaved:
		s.enslave(m)
	default:
		s.leave(m)
		s.clear(m, unbindable)
		if to == Unbindable {
			s.set(m, unbindable)
		}
	}
}

// setGroup has a private mount join the group and the master of another
// (do_set_group).
func (s *State) setGroup(op Op) *Refusal {
	if s.rules.NoSetGroup {
		return notYet(EINVAL, "MOVE_MOUNT_SET_GROUP", "5.15")
	}
	to, r := s.walk(op.By, op.Dst) // move_mount(2) follows its second path first
	if r != nil {
		return r
	}
	from, r := s.walk(op.By, op.Src)
	if r != nil {
		return r
	}
	a, b := from.mount, to.mount
	for _, m := range []int32{a, b} {
		if r := s.ruled(op.By, m); r != nil && s.mounted(from) && s.mounted(to) {
			return r
		}
	}
	switch {
	case !s.mounted(from):
		return s.notAPoint(from, op.Src)
	case !s.mounted(to):
		return s.notAPoint(to, op.Dst)
	case s.mounts[a].dev != s.mounts[b].dev:
		return s.refuse(EINVAL, OtherFileSystem, b, "is of another file system than "+op.Src)
	case !within(s.mounts[b].root, s.mounts[a].root):
		return s.refuse(EINVAL, NarrowerRoot, a, "shows a part of the file system that "+op.Dst+" is not in")
	}
	for c := range s.children(a) {
		if s.is(c, locked) && within(s.mounts[c].at, s.mounts[b].root) {
			return s.refuse(EINVAL, LockedBelow, c, "is locked in place of what "+op.Dst+" shows")
		}
	}
	if s.mounts[b].node != 0 {
		return s.refuse(EINVAL, NotPrivate, b, "is not private")
	}
	if s.rules.UnbindableJoinsNot && s.is(b, unbindable) {
		return s.refuse(EINVAL, NotPrivate, b, "is unbindable")
	}
	n := s.mounts[a].node
	switch {
	case n == 0:
		return s.refuse(EINVAL, NothingToJoin, a, "is in no group and has no master")
	case s.nodes[n].id == 0:
		n = s.newNode(0, s.nodes[n].master)
	default:
		s.clear(b, unbindable)
	}
	s.touch(b).rule = JoinsGroup
	s.join(b, n)
	return nil
}

// remount changes flags of mounts, of all or of none (mount_setattr_prepare in
// fs/namespace.c). What has a file open for writing does not become read-only;
// writers on other mounts of the file system do not matter.
func (s *State) remount(op Op) *Refusal {
	if s.rules.NoSetattr && op.Recursive {
		return notYet(ENOSYS, "mount_setattr(2)", "5.12")
	}
	m, r := s.rootOf(op.By, op.Dst)
	if r != nil {
		return r
	}
	clear := op.Clear
	if op.Flags&atimeFlags != 0 {
		clear |= atimeFlags
	}
	for p := range s.tree(m) {
		x := &s.mounts[p]
		after := x.flags&^clear | op.Flags
		if lost := x.flags & x.keep &^ after; lost&^atimeFlags != 0 || x.keep&atimeFlags != 0 && (x.flags^after)&(atimeFlags|NoDirAtime) != 0 {
			if s.is(p, keepGuessed) {
				s.doubt(FlagsByAge)
			}
			return s.refuse(EPERM, LockedFlags, p, "came with flags that may not be cleared here")
		}
		if after&^x.flags&ReadOnly != 0 && x.writers > 0 {
			return s.refuse(EBUSY, HasWriters, p, "has a file open for writing")
		}
		if !op.Recursive {
			break
		}
	}
	for p := range s.tree(m) {
		e := s.touch(p)
		e.rule, e.submount = Asked, p != m
		s.mounts[p].flags = s.mounts[p].flags&^clear | op.Flags
		if !op.Recursive {
			break
		}
	}
	return nil
}

// FlagsByAge is the doubt of a refusal with [LockedFlags] that is inferred.
const FlagsByAge = "whether flags are locked cannot be read: it is inferred from when their mount was made"

// atimeFlags say together how access times are kept; none of them is strictly.
// MNT_LOCK_ATIME locks NoDirAtime with them.
const atimeFlags = NoAtime | RelAtime
