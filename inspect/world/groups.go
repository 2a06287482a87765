package world

import (
	"cmp"
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
)

// PeerGroup is the set of mounts that send each other what is mounted on them,
// over all namespaces whose tables were read (mount_namespaces(7)).
type PeerGroup struct {
	ID      snapshot.GroupID
	Master  snapshot.GroupID // the group it receives from, 0 for none
	Members []*Mount         // those that are shared:ID
	Slaves  []*Mount         // those that have master:ID, shared themselves or not
	Below   []*PeerGroup     // the groups whose master it is
	// Far are the mounts that receive from it through groups of which no
	// member was seen: the kernel says so where they are read from mountinfo
	// (propagate_from).
	Far []*Mount
}

// Unseen says that no namespace that was read has a member: the group is known
// only as the master of others.
func (g *PeerGroup) Unseen() bool { return len(g.Members) == 0 }

// Groups are the peer groups of a host.
type Groups struct {
	List []*PeerGroup // by number
	byID map[snapshot.GroupID]*PeerGroup
}

// Get is a peer group by number, nil when no mount speaks of it.
func (g *Groups) Get(id snapshot.GroupID) *PeerGroup { return g.byID[id] }

// Groups are the peer groups of the host, gathered when they are first asked for.
// They must not be changed.
func (w *World) Groups() *Groups { return w.groups() }

// Groups are those of the world that the view is of.
func (v *View) Groups() *Groups { return v.world.Groups() }

// gatherGroups gathers the mounts by peer group. What a process with another root
// sees is a part of its namespace's table and counts once, unless only that was
// read.
func (w *World) gatherGroups() *Groups {
	g := &Groups{byID: map[snapshot.GroupID]*PeerGroup{}}
	whole := map[uint64]bool{}
	for _, v := range w.Views {
		if v.PID == 0 {
			whole[v.Table.NS.Ino] = true
			g.add(v, nil)
		}
	}
	met := map[snapshot.MountID]bool{} // two processes may see the same mount
	for _, v := range w.Views {
		if v.PID != 0 && !whole[w.homeOf(v)] {
			g.add(v, met)
		}
	}
	slices.SortFunc(g.List, func(a, b *PeerGroup) int { return cmp.Compare(a.ID, b.ID) })
	for _, below := range g.List {
		if up := g.byID[below.Master]; up != nil {
			up.Below = append(up.Below, below)
		}
		g.bridge(below)
	}
	return g
}

// homeOf is the number of the namespace that a process's view belongs to. An
// ordinary user may not read it of others, but it may have been inferred.
func (w *World) homeOf(v *View) uint64 {
	if p := w.Process(v.PID); p != nil && v.Table.NS.Ino == 0 {
		return p.NS[snapshot.Mnt]
	}
	return v.Table.NS.Ino
}

// bridge joins the slaves of an unseen group with the groups above it that the
// kernel names: what it names for one of them is above all.
func (g *Groups) bridge(unseen *PeerGroup) {
	if !unseen.Unseen() {
		return
	}
	done := map[snapshot.GroupID]bool{}
	for _, m := range unseen.Slaves {
		if up := g.byID[m.From]; up != nil && !done[m.From] {
			done[m.From] = true
			up.Far = append(up.Far, unseen.Slaves...)
		}
	}
}

// add takes the mounts of a view; met, if any, remembers them.
func (g *Groups) add(v *View, met map[snapshot.MountID]bool) {
	for _, m := range v.Mounts {
		if met[m.ID] {
			continue
		}
		if met != nil {
			met[m.ID] = true
		}
		if m.PeerGroup != 0 {
			own := g.group(m.PeerGroup)
			own.Members = append(own.Members, m)
			own.Master = max(own.Master, m.Master)
		}
		if m.Master != 0 {
			up := g.group(m.Master)
			up.Slaves = append(up.Slaves, m)
		}
	}
}

func (g *Groups) group(id snapshot.GroupID) *PeerGroup {
	p := g.byID[id]
	if p == nil {
		p = &PeerGroup{ID: id}
		g.byID[id] = p
		g.List = append(g.List, p)
	}
	return p
}
