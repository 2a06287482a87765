package predict

import (
	"cmp"
	"path"
	"slices"
)

// umountAll is umount -R: it reads the table once, and unmounts by path what
// covers a mount, then the others on it, then the mount itself. What is no longer
// in the table by then is passed over, and the first error ends it
// (umount_do_recurse in util-linux).
func (s *State) umountAll(op Op) *Refusal {
	u := umountAll{State: s, op: op, on: map[int32][]listed{}}
	name := path.Clean(op.Dst)
	stack := u.read(name)
	if len(stack) == 0 {
		at, r := s.walk(op.By, op.Dst)
		if r != nil {
			return r
		}
		name = s.seenFrom(at, s.actors[op.By].root)
		if stack = u.read(name); len(stack) == 0 {
			return s.notAPoint(at, op.Dst)
		}
	}
	if len(stack) > 1 && u.mounts[stack[0].mount].id.New() {
		s.doubt("which of what is mounted at " + name + " came first is not predicted of the copies that one operation makes")
	}
	from := stack[0]
	if s.rules.UmountTopFirst {
		from = stack[len(stack)-1]
	} else if len(stack) > 1 {
		s.doubt("umount -R of util-linux before 2.40 takes only the last of what is mounted at " + name)
	}
	r := u.take(from)
	if r != nil && !s.rules.UmountTopFirst && len(s.journal.list) > 0 {
		s.doubt("umount -R of util-linux before 2.40 goes in another order, and stops elsewhere")
	}
	return r
}

// umountAll is the work of one umount -R.
type umountAll struct {
	*State
	op Op
	on map[int32][]listed // what is mounted on a mount, in order of number
}

// listed is a mount as a table lists it.
type listed struct {
	mount int32
	point string
}

// read reads the table that the actor sees. It returns what is mounted at a path,
// in order of age.
func (u *umountAll) read(name string) []listed {
	clear(u.on)
	var stack []listed
	for m, point := range u.seen(u.op.By) {
		l := listed{m, point}
		if point == name {
			stack = append(stack, l)
		}
		if u.hasParent(m) {
			u.on[u.mounts[m].parent] = append(u.on[u.mounts[m].parent], l)
		}
	}
	for _, list := range u.on {
		slices.SortFunc(list, func(a, b listed) int { return compareIDs(u.mounts[a.mount].id, u.mounts[b.mount].id) })
	}
	slices.SortFunc(stack, func(a, b listed) int { return u.byAge(a.mount, b.mount) })
	return stack
}

// byAge compares mounts by age: unique ids tell it, where they are known, and what
// is new is youngest.
func (s *State) byAge(a, b int32) int {
	x, y := &s.mounts[a], &s.mounts[b]
	if x.id.New() || y.id.New() || x.base == nil || y.base == nil {
		return compareIDs(x.id, y.id)
	}
	return cmp.Or(byAge(x.base, y.base), cmp.Compare(a, b))
}

// take unmounts what is on a mount, and then the mount.
func (u *umountAll) take(l listed) *Refusal {
	children := slices.Clone(u.on[l.mount])
	if !u.rules.UmountTopFirst {
		slices.Reverse(children)
	}
	if i := slices.IndexFunc(u.on[l.mount], func(c listed) bool { return c.point == l.point }); i >= 0 {
		over := u.on[l.mount][i]
		if r := u.take(over); r != nil {
			return r
		}
		children = slices.DeleteFunc(children, func(c listed) bool { return c == over })
	}
	for _, c := range children {
		if r := u.take(c); r != nil {
			return r
		}
	}
	if !u.still(l) {
		return nil
	}
	return u.umount(Op{By: u.op.By, Dst: l.point, Lazy: u.op.Lazy})
}

// still says whether the table has something at the path of a mount.
func (u *umountAll) still(l listed) bool {
	root := u.actors[u.op.By].root
	if u.mounts[l.mount].space != 0 && u.reachable(spot{l.mount, u.mounts[l.mount].root}, root) {
		return true
	}
	for _, point := range u.seen(u.op.By) {
		if point == l.point {
			return true
		}
	}
	return false
}
