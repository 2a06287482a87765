package predict

import (
	"maps"
	"path"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// place is a directory or file of a file system, however it is reached.
type place struct {
	dev    snapshot.Dev
	inside string
}

// remove takes a directory away that is empty (rmdir(2)). What its own namespace has mounted
// there keeps it; what others have goes with it, and is the only thing that does:
// it does not propagate (vfs_rmdir, __detach_mounts).
func (s *State) remove(op Op) *Refusal {
	dir, name := path.Split(strings.TrimRight(op.Dst, "/"))
	up, r := s.walk(op.By, dir)
	if r != nil {
		return r
	}
	at := spot{up.mount, join(up.inside, name)}
	if r := s.there(at, op.Dst, true); r != nil {
		return r
	}
	gone := place{s.mounts[at.mount].dev, at.inside}
	var there []int32
	for i := range s.mounts {
		x := &s.mounts[i]
		if x.space == 0 || !s.hasParent(int32(i)) || gone != (place{s.mounts[x.parent].dev, x.at}) {
			continue
		}
		if s.ours(op.By, int32(i)) {
			return s.refuse(EBUSY, IsMountPoint, int32(i), "is mounted there")
		}
		there = append(there, int32(i))
	}
	for _, m := range there {
		s.takeAway(m)
	}
	s.gone = maps.Clone(s.gone)
	if s.gone == nil {
		s.gone = map[place]bool{}
	}
	s.gone[gone] = true
	return nil
}

// takeAway unmounts a mount and all below it, and nothing else.
func (s *State) takeAway(m int32) {
	var set []int32
	for p := range s.tree(m) {
		s.leaves(p, Self, nil, p != m, PlaceRemoved)
		set = append(set, p)
	}
	for _, p := range set {
		s.unlist(p)
	}
	for _, p := range set {
		s.bury(p)
	}
}
