package preview

import (
	"cmp"
	"slices"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/names"
)

// Group is what would happen to a peer group.
type Group struct {
	Kind Kind               // New, Gone or Changed: it has other mounts, or another master
	Left []*world.Mount     // its mounts and slaves that it would lose, as they are
	came map[names.Key]bool // those that it would gain
}

// Came is how many mounts and slaves it would gain.
func (g *Group) Came() int { return len(g.came) }

// homeOf is the group that a mount is told with: the one that it is in, or else
// the one that it only receives from; 0 for none.
func homeOf(m *world.Mount) snapshot.GroupID {
	if m == nil {
		return 0
	}
	return cmp.Or(m.PeerGroup, m.Master)
}

// regroup notes which groups a mount would leave and join.
func (v *Preview) regroup(was, now *world.Mount) {
	from, to := homeOf(was), homeOf(now)
	switch {
	case from == 0 && to == 0:
	case from != to || (was.PeerGroup == 0) != (now.PeerGroup == 0):
		if from != 0 {
			g := v.group(from)
			g.Left = append(g.Left, was)
		}
		if to != 0 {
			v.group(to).came[names.KeyOf(now)] = true
		}
	case was.Master != now.Master:
		v.group(from)
	}
}

func (v *Preview) group(id snapshot.GroupID) *Group {
	g := v.groups[id]
	if g == nil {
		g = &Group{came: map[names.Key]bool{}}
		v.groups[id] = g
	}
	return g
}

// judgeGroups says of the groups that would differ how.
func (v *Preview) judgeGroups() {
	before, after := v.Prediction.World.Groups(), v.After.Groups()
	for id, g := range v.groups {
		slices.SortFunc(g.Left, func(a, b *world.Mount) int {
			return cmp.Or(cmp.Compare(a.View.Table.NS.Ino, b.View.Table.NS.Ino), cmp.Compare(a.ID, b.ID))
		})
		switch was := before.Get(id); {
		case was == nil:
			g.Kind = New
		case after.Get(id) == nil:
			g.Kind = Gone
			v.ended = append(v.ended, was)
		default:
			g.Kind = Changed
		}
	}
	slices.SortFunc(v.ended, func(a, b *world.PeerGroup) int { return cmp.Compare(a.ID, b.ID) })
}

// OfGroup is what would happen to a peer group, nil for nothing.
func (v *Preview) OfGroup(id snapshot.GroupID) *Group {
	if v == nil {
		return nil
	}
	return v.groups[id]
}

// KindOfGroup is how a peer group would differ.
func (v *Preview) KindOfGroup(id snapshot.GroupID) Kind {
	if g := v.OfGroup(id); g != nil {
		return g.Kind
	}
	return Same
}

// KindIn is how a mount of a peer group would differ, as the group sees it: New
// and Gone are what joins it and what leaves it.
func (v *Preview) KindIn(id snapshot.GroupID, m *world.Mount) Kind {
	g, c := v.OfGroup(id), v.OfMount(m)
	switch {
	case g != nil && g.came[names.KeyOf(m)]:
		return New
	case g != nil && c != nil && c.Was == m: // as it is: of those the group has only what leaves
		return Gone
	}
	return v.KindOf(m)
}

// Groups puts the peer groups that would be gone among those that would be there,
// each below its old master.
func (v *Preview) Groups(rows []query.GroupRow) []query.GroupRow {
	if v == nil || len(v.ended) == 0 {
		return rows
	}
	below := map[snapshot.GroupID][]query.GroupRow{} // of a master, and not yet placed
	for _, g := range v.ended {
		below[g.Master] = append(below[g.Master], query.GroupRow{PeerGroup: g})
	}
	var place func([]query.GroupRow) []query.GroupRow
	place = func(rows []query.GroupRow) []query.GroupRow {
		list := make([]query.GroupRow, 0, len(rows))
		for _, r := range rows {
			under := slices.Concat(r.Under, below[r.ID])
			delete(below, r.ID)
			r.Under = place(under)
			list = append(list, r)
		}
		return list
	}
	rows = place(rows)
	for _, g := range v.ended { // masters of others, or of each other
		if list := below[g.Master]; list != nil {
			delete(below, g.Master)
			rows = append(rows, place(list)...)
		}
	}
	return rows
}
