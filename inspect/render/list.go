package render

import (
	"io"

	"github.com/nsview/nsview/inspect/query"
)

// Namespaces prints the answer of list as a table.
func Namespaces(w io.Writer, a query.Namespaces, cols []Column[query.NamespaceRow], style Style) error {
	g := newGrid(cols, style)
	namespaceLines(g, a.Rows, cols, style, branch{})
	return g.write(w, style)
}

func namespaceLines(g *grid, rows []query.NamespaceRow, cols []Column[query.NamespaceRow], style Style, at branch) {
	for i, r := range rows {
		below, indent := at.next(i == len(rows)-1, style)
		g.add(line{indent: indent, level: at.level, cells: cellsOf(cols, r, style.clean())})
		namespaceLines(g, r.Below, cols, style, below)
	}
}

// NamespacesJSON prints the answer of list in the shape of lsns -J.
func NamespacesJSON(w io.Writer, a query.Namespaces, cols []Column[query.NamespaceRow]) error {
	j := newJSON(w)
	return j.document(func() {
		j.field("namespaces", true)
		namespaceObjects(j, a.Rows, cols)
		j.gaps(a.Gaps)
	})
}

func namespaceObjects(j *jsonWriter, rows []query.NamespaceRow, cols []Column[query.NamespaceRow]) {
	j.array(len(rows), func(i int) {
		columns(j, cols, rows[i])
		if len(rows[i].Below) > 0 {
			j.field("children", false)
			namespaceObjects(j, rows[i].Below, cols)
		}
	})
}
