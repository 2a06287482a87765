package predict

import (
	"fmt"
)

// Apply does an operation, or says why the kernel refuses it, and then changes
// nothing. Operations applied one after another see each other's effects.
func (s *State) Apply(op Op) Result {
	result := Result{Op: op}
	if int(op.By) < 0 || int(op.By) >= len(s.actors) {
		result.Refusal = &Refusal{Errno: EINVAL, Reason: NotPermitted, Text: "nobody does it"}
		return result
	}
	mounts, groups, nodes, lastMount := len(s.mounts), s.lastGroup, len(s.nodes), s.lastMount
	result.Refusal = s.do(op)
	result.Doubts, result.Tally = s.journal.doubts, s.journal.tally
	result.Effects = s.effects()
	if result.Refusal != nil && len(result.Effects) == 0 {
		s.mounts, s.nodes = s.mounts[:mounts], s.nodes[:nodes]
		s.lastGroup, s.lastMount = groups, lastMount
	}
	return result
}

func (s *State) do(op Op) *Refusal {
	switch op.Kind {
	case OpMount:
		return s.mountNew(op)
	case OpBind:
		return s.bind(op)
	case OpMove:
		return s.move(op)
	case OpUmount:
		return s.umount(op)
	case OpMake:
		return s.makeType(op)
	case OpSetGroup:
		return s.setGroup(op)
	case OpRemount:
		return s.remount(op)
	case OpUnshare:
		return s.unshare(op)
	case OpPivot:
		return s.pivot(op)
	case OpChroot:
		return s.chroot(op)
	case OpRemove:
		return s.remove(op)
	}
	return &Refusal{Errno: EINVAL, Reason: NotPermitted, Text: fmt.Sprintf("%q is no operation", op.Kind)}
}

// refuse says what is wrong with a mount.
func (s *State) refuse(errno Errno, why Reason, m int32, text string) *Refusal {
	if (why == LockedMount || why == LockedBelow || why == UnbindableLocked) && s.is(m, guessed) {
		s.doubtLock(m)
	}
	return &Refusal{
		Errno: errno, Reason: why, Text: s.point(m) + " " + text,
		Mount: s.mounts[m].id, NS: s.spaces[s.mounts[m].space].id,
	}
}

// notYet refuses what came with a later kernel.
func notYet(errno Errno, what, since string) *Refusal {
	return &Refusal{Errno: errno, Reason: NotInKernel, Text: "this kernel has no " + what + ", which came with Linux " + since}
}

// noBeneath refuses to go beneath where move_mount(2) cannot, before it looks at
// any path.
func (s *State) noBeneath(op Op) *Refusal {
	if op.Beneath && s.rules.NoBeneath {
		return notYet(EINVAL, "MOVE_MOUNT_BENEATH", "6.5")
	}
	return nil
}

// nameOf is a namespace in words.
func (s *State) nameOf(space int32) string {
	switch id := s.spaces[space].id; {
	case space == 0:
		return "no namespace"
	case id.New():
		return fmt.Sprintf("new namespace %d", id)
	default:
		return fmt.Sprintf("mnt:[%d]", id)
	}
}

// home is the namespace that an actor is in.
func (s *State) home(a Actor) int32 { return s.actors[a].space }

// ours says whether a mount is in the actor's namespace (check_mnt).
func (s *State) ours(a Actor, m int32) bool { return s.mounts[m].space == s.home(a) }

// foreign refuses a mount of another namespace, or of none.
func (s *State) foreign(a Actor, m int32) *Refusal {
	if s.ours(a, m) {
		return nil
	}
	if m == inner {
		return &Refusal{Errno: EINVAL, Reason: OtherNamespace, Text: "what the path leads to is on a mount of the kernel's own, which is in no namespace"}
	}
	return s.refuse(EINVAL, OtherNamespace, m, "is in "+s.nameOf(s.mounts[m].space)+", not in the namespace of who does it")
}

// rootOf is the mount whose root a path leads to; it is refused when that is a
// directory inside a mount.
func (s *State) rootOf(a Actor, name string) (int32, *Refusal) {
	m, r := s.pointAt(a, name)
	if r == nil {
		r = s.foreign(a, m)
	}
	return m, r
}

// pointAt is rootOf, in any namespace.
func (s *State) pointAt(a Actor, name string) (int32, *Refusal) {
	at, r := s.walk(a, name)
	if r == nil && !s.mounted(at) {
		r = s.notAPoint(at, name)
	}
	return at.mount, r
}

func (s *State) notAPoint(at spot, name string) *Refusal {
	if at.mount == inner {
		return &Refusal{Errno: EINVAL, Reason: NotAMountPoint, Text: name + " leads to " + at.inside + ", which is no mount point"}
	}
	return &Refusal{
		Errno: EINVAL, Reason: NotAMountPoint, Mount: s.mounts[at.mount].id, NS: s.spaces[s.mounts[at.mount].space].id,
		Text: fmt.Sprintf("%s is not a mount point: it is a place on what is mounted at %s", name, s.point(at.mount)),
	}
}
