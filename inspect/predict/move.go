package predict

// move takes a mount with all below it to another place (do_move_mount).
func (s *State) move(op Op) *Refusal {
	if r := s.noBeneath(op); r != nil {
		return r
	}
	at, r := s.walk(op.By, op.Dst)
	if r != nil {
		return r
	}
	from, r := s.walk(op.By, op.Src)
	if r != nil {
		return r
	}
	if r := s.placeFirst(op, at); r != nil {
		return r
	}
	if !s.mounted(from) {
		return s.notAPoint(from, op.Src)
	}
	if s.differ(from, at) {
		return &Refusal{Errno: EINVAL, Reason: DirOnFile, Text: op.Src + " and " + op.Dst + " are a file and a directory"}
	}
	if at, r = s.target(op, at); r != nil {
		return r
	}
	m := from.mount
	if r := s.movable(op, m); r != nil {
		return r
	}
	if r := s.foreign(op.By, at.mount); r != nil {
		return r
	}
	if s.shared(s.mounts[m].parent) {
		return s.refuse(EINVAL, ParentShared, m, "is mounted on "+s.point(s.mounts[m].parent)+", which is shared")
	}
	if op.Beneath {
		if at, r = s.beneath(op.By, m, at); r != nil {
			return r
		}
	}
	if s.shared(at.mount) {
		for c := range s.tree(m) {
			if s.is(c, unbindable) {
				return s.refuse(EINVAL, TreeUnbindable, c, "is unbindable, and would be mounted below one that is shared")
			}
		}
	}
	if s.ancestor(m, at.mount) {
		return s.refuse(ELOOP, IntoItself, m, "would be mounted below itself")
	}
	return s.attach(op.By, m, at, true)
}

// target is where a path leads for what is mounted there: on top of all, or
// for what goes beneath just where it leads (where_to_mount). On a mount that is
// in no namespace nothing can be mounted.
func (s *State) target(op Op, at spot) (spot, *Refusal) {
	if s.mounts[at.mount].space == 0 {
		errno := ENOENT
		if s.rules.PlaceInvalid {
			errno = EINVAL
		}
		return at, &Refusal{Errno: errno, Reason: OtherNamespace, Text: op.Dst + " leads to " + at.inside + ", which is on no mount of a namespace"}
	}
	if op.Beneath {
		return at, nil
	}
	return s.onto(at), nil
}

// placeFirst refuses what is no place to mount on where move_mount(2) does so
// before it looks at what is mounted.
func (s *State) placeFirst(op Op, at spot) *Refusal {
	if !s.rules.PlaceFirst {
		return nil
	}
	_, r := s.target(op, at)
	return r
}

// movable refuses what may not leave its place.
func (s *State) movable(op Op, m int32) *Refusal {
	if r := s.foreign(op.By, m); r != nil {
		return r
	}
	if !s.hasParent(m) {
		return s.refuse(EINVAL, IsNamespaceRoot, m, "is the root of its namespace")
	}
	if s.is(m, locked) {
		return s.refuse(EINVAL, LockedMount, m, "is locked to its place: it came from a more privileged namespace")
	}
	return nil
}

// beneath is where a mount goes that is to lie below the one on top at a place
// (can_move_mount_beneath).
func (s *State) beneath(by Actor, m int32, at spot) (spot, *Refusal) {
	if s.rules.BeneathTop {
		at = s.onto(at)
	}
	if !s.mounted(at) {
		return at, s.notAPoint(at, s.pathOf(at))
	}
	top := s.topmost(at.mount)
	if !s.hasParent(top) {
		return at, s.refuse(EINVAL, IsNamespaceRoot, top, "is the root of its namespace")
	}
	parent, inside := s.mounts[top].parent, s.mounts[top].at
	switch {
	case s.is(top, locked) && !s.rules.BeneathRootAndLocked:
		return at, s.refuse(EINVAL, LockedMount, top, "is locked to its place: before Linux 7.1 nothing goes beneath that")
	case s.over(m) != 0:
		return at, s.refuse(EINVAL, BeneathCovered, m, "is itself mounted over")
	case top == s.actors[by].root.mount && !s.rules.BeneathRootAndLocked:
		return at, s.refuse(EINVAL, BeneathRoot, top, "is the root directory of who does it: before Linux 7.1 nothing goes beneath that")
	case !s.hasParent(parent) && !s.rules.BeneathRootAndLocked:
		return at, s.refuse(EINVAL, BeneathRoot, top, "is the first mount of its namespace: before Linux 7.1 nothing goes beneath that")
	case s.ancestor(top, m):
		return at, s.refuse(EINVAL, BeneathAncestor, m, "is mounted below it")
	case s.wouldCover(parent, top, inside):
		return at, s.refuse(EINVAL, BeneathPropagates, top, "would get a copy on top of it")
	case s.mounts[m].space != 0 && s.wouldCover(parent, m, inside):
		return at, s.refuse(EINVAL, BeneathPropagates, m, "would get a copy of itself on top of it")
	}
	return spot{parent, inside}, nil
}

// wouldCover says whether what is mounted at a place of a mount comes on top of
// another by propagation (propagation_would_overmount).
func (s *State) wouldCover(from, to int32, inside string) bool {
	if !s.shared(from) || s.mounts[to].root != inside || s.mounts[to].dev != s.mounts[from].dev {
		return false
	}
	for n := s.mounts[to].node; n != 0; n = s.nodes[n].master {
		if n == s.mounts[from].node {
			return true
		}
	}
	return false
}
