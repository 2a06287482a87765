package predict

import (
	"fmt"
	"slices"
)

// attach mounts a tree at a place, and copies of it wherever that place shows
// in a mount that receives from there (attach_recursive_mnt in
// fs/namespace.c). A tree that is moved is attached already, elsewhere.
func (s *State) attach(by Actor, tree int32, at spot, moving bool) *Refusal {
	plan, r := s.spreadOf(tree, at, moving)
	if r != nil {
		return r
	}
	dest := at.mount
	if s.shared(dest) {
		for m := range s.tree(tree) {
			s.touch(m).typed = SharedParent
			s.share(m)
		}
	}
	copies := s.copies(tree, plan)
	if moving {
		s.moves(tree, Asked)
		s.orphan(tree)
	}
	user := s.spaces[s.actors[by].space].user
	s.land(tree, at, user, entry{via: Self, rule: Asked})
	for _, c := range slices.Backward(copies) {
		rule := ToPeer
		if c.to.via == Slave {
			rule = ToSlave
		}
		s.land(c.tree, spot{c.to.mount, at.inside}, user, entry{via: c.to.via, through: c.to.through, rule: rule})
	}
	return nil
}

// spreadOf is where a tree would arrive besides the place asked for. It is
// refused when one namespace cannot take so many mounts: then none gets any
// (count_mounts).
func (s *State) spreadOf(tree int32, at spot, moving bool) ([]receiver, *Refusal) {
	size := 0
	for range s.tree(tree) {
		size++
	}
	copied := size - s.namespaceFiles(tree)
	plan := slices.DeleteFunc(s.receivers(at.mount), func(r receiver) bool { return !s.covers(r.mount, at.mount, at.inside) })
	home := s.mounts[at.mount].space
	if moving {
		size = 0 // it is there already
	}
	s.tally(home, size)
	for _, p := range plan {
		s.tally(s.mounts[p.mount].space, copied)
	}
	if r := s.room(home, size); r != nil {
		return nil, r
	}
	if len(plan) > 0 && s.is(tree, nsFile) {
		x := &s.mounts[tree] // a copy, as yet at no place
		return nil, &Refusal{
			Errno: EINVAL, Reason: NamespaceFile, Mount: x.id, NS: s.spaces[x.space].id,
			Text: x.root + ": the file of a mount namespace is never copied to the peers and slaves of where it is mounted",
		}
	}
	more := map[int32]int{home: size}
	for _, p := range plan {
		space := s.mounts[p.mount].space
		more[space] += copied
		if r := s.room(space, more[space]); r != nil {
			return nil, r
		}
	}
	return plan, nil
}

// tally counts what a namespace would get, also when it is refused.
func (s *State) tally(space int32, more int) {
	if more == 0 {
		return
	}
	id := s.spaces[space].id
	i := slices.IndexFunc(s.journal.tally, func(t Tally) bool { return t.NS == id })
	if i < 0 {
		i = len(s.journal.tally)
		s.journal.tally = append(s.journal.tally, Tally{NS: id, Have: s.spaces[space].count})
	}
	s.journal.tally[i].Comes += more
}

// namespaceFiles counts the mounts of a tree that are not copied, because they
// show a mount namespace or are below one that does.
func (s *State) namespaceFiles(tree int32) int {
	n := 0
	for m := range s.tree(tree) {
		for p := m; ; p = s.mounts[p].parent {
			if s.is(p, nsFile) {
				n++
				break
			}
			if p == tree {
				break
			}
		}
	}
	return n
}

func (s *State) room(space int32, more int) *Refusal {
	limit := s.rules.MountMax
	if limit == 0 {
		limit = defaultMountMax
	}
	sp := &s.spaces[space]
	if sp.count+more <= limit {
		return nil
	}
	return &Refusal{Errno: ENOSPC, Reason: MountMax, NS: sp.id, Text: fmt.Sprintf(
		"%s has %d mounts and would get %d more, above fs.mount-max (%d): no namespace gets any", s.nameOf(space), sp.count, more, limit)}
}

