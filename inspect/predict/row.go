package predict

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/world"
)

// row is a mount as it is now.
func (s *State) row(m int32) Row {
	x := &s.mounts[m]
	r := Row{
		ID: x.id, Parent: s.mounts[x.parent].id, NS: s.spaces[x.space].id, Dev: x.dev, Root: x.root, Point: s.point(m),
		Group: s.groupOf(m), Master: s.masterOf(m), Unbindable: s.is(m, unbindable), Flags: x.flags, Locked: s.is(m, locked),
	}
	r.FSType, r.Source = s.told(m)
	return r
}

// told is the type and the source of a mount's file system.
func (s *State) told(m int32) (fstype, source string) {
	switch x := &s.mounts[m]; {
	case x.kind != 0:
		return s.kinds[x.kind].fstype, s.kinds[x.kind].source
	case x.base != nil:
		return x.base.FSType, x.base.Source
	}
	return "", ""
}

// point is the mount point of a mount from the root of its namespace.
func (s *State) point(m int32) string {
	if !s.hasParent(m) {
		return "/"
	}
	x := &s.mounts[m]
	rel, ok := below(x.at, s.mounts[x.parent].root)
	if !ok {
		if x.base != nil {
			return x.base.Point // where it sits on its parent was not seen
		}
		return x.at
	}
	return join(s.point(x.parent), rel)
}

// pathOf is a place as its namespace calls it.
func (s *State) pathOf(p spot) string {
	rel, _ := below(p.inside, s.mounts[p.mount].root)
	return join(s.point(p.mount), rel)
}

// below is a path as seen from a directory that it is at or below.
func below(path, dir string) (string, bool) {
	if !within(path, dir) {
		return "", false
	}
	return strings.TrimPrefix(strings.TrimPrefix(path, strings.TrimSuffix(dir, "/")), "/"), true
}

// within says whether a path is a directory or below it. The roots of some file
// systems are no paths: "mnt:[4026531841]".
func within(path, dir string) bool { return path == dir || world.Under(path, dir) }

// hidden says whether the path of a mount leads elsewhere: something covers it,
// or a directory above it.
func (s *State) hidden(m int32) bool { return s.obscured(m, nil) }

// obscured is hidden, as if some mounts were not there.
func (s *State) obscured(m int32, without map[int32]bool) bool {
	view := s.spaces[s.mounts[m].space].view
	if m == view {
		return false
	}
	if o := s.over(m); o != 0 && !without[o] {
		return true
	}
	return s.walled(m, view, without)
}

// walled says whether the path to where a mount is mounted leads elsewhere. What
// it says of the parents is kept while effects are listed, as most mounts have
// the parents of the one before.
func (s *State) walled(m, view int32, without map[int32]bool) bool {
	if !s.hasParent(m) {
		return true
	}
	p, at := s.mounts[m].parent, s.mounts[m].at
	root := s.mounts[p].root
	if p == view && at == root {
		return true // over the root directory, which goes on to mean what is below
	}
	later := false
	for c := s.mounts[p].first; c != 0; c = s.mounts[c].next {
		if later = later || c == m; c == m || without[c] {
			continue
		}
		switch other := s.mounts[c].at; {
		case other == at && !later: // of two at one place the later one is found
		case other == root:
			if p != view {
				return true
			}
		case above(other, at):
			return true
		}
	}
	if p == view {
		return false
	}
	memo := s.journal.walled
	if without != nil || memo == nil {
		return s.walled(p, view, without)
	}
	known, ok := memo[p]
	if !ok {
		known = s.walled(p, view, nil)
		memo[p] = known
	}
	return known
}

// above is [within] for clean paths other than "/", and cheap where it is not
// so: it is asked of all mounts on one parent.
func above(dir, path string) bool {
	n := len(dir)
	return n <= len(path) && (n == len(path) || path[n] == '/') && path[:n] == dir
}

// Namespaces are the mount namespaces of a state, in order of number, new ones
// last.
func (s *State) Namespaces() []ID {
	var list []ID
	for i := 1; i < len(s.spaces); i++ {
		list = append(list, s.spaces[i].id)
	}
	slices.SortFunc(list, compareIDs)
	return list
}

// compareIDs puts what is new last, in the order in which it was made.
func compareIDs(a, b ID) int {
	if a.New() && b.New() {
		return cmp.Compare(b, a)
	}
	return cmp.Or(boolCompare(a.New(), b.New()), cmp.Compare(a, b))
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Table is the mounts of a namespace, parents before children and those on one
// parent in the order in which they came; nil for one that is not in the state.
// What was never seen, such as the root mount below a process's root directory,
// is not listed.
func (s *State) Table(ns ID) []Row {
	i, ok := s.byNS[ns]
	if !ok {
		return nil
	}
	var list []Row
	root := s.spaces[i].root
	for m := range s.tree(root) {
		if m != root || !s.spaces[i].hidden {
			list = append(list, s.row(m))
		}
	}
	return list
}

// View is the mounts that an actor sees: those at or below its root directory,
// which their mount points are told from, as its mountinfo lists them.
func (s *State) View(a Actor) []Row {
	var list []Row
	for m, point := range s.seen(a) {
		r := s.row(m)
		r.Point = point
		list = append(list, r)
	}
	return list
}

// seen are the mounts of View and their mount points.
func (s *State) seen(a Actor) iter.Seq2[int32, string] {
	return func(yield func(int32, string) bool) {
		root := s.actors[a].root
		for m := range s.tree(root.mount) {
			at := spot{m, s.mounts[m].root}
			if s.reachable(at, root) && !yield(m, s.seenFrom(at, root)) {
				return
			}
		}
	}
}

// seenFrom is the path of a place from a root directory above it.
func (s *State) seenFrom(p, root spot) string {
	if p.mount == root.mount {
		rel, _ := below(p.inside, root.inside)
		return "/" + rel
	}
	x := &s.mounts[p.mount]
	rel, _ := below(p.inside, x.root)
	return join(s.seenFrom(spot{x.parent, x.at}, root), rel)
}

// Count is how many mounts a namespace has, as fs.mount-max counts them.
func (s *State) Count(ns ID) int { return s.spaces[s.byNS[ns]].count }
