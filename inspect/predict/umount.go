package predict

// unmount takes a mount and all below it away, and what the peers and slaves of
// its parent have at its place (umount_tree in fs/namespace.c).
func (s *State) unmount(m int32) {
	if s.hasParent(m) {
		for _, r := range s.receivers(s.mounts[m].parent) {
			if c := s.counterpart(m, r); c != 0 {
				s.clear(c, locked|guessed)
			}
		}
	}
	var set []int32
	for p := range s.tree(m) {
		s.leaves(p, Self, nil, p != m, Asked)
		set = append(set, p)
	}
	for _, p := range set {
		s.set(p, doomed)
	}
	for _, p := range set {
		s.unlist(p)
	}
	if s.rules.UmountsAsMet {
		set = append(set, s.spreadUmountAsMet(set)...)
	} else {
		set = append(set, s.spreadUmount(set)...)
	}
	for _, p := range set {
		s.bury(p)
	}
}

// counterpart is what a receiver has at the place where m is mounted on its
// parent.
func (s *State) counterpart(m int32, r receiver) int32 {
	x := &s.mounts[m]
	if s.mounts[r.mount].dev != s.mounts[x.parent].dev {
		return 0
	}
	return s.childAt(r.mount, x.at)
}

// leaves notes a mount that goes away.
func (s *State) leaves(m int32, via Via, through []ID, sub bool, why Rule) {
	e := s.moves(m, why)
	e.via, e.through, e.submount, e.rule = via, through, sub, why
}

// bury ends a mount: it is on nothing, in no namespace and in no group.
func (s *State) bury(m int32) {
	x := &s.mounts[m]
	s.spaces[x.space].count--
	x.space = 0
	x.mark &^= doomed | candidate | passed
	s.orphan(m)
	s.leave(m)
}

// spreadUmount finds what else is unmounted, as
// Documentation/filesystems/propagate_umount.txt defines it since Linux 6.17:
// of the counterparts all those that leave no mount behind that was not
// covering all of its parent, and show nothing that a lock hides.
func (s *State) spreadUmount(set []int32) []int32 {
	u := umounting{State: s}
	u.gather(set)
	for _, c := range u.candidates {
		u.trim(c)
	}
	for _, c := range u.candidates {
		if u.undecided[c] {
			u.unlock(c)
		}
	}
	for _, m := range u.going {
		if over := s.over(m); over != 0 && !s.is(over, doomed) {
			s.slideDown(over)
		}
	}
	for _, c := range u.candidates {
		if !s.is(c, doomed) && s.mounts[c].space != 0 {
			s.clear(c, candidate|passed)
			s.skip(c, u.why(c))
		}
	}
	return u.going
}

// umounting is the state while it is found out what goes.
type umounting struct {
	*State
	candidates []int32
	undecided  map[int32]bool     // those that are still on the kernel's list
	from       map[int32]receiver // on which they are, and how it receives
	going      []int32
}

// gather collects the counterparts of all that is unmounted.
func (u *umounting) gather(set []int32) {
	u.undecided, u.from = map[int32]bool{}, map[int32]receiver{}
	for _, m := range set {
		if u.is(m, candidate) {
			continue
		}
		u.set(m, candidate)
		for _, r := range u.receivers(u.mounts[m].parent) {
			c := u.counterpart(m, r)
			if c == 0 || u.is(c, candidate) {
				continue
			}
			u.set(c, candidate)
			if !u.is(c, doomed) {
				u.from[c] = r
				u.candidates = append(u.candidates, c)
				u.undecided[c] = true
			}
		}
	}
	for _, m := range set {
		u.clear(m, candidate)
	}
	for i, j := 0, len(u.candidates)-1; i < j; i, j = i+1, j-1 {
		u.candidates[i], u.candidates[j] = u.candidates[j], u.candidates[i]
	}
}

func counterpartRule(r receiver) Rule {
	if r.via == Peer {
		return ToPeer
	}
	return ToSlave
}

// drop takes a mount off the list of those that are not decided on.
func (u *umounting) drop(m int32) {
	delete(u.undecided, m)
	u.clear(m, candidate|passed)
}

