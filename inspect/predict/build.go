package predict

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// New is the state of a host as it was seen. What was not seen is in Gaps, and
// is not touched by any prediction.
func New(w *world.World, rules Rules) *State {
	if rules.MountMax == 0 {
		rules.MountMax = int(w.Host.MaxMnts)
	}
	s := &State{rules: rules, byNS: map[ID]int32{}, lesser: map[ID]ID{}}
	s.nodes, s.spaces = make([]node, 1), make([]space, 1)
	s.mounts, s.kinds = []mount{{}, {parent: inner, root: "/", at: "/", kind: 1}}, []fsKind{{}, {"nsfs", "nsfs"}}
	b := builder{State: s, world: w, groups: map[snapshot.GroupID]int32{}}
	b.users()
	views := b.views()
	for _, v := range views {
		b.view(v)
	}
	b.masters()
	b.owners()
	for _, v := range views {
		if b.Lesser(ID(v.Table.NS.Ino)) {
			b.lock(v)
		}
	}
	return s
}

// Where is a place of a file system that is asked about: see [State.Knows].
type Where struct {
	// Mount is a mount of the world that shows the place or was mounted by
	// none of the operations; nil on a file system that one of them has made.
	Mount          *world.Mount
	FSType, Source string
	Inside         string // the path in the file system
}

// Knows has the state ask what is at a place of a file system.
func (s *State) Knows(ask func(Where) Entry) { s.known = ask }

// Gaps are what of the host could not be seen, and the predictions leave out.
func (s *State) Gaps() []string { return s.gaps }

// Use notes that something besides mounts keeps a mount busy: an open file, a
// working or root directory.
func (s *State) Use(m *world.Mount) {
	if i := s.indexOf(m); i != 0 {
		s.mounts[i].busy++
	}
}

// Write notes that a file of a mount is open for writing, which keeps it from
// becoming read-only; that the mount is in use has to be noted besides.
func (s *State) Write(m *world.Mount) {
	if i := s.indexOf(m); i != 0 {
		s.mounts[i].writers++
	}
}

// Open notes that a path is opened, or entered, as an actor sees it: the mount
// that it leads to is busy from now on.
func (s *State) Open(a Actor, name string) *Refusal {
	at, r := s.walk(a, name)
	if r == nil {
		s.mounts[at.mount].busy++
	}
	return r
}

// OpenToWrite notes that a file is opened for writing, which keeps its mount busy
// and from becoming read-only.
func (s *State) OpenToWrite(a Actor, name string) *Refusal {
	at, r := s.walk(a, name)
	switch {
	case r != nil:
		return r
	case s.entry(at) == Directory:
		return s.refuse(EISDIR, DirOnFile, at.mount, "is not what a file is on: "+name+" is a directory")
	case s.where(at).FSType == "nsfs":
		return s.refuse(EPERM, NotPermitted, at.mount, "shows the file of a namespace, which nobody writes to")
	case s.mounts[at.mount].flags&ReadOnly != 0:
		return s.refuse(EROFS, MountedReadOnly, at.mount, "is mounted read-only")
	}
	s.mounts[at.mount].busy++
	s.mounts[at.mount].writers++
	return nil
}

func (s *State) indexOf(m *world.Mount) int32 {
	for i := 1; i < len(s.mounts); i++ {
		if x := &s.mounts[i]; x.base != nil && x.space != 0 && x.id == ID(m.ID) {
			return int32(i)
		}
	}
	return 0
}

// builder turns a world into a state.
type builder struct {
	*State
	world  *world.World
	groups map[snapshot.GroupID]int32
	oldest map[snapshot.Dev]snapshot.MountID // by file system, the lowest id of its mounts
}

// users finds the user namespaces that are below another.
func (b *builder) users() {
	for _, n := range b.world.Namespaces {
		switch {
		case n.Type != snapshot.User:
		case n.Above != nil:
			b.lesser[ID(n.ID.Ino)] = ID(n.Above.ID.Ino)
		case !n.Parent.IsZero():
			b.lesser[ID(n.ID.Ino)] = ID(n.Parent.Ino)
		}
	}
}

