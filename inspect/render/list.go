package render

import (
	"io"

	"github.com/nsview/nsview/inspect/query"
)

// Namespaces prints the answer of list as a table.
func Namespaces(w io.Writer, a query.Namespaces, cols []Column[query.NamespaceRow], style Style) error {
	g := newGrid(cols, style)
	addTree(g, a.Rows, belowRow, func(r query.NamespaceRow) line {
		return line{cells: cellsOf(cols, r, style.clean())}
	}, style, branch{})
	return g.write(w, style)
}

// belowRow are the namespaces below one, where a tree was asked for.
func belowRow(r query.NamespaceRow) []query.NamespaceRow { return r.Below }

// NamespacesJSON prints the answer of list in the shape of lsns -J.
func NamespacesJSON(w io.Writer, a query.Namespaces, cols []Column[query.NamespaceRow]) error {
	j := newJSON(w)
	return j.document(func() {
		j.field("namespaces", true)
		treeObjects(j, a.Rows, belowRow, cols)
		j.gaps(a.Gaps)
	})
}