// copied is a copy of a tree on its way to a receiver.
type copied struct {
	tree int32
	to   receiver
}

// copies makes the copies, each related to the others as the mounts are that
// they go to: peers get peers, and slaves get slaves of the nearest copy above
// them (propagate_mnt, find_master).
func (s *State) copies(tree int32, plan []receiver) []copied {
	size := 0
	for range s.tree(tree) {
		size++
	}
	s.mounts = slices.Grow(s.mounts, size*len(plan))
	s.journal.list = slices.Grow(s.journal.list, size*len(plan))
	list := make([]copied, 0, len(plan))
	passed, deep := false, false // a group got no copy, but one below it; a copy is a slave of another one
	first := map[int32]int32{}   // by node, what its first member got
	for i, r := range plan {
		if i == 0 && r.via == Peer {
			first[r.node] = tree
		}
		how := asPeer
		from, ok := first[r.node]
		if !ok {
			// A slave that is itself moved becomes shared only after this.
			if from, how = s.nearestAbove(r.node, first, tree), asSlave; r.shared {
				how = asOwnSlave
			}
			_, direct := first[s.nodes[r.node].master]
			passed = passed || !direct && r.through != nil && len(r.through) > 1
			deep = deep || from != tree
		}
		c, _ := s.copyTree(from, s.mounts[from].root, copying{how: how})
		if !ok {
			first[r.node] = c
		}
		list = append(list, copied{c, r})
	}
	if passed && deep {
		s.doubt(MastersByOrder)
	}
	return list
}

// MastersByOrder is the doubt where a group does not show the place of a mount,
// and slaves below it do. The kernel then looks for the master of the next copy
// from the last one it made, and may miss the nearest and end at the origin's
// (find_master in fs/pnode.c): that depends on the order of its lists of slaves.
const MastersByOrder = "which of two groups a copy has for master depends on the order of the kernel's lists, which cannot be read"

// nearestAbove is the copy that went to the nearest group above a node, the
// tree itself when none did.
func (s *State) nearestAbove(n int32, first map[int32]int32, tree int32) int32 {
	for up := s.nodes[n].master; up != 0; up = s.nodes[up].master {
		if c, ok := first[up]; ok {
			return c
		}
	}
	return tree
}

// land attaches the root of a tree to its place. What is mounted there already
// comes to lie on top of it.
func (s *State) land(tree int32, at spot, user ID, how entry) {
	space := s.mounts[at.mount].space
	for m := range s.tree(tree) {
		e := s.touch(m)
		e.via, e.through, e.rule, e.submount = how.via, how.through, how.rule, m != tree
		if m != tree && how.via != Self {
			e.rule = WithParent
		}
	}
	lesser := s.spaces[space].user != user
	if lesser {
		s.lockTree(tree)
	}
	covered := s.childAt(at.mount, at.inside)
	if covered != 0 {
		top := tree
		if !s.rules.ShadowMounts {
			top = s.topmost(tree)
		}
		e := s.moves(covered, Tucked)
		e.via = how.via
		s.handLock(covered, tree, how.via)
		s.unlist(covered)
		s.adopt(top, s.mounts[top].root, covered)
		s.touch(tree).beneath = s.mounts[covered].id
		if lesser && s.rules.CoveringLocked {
			s.lockTree(tree)
		}
		if lesser && s.rules.CoveringUnsure {
			s.doubt("what is locked to a copy where it arrives is not known for sure before Linux 6.1")
		}
	}
	s.adopt(at.mount, at.inside, tree)
	s.settle(tree, space)
}

// handLock locks what comes beneath a mount that is locked, for it is what hides
// the place now.
func (s *State) handLock(from, to int32, via Via) {
	if !s.rules.BeneathRootAndLocked || !s.is(from, locked) {
		return
	}
	s.set(to, s.mounts[from].mark&(locked|guessed))
	if via == Self || !s.rules.CoveredKeepsLock {
		s.clear(from, locked|guessed)
	}
}