// views are the tables to build from: one of each namespace, of the whole of it
// where that was read.
func (b *builder) views() []*world.View {
	best := map[uint64]*world.View{}
	for _, v := range b.world.Views {
		have := best[v.Table.NS.Ino]
		if have == nil || have.PID != 0 && v.PID == 0 || have.PID != 0 && v.PID != 0 && len(v.Mounts) > len(have.Mounts) {
			best[v.Table.NS.Ino] = v
		}
	}
	var list []*world.View
	for _, v := range b.world.Views {
		if best[v.Table.NS.Ino] == v {
			list = append(list, v)
			if v.PID != 0 {
				b.gaps = append(b.gaps, fmt.Sprintf("mnt:[%d]: only what pid %d sees of it below its root directory", v.Table.NS.Ino, v.PID))
			}
			if v.Partial {
				b.gaps = append(b.gaps, fmt.Sprintf("mnt:[%d]: only its mounts that receive were read", v.Table.NS.Ino))
			}
		}
	}
	for _, n := range b.world.Namespaces {
		if n.Type == snapshot.Mnt && best[n.ID.Ino] == nil {
			b.gaps = append(b.gaps, fmt.Sprintf("mnt:[%d]: its mounts were not read", n.ID.Ino))
		}
	}
	return list
}

func (b *builder) view(v *world.View) {
	i := int32(len(b.spaces))
	sp := space{id: ID(v.Table.NS.Ino), count: len(v.Mounts)}
	if v.NS != nil {
		sp.user, sp.seq = ID(v.NS.Owner.Ino), v.NS.UniqueID
	}
	b.byNS[sp.id] = i
	roots := v.Roots
	if v.Partial {
		roots = v.Mounts
	}
	if len(roots) == 1 && roots[0].Mount.Parent == roots[0].ID {
		sp.root = b.add(roots[0], i)
		b.below(roots[0], sp.root, i)
		b.spaces = append(b.spaces, sp)
	} else {
		sp.hidden = true
		sp.count++
		sp.root = b.newMount(mount{id: b.hiddenID(roots), root: "/", at: "/", space: i})
		b.spaces = append(b.spaces, sp)
		for _, r := range roots {
			m := b.add(r, i)
			b.adopt(sp.root, hiddenPoint(r), m)
			b.below(r, m, i)
		}
	}
	if v.NS != nil && v.NS.NrMounts != nil {
		b.spaces[i].count = *v.NS.NrMounts + 1
	}
	b.spaces[i].view = b.viewRoot(sp.root)
}

// hiddenID is the number of the mount below the roots of a table, as they tell.
func (b *builder) hiddenID(roots []*world.Mount) ID {
	for _, r := range roots {
		if r.Mount.Parent != 0 && r.Mount.Parent != r.ID {
			return ID(r.Mount.Parent)
		}
	}
	b.lastMount--
	return b.lastMount
}

func hiddenPoint(m *world.Mount) string {
	if m.Unreachable || m.Point == "" {
		return "?" + strconv.FormatUint(uint64(m.ID), 10)
	}
	return m.Point
}

// viewRoot is what processes have for root: the first mount on the namespace's
// root mount, which itself is seldom seen.
func (b *builder) viewRoot(root int32) int32 {
	if over := b.over(root); over != 0 {
		return over
	}
	return root
}

// add takes a mount of the world over.
func (b *builder) add(m *world.Mount, space int32) int32 {
	x := mount{id: ID(m.ID), space: space, root: m.Root, at: m.Root, dev: m.Dev, base: m, flags: FlagsOf(m.VFSOptions)}
	if m.Unbindable {
		x.mark |= unbindable
	}
	if isNamespaceFile(m) {
		x.mark |= nsFile
	}
	i := b.newMount(x)
	switch {
	case m.PeerGroup != 0:
		b.member(i, b.group(m.PeerGroup))
	case m.Master != 0:
		b.member(i, b.newNode(0, b.group(m.Master)))
	}
	return i
}

func (b *builder) member(m, n int32) {
	b.mounts[m].node, b.mounts[m].seat = n, int32(len(b.nodes[n].members))
	b.nodes[n].members = append(b.nodes[n].members, m)
}

func (b *builder) group(id snapshot.GroupID) int32 {
	n, ok := b.groups[id]
	if !ok {
		n = b.newNode(ID(id), 0)
		b.groups[id] = n
	}
	return n
}