// take commits to unmounting a mount.
func (u *umounting) take(m int32) {
	r := u.from[m]
	u.leaves(m, r.via, r.through, false, counterpartRule(r))
	u.clear(m, candidate|passed)
	u.set(m, doomed)
	u.unlist(m)
	u.going = append(u.going, m)
}

// trim excludes what a mount that stays forbids to take: all around it in which
// it does not cover everything.
func (u *umounting) trim(m int32) {
	if !u.is(m, candidate) {
		u.drop(m)
		return
	}
	stays, inside := false, false
	over := u.over(m)
	for c := range u.children(m) {
		if !u.is(c, candidate) {
			stays = true
			if c != over {
				inside = true
				break
			}
		}
	}
	switch {
	case stays:
		u.trimAbove(m)
		if inside {
			u.drop(m)
		}
	case !u.is(m, locked) && u.mounts[m].first == 0:
		u.drop(m)
		u.take(m)
	}
}

func (u *umounting) trimAbove(m int32) {
	for p := u.mounts[m].parent; u.is(p, candidate); m, p = p, u.mounts[p].parent {
		if u.is(m, passed) {
			return
		}
		u.set(m, passed)
		if u.over(p) != m {
			u.clear(p, candidate)
		}
	}
}

// unlock decides on a chain of candidates: what is locked goes only together
// with what it is locked to.
func (u *umounting) unlock(m int32) {
	if !u.is(m, candidate) {
		u.drop(m)
		return
	}
	cutoff := m
	p, keeps := m, int32(0) // by a lock that is inferred
	for ; u.is(p, candidate); p = u.mounts[p].parent {
		u.drop(p)
		if !u.is(p, locked) {
			cutoff, keeps = u.mounts[p].parent, 0
		} else if u.is(p, guessed) {
			keeps = p
		}
	}
	if u.is(p, doomed) {
		cutoff, keeps = p, 0
	}
	if keeps != 0 {
		u.doubtLock(keeps)
	}
	for m != cutoff {
		u.take(m)
		m = u.mounts[m].parent
	}
}

// slideDown puts a mount that stays where the stack was that it lies on.
func (s *State) slideDown(m int32) {
	e := s.moves(m, SlidesBack)
	e.rule = SlidesBack
	p := m
	var at string
	for {
		at, p = s.mounts[p].at, s.mounts[p].parent
		if !s.is(p, doomed) {
			break
		}
	}
	s.unlist(m)
	s.adopt(p, at, m)
}

// why a candidate stays.
func (u *umounting) why(m int32) Rule {
	if u.is(m, locked) {
		return LockKeeps
	}
	return ChildKeeps
}

// busyness finds what keeps umount(2) from taking a mount away: submounts, or
// users of it or of a counterpart that has none (propagate_mount_busy).
func (s *State) busyness(m int32) *Refusal {
	if s.mounts[m].first != 0 {
		c := s.mounts[m].first
		return s.refuse(EBUSY, HasSubmounts, m, "has "+s.point(c)+" mounted on it")
	}
	if s.users(m) > 0 {
		return s.refuse(EBUSY, InUse, m, "is in use")
	}
	if !s.hasParent(m) {
		return nil
	}
	for _, r := range s.receivers(s.mounts[m].parent) {
		c := s.counterpart(m, r)
		if c == 0 {
			continue
		}
		if s.users(c) == 0 {
			continue
		}
		f := s.mounts[c].first
		if bare := f == 0 || f == s.mounts[c].last && s.over(c) != 0; bare || s.rules.BusyVictims && s.goesWith(c, m) {
			return s.refuse(EBUSY, CopyInUse, c, "is a copy in "+s.nameOf(s.mounts[c].space)+", and in use there")
		}
	}
	return nil
}

// goesWith says whether a mount would be unmounted with another.
func (s *State) goesWith(c, m int32) bool {
	future := s.Clone()
	future.unmount(m)
	return future.mounts[c].space == 0
}

// users counts what keeps a mount busy, root directories of actors among them.
func (s *State) users(m int32) int {
	n := int(s.mounts[m].busy)
	for _, a := range s.actors {
		if a.root.mount == m {
			n++
		}
	}
	return n
}
