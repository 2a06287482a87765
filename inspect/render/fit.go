package render

import "slices"

// minShrunk is what a column keeps at least when it is cut.
const minShrunk = 10

// fit cuts columns until the table is no wider than the terminal: those that
// may be cut first before others, and of those the widest.
func (g *grid) fit(limit int) {
	excess := len(g.widths) - 1 - limit
	for _, w := range g.widths {
		excess += w
	}
	for order := slices.Max(g.shrink); order > 0; order-- {
		for excess > 0 {
			i, next := g.widest(order)
			if i < 0 {
				break
			}
			cut := min(g.widths[i]-next, excess)
			g.widths[i] -= cut
			excess -= cut
		}
	}
	for at := range g.lines {
		g.cut(&g.lines[at])
	}
}

// widest is the widest column of an order that may still be cut, -1 when none
// may, and the width at which another of that order is as wide.
func (g *grid) widest(order int) (best, next int) {
	best, next = -1, minShrunk
	for i, w := range g.widths {
		switch {
		case g.shrink[i] != order || w <= minShrunk:
		case best < 0 || w > g.widths[best]:
			if best >= 0 {
				next = max(next, g.widths[best])
			}
			best = i
		default:
			next = max(next, w)
		}
	}
	if best >= 0 && next == g.widths[best] {
		next--
	}
	return best, next
}

func (g *grid) cut(l *line) {
	if l.width(0) > g.widths[0] {
		l.cutIndent(g.widths[0] / 2)
	}
	for i, cell := range l.cells {
		room := g.widths[i]
		if i == 0 {
			room -= 2 * l.level
		}
		if width(cell) > room {
			l.cells[i] = truncate(cell, room)
		}
	}
}

// cutIndent keeps the right end of a drawing that is wider than room, so that
// something of the cell behind it can be seen.
func (l *line) cutIndent(room int) {
	if 2*l.level <= room {
		return
	}
	l.level = room / 2
	drawing := []rune(l.indent)
	if l.indent = ""; l.level > 0 {
		l.indent = "…" + string(drawing[len(drawing)-2*l.level+1:])
	}
}

// truncate cuts a cell that is too wide, and marks it. Marks without a width of
// their own stay with what they stand on.
func truncate(cell string, room int) string {
	used := 1 // the ellipsis
	for i, r := range cell {
		if used += width(string(r)); used > room {
			return cell[:i] + "…"
		}
	}
	return cell
}
