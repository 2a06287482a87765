package render

import (
	"io"

	"github.com/nsview/nsview/inspect/query"
)

// DiffColumns are the columns of diff.
var DiffColumns = Columns[query.Change]{
	Defaults: []string{"CHANGE", "WHAT", "TARGET", "SOURCE", "FSTYPE", "A", "B"},
	All: []Column[query.Change]{
		{Name: "CHANGE", Help: "only-in-A, only-in-B or changed", Text: func(c query.Change) string { return string(c.Kind) }},
		{Name: "WHAT", Help: "what differs: mount, vfs-options, fs-options, propagation, visibility, order (of stacking)", Text: func(c query.Change) string { return c.What }},
		{Name: "TARGET", Help: "mount point", Shrink: 1, Text: func(c query.Change) string { return c.Mount.Point }},
		{Name: "SOURCE", Help: "source of the file system", Shrink: 2, Text: func(c query.Change) string { return c.Mount.Source }},
		{Name: "FSTYPE", Help: "file system type", Text: func(c query.Change) string { return c.Mount.FSType }},
		{Name: "ROOT", Help: "directory of the file system that is mounted", Shrink: 2, Text: func(c query.Change) string { return c.Mount.Root }},
		{Name: "MAJ:MIN", Help: "device number of the file system, in A where both have it", Text: func(c query.Change) string { return c.Mount.Dev.String() }},
		{Name: "A", Help: "what A has and B has not", Shrink: 3, Text: func(c query.Change) string { return c.A }},
		{Name: "B", Help: "what B has and A has not", Shrink: 3, Text: func(c query.Change) string { return c.B }},
	},
}

// DiffJSONDefaults are the columns of diff as JSON.
var DiffJSONDefaults = []string{"CHANGE", "TARGET", "FSTYPE", "SOURCE", "ROOT", "WHAT", "A", "B"}

// Diff prints the differences as a table. Of none nothing is printed, as by
// diff(1).
func Diff(w io.Writer, d query.Differences, cols []Column[query.Change], style Style) error {
	if len(d.Rows) == 0 {
		return nil
	}
	return printRows(w, d.Rows, cols, style, nil)
}

// DiffJSON prints the differences.
func DiffJSON(w io.Writer, d query.Differences, cols []Column[query.Change]) error {
	j := newJSON(w)
	return j.document(func() {
		j.field("changes", true)
		j.array(len(d.Rows), func(i int) { columns(j, cols, d.Rows[i]) })
		j.gaps(d.Gaps)
	})
}
