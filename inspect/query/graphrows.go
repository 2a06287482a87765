package query

import (
	"cmp"
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// limit leaves out the hubs with the fewest mounts when there are too many to
// be drawn. A hub has no fewer than those below it, so none loses its master.
func (b *graphBuilder) limit() {
	hubs := b.graph.Hubs
	if len(hubs) <= maxHubs {
		return
	}
	for i := len(hubs) - 1; i >= 0; i-- {
		h := hubs[i]
		for _, g := range h.Groups {
			h.mounts += len(g.Members) + len(g.Slaves)
		}
		if h.Up != nil {
			h.Up.mounts += h.mounts
		}
	}
	bySize := slices.Clone(hubs)
	slices.SortStableFunc(bySize, func(x, y *Hub) int { return cmp.Compare(y.mounts, x.mounts) })
	left := map[*Hub]bool{}
	for _, h := range bySize[maxHubs:] {
		left[h] = true
	}
	groups := 0
	for h := range left {
		groups += len(h.Groups)
		for _, g := range h.Groups {
			delete(b.hubOf, g.ID)
		}
	}
	b.graph.Hubs = slices.DeleteFunc(hubs, func(h *Hub) bool { return left[h] })
	b.note("%d peer groups with few mounts are left out", groups)
}

// addRows hangs the mounts of each box on the hubs.
func (b *graphBuilder) addRows() {
	type place struct {
		box   *Box
		hub   *Hub
		slave bool
	}
	rows := map[place]*Row{}
	add := func(m *world.Mount, id snapshot.GroupID, slave bool) {
		at := place{b.boxOf[inoOf(m)], b.hubOf[id], slave}
		if at.hub == nil {
			return
		}
		if rows[at] == nil {
			rows[at] = &Row{Hub: at.hub, Slave: slave}
			at.box.Rows = append(at.box.Rows, rows[at])
		}
		rows[at].Mounts = append(rows[at].Mounts, m)
	}
	for _, g := range b.groups {
		for _, m := range g.Members {
			add(m, g.ID, false)
		}
		for _, m := range g.Slaves {
			if m.PeerGroup == 0 {
				add(m, g.ID, true)
			}
		}
	}
}

// order puts boxes beside the hubs that they hang on and hubs beside their boxes,
// so that few lines cross: hubs of many boxes first, boxes by their first hub,
// then hubs by the middle of their boxes.
func (b *graphBuilder) order() {
	b.graph.Boxes = slices.DeleteFunc(b.graph.Boxes, func(box *Box) bool { return len(box.Rows) == 0 }) // all left out
	boxes := map[*Hub]float64{}
	for _, box := range b.graph.Boxes {
		for _, r := range box.Rows {
			boxes[r.Hub]++
		}
	}
	b.sortHubs(func(h *Hub) float64 { return -boxes[h] })
	b.sortBoxes()
	sum, n := map[*Hub]float64{}, map[*Hub]float64{}
	for i, box := range b.graph.Boxes {
		for _, r := range box.Rows {
			for h := r.Hub; h != nil; h = h.Up {
				sum[h] += float64(i)
				n[h]++
			}
		}
	}
	b.sortHubs(func(h *Hub) float64 { return sum[h] / max(n[h], 1) })
	for _, box := range b.graph.Boxes {
		b.sortRows(box)
	}
}

// sortHubs orders the hubs below each, and those below none.
func (b *graphBuilder) sortHubs(key func(*Hub) float64) {
	below := map[*Hub][]*Hub{}
	for _, h := range b.graph.Hubs {
		below[h.Up] = append(below[h.Up], h)
	}
	list := b.graph.Hubs[:0]
	var add func(up *Hub)
	add = func(up *Hub) {
		slices.SortStableFunc(below[up], func(x, y *Hub) int { return cmp.Compare(key(x), key(y)) })
		for _, h := range below[up] {
			list = append(list, h)
			add(h)
		}
	}
	add(nil)
	b.graph.Hubs = list
}

func (b *graphBuilder) places() map[*Hub]int {
	place := make(map[*Hub]int, len(b.graph.Hubs))
	for i, h := range b.graph.Hubs {
		place[h] = i
	}
	return place
}

func (b *graphBuilder) sortRows(box *Box) {
	place := b.places()
	slices.SortStableFunc(box.Rows, func(x, y *Row) int { return cmp.Compare(place[x.Hub], place[y.Hub]) })
}

func (b *graphBuilder) sortBoxes() {
	place := b.places()
	first := func(box *Box) int {
		least := len(place)
		for _, r := range box.Rows {
			least = min(least, place[r.Hub])
		}
		return least
	}
	slices.SortStableFunc(b.graph.Boxes, func(x, y *Box) int {
		return cmp.Or(cmp.Compare(first(x), first(y)), cmp.Compare(x.NS[0], y.NS[0]))
	})
}