// below takes over what is mounted on a mount, in the order of age: unique ids
// tell it, of the others later ones are mostly higher.
func (b *builder) below(m *world.Mount, parent, space int32) {
	children := m.Children
	if !slices.IsSortedFunc(children, byAge) {
		children = slices.SortedStableFunc(slices.Values(children), byAge)
	}
	b.shadows(m, children)
	for _, c := range children {
		i := b.add(c, space)
		b.adopt(parent, placeOn(m, c), i)
		b.below(c, i, space)
	}
}

// shadows notes where two mounts are at one place: see [Rules.ShadowMounts].
func (b *builder) shadows(m *world.Mount, children []*world.Mount) {
	if !b.rules.ShadowMounts || len(children) < 2 {
		return
	}
	met := make(map[string]bool, len(children))
	for _, c := range children {
		at := placeOn(m, c)
		if met[at] {
			b.gaps = append(b.gaps, "two mounts are at "+c.Point+" on one and the same: which of them the path leads to cannot be read")
		}
		met[at] = true
	}
}

func byAge(a, b *world.Mount) int { return cmp.Compare(a.UniqueID, b.UniqueID) }

// placeOn is the mount point of a child as a path of its parent's file system.
func placeOn(parent, child *world.Mount) string {
	rel, ok := below(child.Point, parent.Point)
	switch {
	case child.Unreachable || parent.Unreachable || !ok:
		return hiddenPoint(&world.Mount{Mount: &snapshot.Mount{ID: child.ID, Unreachable: true}})
	case rel == "":
		return parent.Root
	case parent.Root == "/": // a part of what is there, as for most mounts
		return child.Point[len(child.Point)-len(rel)-1:]
	}
	return join(parent.Root, rel)
}

// masters puts each group below the group that its members receive from. Of a
// group without members on this host the kernel names the one above it only to
// its slaves (propagate_from).
func (b *builder) masters() {
	for _, g := range b.world.Groups().List {
		n := b.groups[g.ID]
		if n == 0 {
			continue // only in views that were left out
		}
		if up := b.groups[g.Master]; g.Master != 0 && up != 0 && up != n && b.nodes[n].master == 0 && !b.loops(n, up) {
			b.serve(n, up)
		}
		for _, far := range g.Far {
			if unseen := b.groups[far.Master]; unseen != 0 && b.nodes[unseen].master == 0 && !b.loops(unseen, n) {
				b.serve(unseen, n)
			}
		}
	}
}

// loops says whether a group would become its own master, as a damaged file may
// claim.
func (b *builder) loops(n, up int32) bool {
	for ; up != 0; up = b.nodes[up].master {
		if up == n {
			return true
		}
	}
	return false
}

// lock marks the mounts that came with a less privileged namespace when it was
// made. No interface shows which, but they were made in one go, one after the
// other in the order of the tree, so that their unique ids follow each other;
// and they are copies of mounts that were there before.
func (b *builder) lock(v *world.View) {
	home := b.byNS[ID(v.Table.NS.Ino)]
	last := snapshot.MountID(0)
	for m := range b.tree(b.spaces[home].root) {
		x := &b.mounts[m]
		if x.base == nil {
			continue
		}
		id := x.base.UniqueID
		if last != 0 && id != 0 && (id < last || id > last+interlopers) || !b.copied(x, home) {
			continue
		}
		last = id
		x.keep = x.flags&(ReadOnly|NoDev|NoSuid|NoExec) | atimeFlags
		x.mark |= keepGuessed
		if b.hasParent(m) {
			x.mark |= locked | guessed
		}
	}
}

// interlopers is how many mounts others may make while one namespace is copied.
const interlopers = 64

// copied says whether a mount can be a copy: another namespace has an older one
// of the file system, or no other was read.
func (b *builder) copied(x *mount, home int32) bool {
	if b.oldest == nil {
		b.oldest = map[snapshot.Dev]snapshot.MountID{}
		for _, v := range b.world.Views {
			for _, m := range v.Mounts {
				if id, ok := b.oldest[m.Dev]; !ok || m.UniqueID < id {
					b.oldest[m.Dev] = m.UniqueID
				}
			}
		}
	}
	return len(b.world.Views) == 1 || x.base.UniqueID == 0 || b.oldest[x.dev] < x.base.UniqueID
}
