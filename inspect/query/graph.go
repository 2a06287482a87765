package query

import (
	"fmt"
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Graph is the answer of [Propagation]: what a picture of the peer groups shows.
// A mount is in at most one group and has at most one master, so groups are a
// forest, and every mount hangs on one of them.
type Graph struct {
	Host  string
	Hubs  []*Hub // each behind the one above it
	Boxes []*Box // in the order of the hubs that their mounts hang on
	Notes []string
	Gaps  []snapshot.Gap
}

// Hub is a peer group, or several that have the same master and the same
// namespaces.
type Hub struct {
	Groups []*world.PeerGroup
	Up     *Hub // nil for one that receives from none
	Height int  // the most hubs one below the other below it

	mounts int // in it and below it
}

// Unseen says that no mount that was read is in it.
func (h *Hub) Unseen() bool { return h.Groups[0].Unseen() }

// Box is a mount namespace, or several that are folded.
type Box struct {
	Title string
	NS    []uint64 // inode numbers
	Known []*world.Namespace
	Rows  []*Row
}

// Row is the mounts of a box that hang on a hub in the same way.
type Row struct {
	Hub    *Hub
	Slave  bool // they only receive from it
	Mounts []*world.Mount
}

const (
	maxBoxes  = 30  // namespaces that a person can tell apart
	maxGroups = 40  // peer groups likewise
	maxHubs   = 150 // what is drawn at all
)

// Propagation answers how mounts travel between the namespaces that have part in
// the groups, in a form that can be drawn: namespaces beyond 30 are folded by
// owner, and then, or beyond 40 groups, those that have the same master and the
// same namespaces are one hub. Notes say what was folded.
func Propagation(w *world.World, groups Groups) Graph {
	b := &graphBuilder{
		world: w, graph: Graph{Host: w.Host.Name, Gaps: groups.Gaps}, hubOf: map[snapshot.GroupID]*Hub{},
	}
	for _, r := range groups.Rows {
		b.groups = append(b.groups, r.PeerGroup)
	}
	b.fold()
	b.addHubs()
	b.limit()
	b.addRows()
	b.order()
	return b.graph
}

type graphBuilder struct {
	world  *world.World
	groups []*world.PeerGroup
	boxOf  map[uint64]*Box // by namespace
	index  map[*Box]int
	folded bool
	hubOf  map[snapshot.GroupID]*Hub
	graph  Graph
}

func (b *graphBuilder) note(format string, args ...any) {
	b.graph.Notes = append(b.graph.Notes, fmt.Sprintf(format, args...))
}

// addHubs makes the forest, masters first.
func (b *graphBuilder) addHubs() {
	b.hubs(groupRows(b.groups, true), nil)
	if n := len(b.graph.Hubs); n < len(b.groups) {
		b.note("%d peer groups are drawn as %d: those with the same master and the same namespaces are one", len(b.groups), n)
	}
}

// hubs makes those below one hub, and all below them.
func (b *graphBuilder) hubs(rows []GroupRow, up *Hub) {
	var fresh []*Hub
	alike, below := map[string]*Hub{}, map[*Hub][]GroupRow{}
	for _, r := range rows {
		key := b.likeness(r.PeerGroup)
		h := alike[key]
		if h == nil {
			h = &Hub{Up: up}
			alike[key], fresh = h, append(fresh, h)
		}
		h.Groups = append(h.Groups, r.PeerGroup)
		b.hubOf[r.ID] = h
		below[h] = append(below[h], r.Under...)
	}
	for _, h := range fresh {
		b.graph.Hubs = append(b.graph.Hubs, h)
		b.hubs(below[h], h)
		if up != nil {
			up.Height = max(up.Height, h.Height+1)
		}
	}
}

// likeness is the same for groups that may be drawn as one: never for few groups
// between few namespaces.
func (b *graphBuilder) likeness(g *world.PeerGroup) string {
	if len(b.groups) <= maxGroups && !b.folded {
		return fmt.Sprint(g.ID)
	}
	member, slave := map[int]bool{}, map[int]bool{}
	for _, m := range g.Members {
		member[b.index[b.boxOf[inoOf(m)]]] = true
	}
	for _, m := range g.Slaves {
		if m.PeerGroup == 0 {
			slave[b.index[b.boxOf[inoOf(m)]]] = true
		}
	}
	return fmt.Sprint(sortedKeys(member), sortedKeys(slave), g.Unseen())
}

func inoOf(m *world.Mount) uint64 { return m.View.Table.NS.Ino }

func sortedKeys(set map[int]bool) []int {
	keys := make([]int, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
