package watch

import (
	"maps"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// kept is the host as the watch knows it, with what it takes to change it fast:
// mounts by id, by parent, and by peer group.
type kept struct {
	spaces  map[uint64]*space           // by inode number
	byID    map[uint64]*space           // by 64-bit id
	tops    map[snapshot.MountID]*space // by the root mount
	mounts  map[snapshot.MountID]*entry
	kids    map[snapshot.MountID][]*entry
	members map[snapshot.GroupID]map[*entry]bool // mounts that are shared:group
	slaves  map[snapshot.GroupID]map[*entry]bool // mounts that have master:group
	devs    map[snapshot.Dev]int                 // mounts of each file system
	// What went lately still tells where other mounts hung: those that go with
	// it are named later.
	lately  map[snapshot.MountID]*entry
	masters map[snapshot.GroupID]snapshot.GroupID
}

// space is a mount namespace that is watched.
type space struct {
	ns     snapshot.Namespace
	ref    snapshot.Ref
	top    snapshot.MountID // its root mount, which no table lists; 0 by mountinfo
	mounts map[snapshot.MountID]*entry
	// noticed: fanotify tells of it. Else number is its file of mountinfo.
	noticed bool
	number  int
	// stale: something changed there, so that what comes without a notice may
	// have too.
	stale bool
	// blind: its mountinfo could not be read, and that was said.
	blind bool
	// told: somebody knows of it, by an event or because it was there at first.
	told bool
	// suspects are mounts that a list has or lacks without a notice, so far.
	suspects map[snapshot.MountID]bool
	seen     int    // the walk that met it last
	checked  int    // the walk after which it was read again last
	scanned  int    // the read of notices after which it was listed last
	text     []byte // mountinfo as it was read last
}

// entry is a mount of a space.
type entry struct {
	in     *space
	m      *snapshot.Mount
	parent snapshot.MountID // the key of the parent, 0 for none in the table
	born   uint64           // number of the event that it came with
}

func newKept() *kept {
	return &kept{
		spaces: map[uint64]*space{}, byID: map[uint64]*space{}, tops: map[snapshot.MountID]*space{},
		mounts: map[snapshot.MountID]*entry{}, kids: map[snapshot.MountID][]*entry{},
		members: map[snapshot.GroupID]map[*entry]bool{}, slaves: map[snapshot.GroupID]map[*entry]bool{},
		devs:   map[snapshot.Dev]int{},
		lately: map[snapshot.MountID]*entry{}, masters: map[snapshot.GroupID]snapshot.GroupID{},
	}
}

// retire removes a mount that other notices may refer to still.
func (k *kept) retire(e *entry) {
	k.lately[Key(e.m)] = e
	if e.m.PeerGroup != 0 {
		k.masters[e.m.PeerGroup] = e.m.Master
	}
	k.remove(e)
}

// forgetLately is for when the notices of what went are told.
func (k *kept) forgetLately() {
	clear(k.lately)
	clear(k.masters)
}

// addSpace begins to keep a namespace with the mounts of its table.
func (k *kept) addSpace(s *space, list []snapshot.Mount) {
	s.mounts = make(map[snapshot.MountID]*entry, len(list))
	k.spaces[s.ns.ID.Ino] = s
	if s.ns.UniqueID != 0 {
		k.byID[s.ns.UniqueID] = s
	}
	if s.top != 0 {
		k.tops[s.top] = s
	}
	keys := make(map[snapshot.MountID]snapshot.MountID, len(list))
	for i := range list {
		keys[list[i].ID] = Key(&list[i])
	}
	for i := range list {
		m := &list[i]
		parent := keys[m.Parent]
		if parent == Key(m) {
			parent = 0
		}
		k.add(s, m, parent)
	}
}

// dropSpace stops keeping a namespace, and returns what was mounted there.
func (k *kept) dropSpace(s *space) []MountChange {
	var gone []MountChange
	for _, key := range slices.Sorted(maps.Keys(s.mounts)) {
		e := s.mounts[key]
		gone = append(gone, MountChange{NS: s.ns.ID.Ino, Before: e.m})
		k.remove(e)
	}
	delete(k.spaces, s.ns.ID.Ino)
	delete(k.byID, s.ns.UniqueID)
	delete(k.tops, s.top)
	return gone
}

func (k *kept) add(s *space, m *snapshot.Mount, parent snapshot.MountID) *entry {
	e := &entry{in: s, m: m, parent: parent}
	s.mounts[Key(m)], k.mounts[Key(m)] = e, e
	k.devs[m.Dev]++
	k.link(e)
	return e
}

func (k *kept) remove(e *entry) {
	k.unlink(e)
	delete(e.in.mounts, Key(e.m))
	delete(k.mounts, Key(e.m))
	if k.devs[e.m.Dev]--; k.devs[e.m.Dev] == 0 {
		delete(k.devs, e.m.Dev)
	}
}

// replace gives a mount another state and parent, and says what changed.
func (k *kept) replace(e *entry, m *snapshot.Mount, parent snapshot.MountID) MountChange {
	c := MountChange{NS: e.in.ns.ID.Ino, Before: e.m, After: m}
	k.unlink(e)
	e.m, e.parent = m, parent
	k.link(e)
	return c
}

func (k *kept) link(e *entry) {
	if e.parent != 0 {
		k.kids[e.parent] = append(k.kids[e.parent], e)
	}
	join(k.members, e.m.PeerGroup, e)
	join(k.slaves, e.m.Master, e)
}

func (k *kept) unlink(e *entry) {
	if e.parent != 0 {
		list := k.kids[e.parent]
		if at := slices.Index(list, e); at >= 0 {
			list = slices.Delete(list, at, at+1)
		}
		if k.kids[e.parent] = list; len(list) == 0 {
			delete(k.kids, e.parent)
		}
	}
	leave(k.members, e.m.PeerGroup, e)
	leave(k.slaves, e.m.Master, e)
}

func join(index map[snapshot.GroupID]map[*entry]bool, g snapshot.GroupID, e *entry) {
	if g == 0 {
		return
	}
	if index[g] == nil {
		index[g] = map[*entry]bool{}
	}
	index[g][e] = true
}

func leave(index map[snapshot.GroupID]map[*entry]bool, g snapshot.GroupID, e *entry) {
	if g == 0 {
		return
	}
	if delete(index[g], e); len(index[g]) == 0 {
		delete(index, g)
	}
}

// masterOf is the group that a group receives from.
func (k *kept) masterOf(g snapshot.GroupID) snapshot.GroupID {
	for e := range k.members[g] {
		return e.m.Master
	}
	return k.masters[g]
}

// receivers are the mounts that a group sends to: its members, and the slaves
// below, of any depth.
func (k *kept) receivers(g snapshot.GroupID) []*entry {
	var list []*entry
	seen := map[snapshot.GroupID]bool{0: true}
	met := map[*entry]bool{}
	var visit func(snapshot.GroupID)
	visit = func(g snapshot.GroupID) {
		if seen[g] {
			return
		}
		seen[g] = true
		for e := range k.members[g] {
			if !met[e] {
				met[e] = true
				list = append(list, e)
			}
		}
		for e := range k.slaves[g] {
			if !met[e] {
				met[e] = true
				list = append(list, e)
			}
			visit(e.m.PeerGroup)
		}
	}
	visit(g)
	return list
}

// spot is where a mount hangs.
func (k *kept) spot(parent snapshot.MountID, point string) spot {
	s := spot{parent: parent, path: point}
	p := k.mounts[parent]
	if p == nil {
		p = k.lately[parent]
	}
	if p != nil {
		s.group, s.master, s.dev = p.m.PeerGroup, p.m.Master, p.m.Dev
		s.path = inFileSystem(p.m, point)
	}
	return s
}

// inFileSystem is a path on a mount, as its file system calls it.
func inFileSystem(m *snapshot.Mount, path string) string {
	rest := path
	if m.Point != "/" {
		rest = strings.TrimPrefix(path, m.Point)
	}
	switch {
	case rest == "" || rest == "/":
		return m.Root
	case m.Root == "/":
		return rest
	}
	return m.Root + rest
}

// onMount is the inverse: where a mount shows a directory of its file system.
func onMount(m *snapshot.Mount, path string) string {
	rest := path
	if m.Root != "/" {
		rest = strings.TrimPrefix(path, m.Root)
	}
	switch {
	case rest == "" || rest == "/":
		return m.Point
	case m.Point == "/":
		return rest
	}
	return m.Point + rest
}

// at is what is mounted at a point of a mount.
func (k *kept) at(parent snapshot.MountID, point string) *entry {
	for _, e := range k.kids[parent] {
		if e.m.Point == point {
			return e
		}
	}
	return nil
}
