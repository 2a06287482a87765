package render

import (
	"cmp"
	"slices"

	"github.com/nsview/nsview/inspect/query"
)

// Sizes of the picture, in pixels. A column is a letter of monospace text of 12
// pixels.
const (
	letter     = 7.23
	rowColumns = 46 // of a mount point

	margin    = 24.0
	hubWide   = 176.0
	hubHigh   = 38.0
	hubGap    = 12.0 // between hubs of a column
	levelGap  = 56.0 // between columns of hubs
	boxReach  = 150.0
	boxWide   = 372.0
	boxHead   = 40.0
	boxGap    = 16.0
	rowHigh   = 20.0
	boxFoot   = 6.0
	lineHigh  = 18.0
	headLines = 2 // title and legend, before the notes
)

// layout says where everything is. Hubs are a tidy forest, roots on the left and
// leaves side by side on the right; the boxes stand right of it in one column, so
// that every line runs from left to right.
type layout struct {
	hubX, hubY  []float64 // left edge, middle
	boxX        float64
	boxY        []float64 // upper edge
	rowY        [][]float64
	wide, high  float64
	at          map[*query.Hub]int
	notesBottom float64
}

func layOut(g query.Graph, notes int) *layout {
	l := &layout{at: hubPlaces(g), hubX: make([]float64, len(g.Hubs)), hubY: make([]float64, len(g.Hubs))}
	l.notesBottom = margin + lineHigh*float64(headLines+notes) + 14
	highest := 0
	for _, h := range g.Hubs {
		highest = max(highest, h.Height)
	}
	for i, h := range g.Hubs {
		l.hubX[i] = margin + float64(highest-h.Height)*(hubWide+levelGap)
	}
	l.boxX = margin + float64(highest)*(hubWide+levelGap) + hubWide + boxReach
	l.wide = l.boxX + boxWide + margin
	l.boxes(g)
	for height := range highest + 1 {
		l.column(g, height)
	}
	l.fit(g)
	return l
}

func (l *layout) boxes(g query.Graph) {
	y := l.notesBottom
	for _, b := range g.Boxes {
		l.boxY = append(l.boxY, y)
		var rows []float64
		for i := range b.Rows {
			rows = append(rows, y+boxHead+rowHigh*(float64(i)+0.5))
		}
		l.rowY = append(l.rowY, rows)
		y += boxHeight(b) + boxGap
	}
}

func boxHeight(b *query.Box) float64 { return boxHead + rowHigh*float64(len(b.Rows)) + boxFoot }

// column places the hubs of one height, each as near as can be to the middle of
// what hangs on it. Those below it have their place.
func (l *layout) column(g query.Graph, height int) {
	sum, n := make([]float64, len(g.Hubs)), make([]float64, len(g.Hubs))
	for i, b := range g.Boxes {
		for j, r := range b.Rows {
			sum[l.at[r.Hub]] += l.rowY[i][j]
			n[l.at[r.Hub]]++
		}
	}
	for i, h := range g.Hubs {
		if h.Up != nil && h.Height < height {
			sum[l.at[h.Up]] += l.hubY[i]
			n[l.at[h.Up]]++
		}
	}
	type hub struct {
		i    int
		wish float64
	}
	var hubs []hub
	for i, h := range g.Hubs {
		if h.Height == height {
			hubs = append(hubs, hub{i, sum[i] / max(n[i], 1)})
		}
	}
	slices.SortStableFunc(hubs, func(x, y hub) int { return cmp.Compare(x.wish, y.wish) })
	wishes := make([]float64, len(hubs))
	for k, h := range hubs {
		wishes[k] = h.wish
	}
	for k, y := range apart(wishes, hubHigh+hubGap) {
		l.hubY[hubs[k].i] = y
	}
}

// apart moves values, whose order stays, as little as is needed to keep them a
// step from each other: those that crowd become one run around their common
// middle (pool adjacent violators).
func apart(wish []float64, step float64) []float64 {
	type run struct{ sum, n float64 } // of wishes, each less the steps before it
	var runs []run
	for i, w := range wish {
		r := run{w - step*float64(i), 1}
		for len(runs) > 0 && runs[len(runs)-1].sum/runs[len(runs)-1].n > r.sum/r.n {
			r.sum += runs[len(runs)-1].sum
			r.n += runs[len(runs)-1].n
			runs = runs[:len(runs)-1]
		}
		runs = append(runs, r)
	}
	out := make([]float64, 0, len(wish))
	for _, r := range runs {
		for range int(r.n) {
			out = append(out, r.sum/r.n+step*float64(len(out)))
		}
	}
	return out
}

// fit moves everything down where a hub would stand above the picture's top,
// and finds out how high it is.
func (l *layout) fit(g query.Graph) {
	top, bottom := l.notesBottom, l.notesBottom
	for _, y := range l.hubY {
		top = min(top, y-hubHigh/2)
		bottom = max(bottom, y+hubHigh/2)
	}
	for i, b := range g.Boxes {
		bottom = max(bottom, l.boxY[i]+boxHeight(b))
	}
	down := l.notesBottom - top
	for i := range l.hubY {
		l.hubY[i] += down
	}
	for i := range l.boxY {
		l.boxY[i] += down
		for j := range l.rowY[i] {
			l.rowY[i][j] += down
		}
	}
	l.high = bottom + down + margin
}
