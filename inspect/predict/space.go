package predict

// unshare gives the actor a copy of its mount namespace, which belongs to the
// user namespace of the actor (copy_mnt_ns). Where that is not the one that the
// original belongs to, as with a new one, what was shared comes as a slave, and
// all copies are locked together.
func (s *State) unshare(op Op) *Refusal {
	a := &s.actors[op.By]
	from := &s.spaces[a.space]
	if op.NewUser && !s.atTop(*a) {
		return &Refusal{Errno: EPERM, Reason: NotPermitted, Text: "after chroot(2) no user namespace can be made"}
	}
	user := a.user
	if op.NewUser {
		s.lastUser--
		user = s.lastUser
	}
	old := from.root
	how := asIs
	if user != from.user {
		how = asSlave
	}
	root, r := s.copyTree(old, s.mounts[old].root, copying{how: how, keepUnbinding: true})
	if r != nil {
		return r
	}
	s.lastNS--
	sp := space{id: s.lastNS, root: root, user: user, hidden: from.hidden}
	if op.NewUser {
		s.lesser[user] = a.user
		a.user = user
	}
	if user != from.user {
		s.lockTree(root)
	}
	i := int32(len(s.spaces))
	s.spaces = append(s.spaces, sp)
	s.byNS[sp.id] = i
	s.settle(root, i)
	s.spaces[i].view = root
	s.follow(op.By, i, old)
	s.journal.extra = append(s.journal.extra, Effect{Kind: NewNS, Mount: s.row(s.spaces[i].view), Via: Self, Rule: Asked})
	return nil
}

// follow takes the actor, and the root directory of the namespace's processes,
// to the copies of what they were on.
func (s *State) follow(by Actor, to int32, old int32) {
	a := &s.actors[by]
	view := s.spaces[a.space].view
	var pair func(m, twin int32)
	pair = func(m, twin int32) {
		e := s.touch(twin)
		e.rule, e.submount = s.inherited(m, twin), true
		if m == view {
			s.spaces[to].view = twin
		}
		if m == a.root.mount {
			a.root.mount = twin
		}
		t := s.mounts[twin].first
		for c := range s.children(m) {
			if t != 0 && !s.is(c, nsFile) {
				pair(c, t)
				t = s.mounts[t].next
			}
		}
	}
	pair(old, s.spaces[to].root)
	a.space = to
}

// inherited says how the copy of a mount in a new namespace stands to it.
func (s *State) inherited(m, twin int32) Rule {
	switch {
	case s.is(m, unbindable) && !s.is(twin, unbindable):
		return UnbindableLost
	case s.shared(m) && s.shared(twin):
		return ClonedAsPeer
	case s.mounts[twin].node != 0:
		return ClonedAsSlave
	case s.is(twin, locked) && !s.is(m, locked):
		return ClonedLocked
	}
	return ClonedPrivate
}

// atTop says whether an actor's root directory is that of its namespace
// (current_chrooted).
func (s *State) atTop(a actor) bool {
	top := s.topmost(s.spaces[a.space].root)
	return a.root == spot{top, s.mounts[top].root}
}

// pivot makes a mount the root, and puts the old one at a place below it
// (pivot_root(2)).
func (s *State) pivot(op Op) *Refusal {
	to, r := s.walk(op.By, op.Src)
	if r == nil {
		r = s.directory(to, op.Src)
	}
	if r != nil {
		return r
	}
	away, r := s.walk(op.By, op.Dst)
	if r == nil {
		r = s.directory(away, op.Dst)
	}
	if r != nil {
		return r
	}
	away = s.onto(away)
	root := s.actors[op.By].root
	if r := s.mayPivot(op, to, away, root); r != nil {
		return r
	}
	m := to.mount
	parent, at := s.mounts[root.mount].parent, s.mounts[root.mount].at
	s.moves(m, Asked)
	s.moves(root.mount, Asked)
	s.orphan(m)
	if s.is(root.mount, locked) {
		s.mounts[m].mark |= s.mounts[root.mount].mark & (locked | guessed)
		s.clear(root.mount, locked|guessed)
	}
	s.adopt(parent, at, m)
	s.orphan(root.mount)
	s.adopt(away.mount, away.inside, root.mount)
	for i := range s.actors {
		if s.actors[i].root == root {
			s.actors[i].root = to
		}
	}
	if sp := &s.spaces[s.home(op.By)]; sp.view == root.mount {
		sp.view = m
	}
	return nil
}

func (s *State) mayPivot(op Op, to, away, root spot) *Refusal {
	for _, m := range []int32{away.mount, s.mounts[to.mount].parent, s.mounts[root.mount].parent} {
		if s.shared(m) {
			return s.refuse(EINVAL, PivotShared, m, "is shared: neither what the new root or the old one is mounted on nor where the old one goes may be")
		}
	}
	if r := s.foreign(op.By, root.mount); r != nil {
		return r
	}
	if r := s.foreign(op.By, to.mount); r != nil {
		return r
	}
	switch {
	case s.is(to.mount, locked):
		return s.refuse(EINVAL, LockedMount, to.mount, "is locked to its place")
	case to.mount == root.mount || away.mount == root.mount:
		return s.refuse(EBUSY, PivotSame, root.mount, "is the current root: the new root and the place for the old one have to be on other mounts")
	case !s.mounted(root):
		return s.refuse(EINVAL, PivotRootNotMount, root.mount, "is not the root directory of who does it, which is a directory on it")
	case !s.hasParent(root.mount):
		return s.refuse(EINVAL, IsNamespaceRoot, root.mount, "is the root of its namespace")
	case !s.mounted(to):
		return s.notAPoint(to, op.Src)
	case !s.hasParent(to.mount):
		return s.refuse(EINVAL, IsNamespaceRoot, to.mount, "is the root of its namespace")
	case !s.reachable(away, to):
		return s.refuse(EINVAL, PivotOutside, away.mount, "is not below the new root")
	case !s.reachable(to, root):
		return s.refuse(EINVAL, PivotOutside, to.mount, "is not below the current root")
	}
	return nil
}

// reachable says whether a place is at or below another (is_path_reachable).
func (s *State) reachable(p, from spot) bool {
	for p.mount != from.mount && s.hasParent(p.mount) {
		p = spot{s.mounts[p.mount].parent, s.mounts[p.mount].at}
	}
	return p.mount == from.mount && within(p.inside, from.inside)
}

// chroot changes the actor's root directory (chroot(2)).
func (s *State) chroot(op Op) *Refusal {
	at, r := s.walk(op.By, op.Dst)
	if r == nil {
		r = s.directory(at, op.Dst)
	}
	if r != nil {
		return r
	}
	s.actors[op.By].root = at
	row := s.row(at.mount)
	row.Point = s.pathOf(at)
	s.journal.extra = append(s.journal.extra, Effect{Kind: RootOf, Mount: row, Via: Self, Rule: Asked})
	return nil
}

// Lesser says whether a namespace belongs to a user namespace below the first.
func (s *State) Lesser(ns ID) bool {
	_, below := s.lesser[s.spaces[s.byNS[ns]].user]
	return below
}
