package render

import (
	"bufio"
	"io"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// Style says how a table is to look.
type Style struct {
	Width      int  // columns of the terminal, 0 in a pipe: nothing is cut
	Color      bool // dim what is hidden, mark headings
	Raw        bool // cells separated by one blank, no alignment, no tree
	NoHeadings bool
	NoTruncate bool
}

// drawLimit is the number of rows up to which tablewriter draws. It takes
// about 30 microseconds a row, which a person does not notice in what a
// person reads, and a pipe of ten thousand rows does.
const drawLimit = 200

// line is one row of a table, ready to be measured: indent is the drawing of a
// tree before the first cell, two columns for each level.
type line struct {
	indent string
	level  int
	cells  []string
	dim    bool
}

// width is the number of columns that cell i takes, its indent included.
func (l *line) width(i int) int {
	if i == 0 {
		return 2*l.level + width(l.cells[0])
	}
	return width(l.cells[i])
}

// grid is a table whose cells are final but for their padding.
type grid struct {
	heads  []string
	right  []bool
	shrink []int
	lines  []line
	widths []int
}

func newGrid[R any](cols []Column[R], style Style) *grid {
	g := &grid{}
	for _, c := range cols {
		g.heads = append(g.heads, c.Name)
		g.right = append(g.right, c.Right)
		g.shrink = append(g.shrink, c.Shrink)
	}
	if style.NoHeadings {
		g.widths = make([]int, len(cols))
		return g
	}
	for _, h := range g.heads {
		g.widths = append(g.widths, len(h))
	}
	return g
}

// cellsOf makes the cells of a row harmless.
func cellsOf[R any](cols []Column[R], r R, clean func(string) string) []string {
	cells := make([]string, len(cols))
	for i, c := range cols {
		cells[i] = clean(c.Text(r))
	}
	return cells
}

// printRows prints rows as a table, each a line; dim may be nil.
func printRows[R any](w io.Writer, rows []R, cols []Column[R], style Style, dim func(R) bool) error {
	g := newGrid(cols, style)
	for _, r := range rows {
		g.add(line{cells: cellsOf(cols, r, style.clean()), dim: dim != nil && dim(r)})
	}
	return g.write(w, style)
}

// add takes a line and widens the columns to it.
func (g *grid) add(l line) {
	g.lines = append(g.lines, l)
	if l.level > 0 {
		g.right[0] = false // a tree grows from the left
	}
	for i := range l.cells {
		g.widths[i] = max(g.widths[i], l.width(i))
	}
}

// width is the number of terminal columns a string takes, the same as
// tablewriter counts.
func width(s string) int {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] < ' ' {
			return twwidth.WidthWithOptions(s, twwidth.Options{EastAsianWidth: false})
		}
	}
	return len(s)
}

// write prints the table in the way that suits its size and its reader.
func (g *grid) write(w io.Writer, style Style) error {
	if style.Raw {
		return g.stream(w, style)
	}
	if style.Width > 0 && !style.NoTruncate {
		g.fit(style.Width)
	}
	if style.Width > 0 && len(g.lines) <= drawLimit {
		return g.draw(w, style)
	}
	return g.stream(w, style)
}

// stream prints line by line.
func (g *grid) stream(w io.Writer, style Style) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var b []byte
	if !style.NoHeadings {
		b = g.append(b[:0], line{cells: g.heads}, style)
		_, _ = out.Write(b)
	}
	for _, l := range g.lines {
		b = g.append(b[:0], l, style)
		_, _ = out.Write(b) // a bufio.Writer keeps its first error for Flush
	}
	return out.Flush()
}

// append writes one line, without blanks at its end.
func (g *grid) append(b []byte, l line, style Style) []byte {
	if l.dim && style.Color {
		b = append(b, dimOn...)
	}
	for i, cell := range l.cells {
		if i > 0 {
			b = append(b, ' ')
		}
		if style.Raw {
			b = append(b, cell...)
			continue
		}
		b = g.pad(b, l, i)
	}
	if !style.Raw {
		b = trimBlanks(b)
	}
	if l.dim && style.Color {
		b = append(b, dimOff...)
	}
	return append(b, '\n')
}

func (g *grid) pad(b []byte, l line, i int) []byte {
	blanks := g.widths[i] - l.width(i)
	if i == 0 {
		b = append(b, l.indent...)
	}
	if g.right[i] {
		return append(appendBlanks(b, blanks), l.cells[i]...)
	}
	if i == len(l.cells)-1 {
		blanks = 0 // they would be taken off again, and one long cell makes them many
	}
	return appendBlanks(append(b, l.cells[i]...), blanks)
}

func appendBlanks(b []byte, n int) []byte {
	for ; n > 0; n-- {
		b = append(b, ' ')
	}
	return b
}

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

const (
	dimOn  = "\x1b[2m"
	dimOff = "\x1b[22m"
)
