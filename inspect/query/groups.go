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
	all := world.GroupsOf(w)
	for _, id := range q.IDs {
		if all.Get(id) == nil {
			return Groups{}, fmt.Errorf("find peer group %d: no mount that was read is in it or receives from it", id)
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
	isChosen := make(map[snapshot.GroupID]bool, len(chosen))
	for _, g := range chosen {
		isChosen[g.ID] = tree
	}
	used := map[snapshot.GroupID]bool{}
	var rows func([]*world.PeerGroup, bool) []GroupRow
	rows = func(list []*world.PeerGroup, top bool) []GroupRow {
		var out []GroupRow
		for _, g := range list {
			if used[g.ID] || !top && !isChosen[g.ID] || top && isChosen[g.Master] && g.Master != g.ID {
				continue
			}
			used[g.ID] = true // a saved host may claim a loop
			row := GroupRow{PeerGroup: g}
			if tree {
				row.Under = rows(g.Below, false)
			}
			out = append(out, row)
		}
		return out
	}
	return rows(chosen, true)
}
