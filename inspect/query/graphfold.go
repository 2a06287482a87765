package query

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// fold gives every namespace with a mount in the groups its box. More than a
// person can tell apart are folded: first those of one owner that hang on the
// same groups, then ever coarser.
func (b *graphBuilder) fold() {
	spaces := b.spaces()
	ways := []struct {
		by  string
		key func(uint64) string
	}{
		{"", func(ino uint64) string { return strconv.FormatUint(ino, 10) }},
		{"those of one owner that hang in the same groups", b.shaped(b.ownerName)},
		{"those of one kind of owner that hang in the same groups", b.shaped(b.ownerKind)},
		{"those of one kind of owner", b.ownerKind},
		{"all of them", func(uint64) string { return "all namespaces" }},
	}
	for _, way := range ways {
		if b.boxes(spaces, way.key); len(b.graph.Boxes) > maxBoxes {
			continue
		}
		if b.folded = way.by != ""; b.folded {
			b.note("%d namespaces are folded into %d: %s", len(spaces), len(b.graph.Boxes), way.by)
		}
		return
	}
}

// spaces are the namespaces with a mount in the groups, by number.
func (b *graphBuilder) spaces() []uint64 {
	seen := map[uint64]bool{}
	var list []uint64
	add := func(mounts []*world.Mount) {
		for _, m := range mounts {
			if ino := inoOf(m); !seen[ino] {
				seen[ino] = true
				list = append(list, ino)
			}
		}
	}
	for _, g := range b.groups {
		add(g.Members)
		add(g.Slaves)
	}
	slices.Sort(list)
	return list
}

// boxes puts namespaces with the same key into one box.
func (b *graphBuilder) boxes(spaces []uint64, key func(uint64) string) {
	b.graph.Boxes, b.boxOf, b.index = nil, map[uint64]*Box{}, map[*Box]int{}
	boxes := map[string]*Box{}
	for _, ino := range spaces {
		k := key(ino)
		box := boxes[k]
		if box == nil {
			title, _, _ := strings.Cut(k, "\x00")
			box = &Box{Title: title}
			boxes[k] = box
			b.index[box] = len(b.graph.Boxes)
			b.graph.Boxes = append(b.graph.Boxes, box)
		}
		box.NS = append(box.NS, ino)
		if n := b.world.Lookup(ino); n != nil {
			box.Known = append(box.Known, n)
		}
		b.boxOf[ino] = box
	}
	for _, box := range b.graph.Boxes {
		if len(box.NS) == 1 {
			box.Title = b.ownerName(box.NS[0])
		}
	}
}

// ownerName is whose a namespace is: the owner of its first process, or what
// that runs.
func (b *graphBuilder) ownerName(ino uint64) string {
	n := b.world.Lookup(ino)
	if n == nil || n.Lead() == nil {
		return "no process"
	}
	p := n.Lead()
	if o := b.world.OwnerOf(p); !o.IsZero() {
		return o.String()
	}
	command, _, _ := strings.Cut(p.Cmdline, " ")
	return cmp.Or(path.Base(cmp.Or(command, p.Comm)), fmt.Sprintf("process %d", p.PID))
}

// ownerKind is what sort of owner that is.
func (b *graphBuilder) ownerKind(ino uint64) string {
	n := b.world.Lookup(ino)
	if n == nil || n.Lead() == nil {
		return "no process"
	}
	o := b.world.OwnerOf(n.Lead())
	switch {
	case o.Pod != "" || o.PodUID != "":
		return "pods"
	case o.Kind == world.OwnerContainer:
		return cmp.Or(o.Engine, "unknown") + " containers"
	case o.IsZero():
		return "of no container or unit"
	}
	return string(o.Kind) + "s"
}

// shaped adds to the owner how the namespace hangs on groups that go through
// several namespaces. The groups of its own are left out: they differ by number
// alone.
func (b *graphBuilder) shaped(owner func(uint64) string) func(uint64) string {
	s := shapes{of: map[uint64]map[string]bool{}, group: map[snapshot.GroupID]*world.PeerGroup{}}
	for _, g := range b.groups {
		s.group[g.ID] = g
	}
	for _, g := range b.groups {
		s.add(g)
	}
	return func(ino uint64) string {
		marks := make([]string, 0, len(s.of[ino]))
		for m := range s.of[ino] {
			marks = append(marks, m)
		}
		slices.Sort(marks)
		return owner(ino) + "\x00" + strings.Join(marks, " ")
	}
}

// shapes gathers how each namespace hangs on wide groups.
type shapes struct {
	of    map[uint64]map[string]bool
	group map[snapshot.GroupID]*world.PeerGroup
}

func (s shapes) mark(m *world.Mount, how string, id snapshot.GroupID) {
	ino := inoOf(m)
	if s.of[ino] == nil {
		s.of[ino] = map[string]bool{}
	}
	s.of[ino][how+strconv.FormatUint(uint64(id), 10)] = true
}

func (s shapes) add(g *world.PeerGroup) {
	up := s.wide(g.ID)
	for _, m := range g.Members {
		if how := "member "; up == g.ID {
			s.mark(m, how, up)
		} else {
			s.mark(m, "relay ", up)
		}
	}
	for _, m := range g.Slaves {
		if m.PeerGroup == 0 {
			s.mark(m, "slave ", up)
		}
	}
}

// wide is the nearest group at or above one that goes through several
// namespaces, 0 for none.
func (s shapes) wide(id snapshot.GroupID) snapshot.GroupID {
	for range len(s.group) {
		g := s.group[id]
		if g == nil {
			return 0
		}
		for _, m := range g.Members {
			if inoOf(m) != inoOf(g.Members[0]) {
				return id
			}
		}
		if g.Unseen() {
			return id
		}
		id = g.Master
	}
	return 0
}
