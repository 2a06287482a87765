package query

import (
	"fmt"
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// GroupsQuery says which peer groups are asked for. The zero value asks for
// all.
type GroupsQuery struct {
	IDs  []snapshot.GroupID
	NS   uint64 // only those with a member or slave in this namespace, 0 for all
	Tree bool   // masters above the groups that receive from them
}

// Groups is the answer of [PeerGroups].
type Groups struct {
	Rows []GroupRow
	Gaps []snapshot.Gap
}

// GroupRow is one peer group, with those below it when a tree was asked for.
type GroupRow struct {
	*world.PeerGroup
	Under []GroupRow
}

// Example is a mount of the group that tells what is mounted: a member, or
// where none was seen a slave.
func (r GroupRow) Example() *world.Mount {
	if len(r.Members) > 0 {
		return r.Members[0]
	}
	return r.Slaves[0]
}

// Namespaces is the number of namespaces with a member.
func (r GroupRow) Namespaces() int {
	seen := map[uint64]bool{}
	for _, m := range r.Members {
		seen[m.View.Table.NS.Ino] = true
	}
	return len(seen)
}

// PeerGroups answers which peer groups the host has.
func PeerGroups(w *world.World, q GroupsQuery) (Groups, error) {
	all := w.Groups()
	for _, id := range q.IDs {
		if all.Get(id) == nil {
			return Groups{}, fmt.Errorf("find peer group %v: no mount that was read is in it or receives from it", id)
		}
	}
	chosen := slices.DeleteFunc(slices.Clone(all.List), func(g *world.PeerGroup) bool {
		return len(q.IDs) > 0 && !slices.Contains(q.IDs, g.ID) || q.NS != 0 && !touches(g, q.NS)
	})
	return Groups{Rows: groupRows(chosen, q.Tree), Gaps: w.Gaps}, nil
}

func touches(g *world.PeerGroup, ns uint64) bool {
	in := func(m *world.Mount) bool { return m.View.Table.NS.Ino == ns }
	return slices.ContainsFunc(g.Members, in) || slices.ContainsFunc(g.Slaves, in)
}

// groupRows makes rows of the groups, in a tree each below its master where
// that was chosen too.
func groupRows(chosen []*world.PeerGroup, tree bool) []GroupRow {
	if tree {
		m := newMasters(chosen)
		return append(m.rows(chosen, true), m.rows(chosen, false)...) // the second are masters of each other
	}
	rows := make([]GroupRow, len(chosen))
	for i, g := range chosen {
		rows[i].PeerGroup = g
	}
	return rows
}

// masters hangs each of some groups below its master.
type masters struct {
	chosen map[snapshot.GroupID]bool
	used   map[snapshot.GroupID]bool // a saved host may claim a loop
}

func newMasters(chosen []*world.PeerGroup) masters {
	f := masters{chosen: make(map[snapshot.GroupID]bool, len(chosen)), used: map[snapshot.GroupID]bool{}}
	for _, g := range chosen {
		f.chosen[g.ID] = true
	}
	return f
}

func (f masters) rows(list []*world.PeerGroup, top bool) []GroupRow {
	var out []GroupRow
	for _, g := range list {
		if f.used[g.ID] || !top && !f.chosen[g.ID] || top && f.chosen[g.Master] && g.Master != g.ID {
			continue
		}
		f.used[g.ID] = true
		out = append(out, GroupRow{PeerGroup: g, Under: f.rows(g.Below, false)})
	}
	return out
}
