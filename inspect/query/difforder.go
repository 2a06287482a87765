package query

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// compareOrder compares how the mounts that both views have at one path lie on
// each other. What only one side has there does not count: it is a row already.
func (d *differ) compareOrder() {
	for start := 0; start < len(d.pairs); {
		end := start + 1
		for end < len(d.pairs) && d.pairs[end].a.Point == d.pairs[start].a.Point {
			end++
		}
		d.compareStack(d.pairs[start:end])
		start = end
	}
}

func (d *differ) compareStack(stack []pairOf) {
	inB := slices.Clone(stack)
	slices.SortFunc(inB, func(x, y pairOf) int { return cmp.Compare(x.at, y.at) })
	for i, p := range stack {
		d.changed("order", p.a, levelText(i, len(stack)), levelText(slices.Index(inB, p), len(stack)))
	}
}

// levelText is a place in a stack, counted from below.
func levelText(i, of int) string { return fmt.Sprintf("%d of %d", i+1, of) }

// TableGaps are what is known to be missing, or may be, from the tables of the
// views. What a process sees is never more than its own mountinfo shows.
func TableGaps(w *world.World, views ...*world.View) []snapshot.Gap {
	var gaps []snapshot.Gap
	for i, v := range views {
		if v.PID == 0 && !slices.Contains(views[:i], v) {
			gaps = append(gaps, tableGaps(w, v)...)
		}
	}
	return gaps
}

func tableGaps(w *world.World, v *world.View) []snapshot.Gap {
	name := fmt.Sprintf("mnt:[%d]", v.Table.NS.Ino)
	gaps := slices.DeleteFunc(slices.Clone(w.Gaps), func(g snapshot.Gap) bool {
		return g.Subject != name || !g.OfMounts()
	})
	bare := v.NS != nil && v.NS.Inferred && v.NS.Lead() == nil
	if len(gaps) == 0 && !v.Whole && !bare {
		gaps = append(gaps, snapshot.Gap{
			Subject: name, Op: "read its mount table",
			Error: "it may not be whole: the root directory of the process it was read from is not known",
		})
	}
	return gaps
}
