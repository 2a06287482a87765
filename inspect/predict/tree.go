package predict

import "iter"

// newMount adds a mount that is nowhere yet.
func (s *State) newMount(m mount) int32 {
	i := int32(len(s.mounts))
	if m.id == 0 {
		s.lastMount--
		m.id = s.lastMount
	}
	m.parent = i
	s.mounts = append(s.mounts, m)
	return i
}

// adopt makes m the last child of a parent, at a place of its file system.
func (s *State) adopt(parent int32, at string, m int32) {
	x := &s.mounts[m]
	x.parent, x.at = parent, at
	p := &s.mounts[parent]
	x.prev, x.next = p.last, 0
	if p.last != 0 {
		s.mounts[p.last].next = m
	} else {
		p.first = m
	}
	p.last = m
}

// unlist takes m off its parent's list of children; it still knows its parent.
func (s *State) unlist(m int32) {
	x := &s.mounts[m]
	p := &s.mounts[x.parent]
	switch {
	case x.prev != 0:
		s.mounts[x.prev].next = x.next
	case p.first == m:
		p.first = x.next
	default:
		return // not listed
	}
	if x.next != 0 {
		s.mounts[x.next].prev = x.prev
	} else {
		p.last = x.prev
	}
	x.prev, x.next = 0, 0
}

// orphan takes m from its parent.
func (s *State) orphan(m int32) {
	s.unlist(m)
	s.mounts[m].parent = m
	s.mounts[m].at = s.mounts[m].root
}

// children are those mounted on m, in order of arrival. The next is taken
// before the body runs, which may move the current one away.
func (s *State) children(m int32) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for c := s.mounts[m].first; c != 0; {
			next := s.mounts[c].next
			if !yield(c) {
				return
			}
			c = next
		}
	}
}

// childAt is what is mounted on m at a place, 0 for nothing (__lookup_mnt).
func (s *State) childAt(m int32, at string) int32 {
	for c := s.mounts[m].last; c != 0; c = s.mounts[c].prev {
		if s.mounts[c].at == at {
			return c
		}
	}
	return 0
}

// over is what covers all of m, mounted on its root; 0 for nothing.
func (s *State) over(m int32) int32 {
	if s.mounts[m].first == 0 {
		return 0
	}
	return s.childAt(m, s.mounts[m].root)
}

// topmost is the last of the mounts that lie over m one on the other.
func (s *State) topmost(m int32) int32 {
	for o := s.over(m); o != 0; o = s.over(m) {
		m = o
	}
	return m
}

// tree is m and all below it, parents first (next_mnt).
func (s *State) tree(m int32) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for p := m; p != 0; p = s.following(p, m) {
			if !yield(p) {
				return
			}
		}
	}
}

func (s *State) following(p, root int32) int32 {
	if first := s.mounts[p].first; first != 0 {
		return first
	}
	for p != root {
		if next := s.mounts[p].next; next != 0 {
			return next
		}
		p = s.mounts[p].parent
	}
	return 0
}

// ancestor says whether a is m or above it (mount_is_ancestor).
func (s *State) ancestor(a, m int32) bool {
	for m != a && s.hasParent(m) {
		m = s.mounts[m].parent
	}
	return m == a
}
