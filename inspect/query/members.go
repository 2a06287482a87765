package query

import (
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// ProcessRow is one process of a namespace.
type ProcessRow struct {
	*snapshot.Process
	World *world.World
}

// Processes is the answer of [Members].
type Processes struct {
	NS   *world.Namespace
	Rows []ProcessRow
	Gaps []snapshot.Gap
}

// Members answers which processes are in a namespace, by ascending pid.
func Members(w *world.World, n *world.Namespace) Processes {
	rows := make([]ProcessRow, 0, len(n.Processes))
	for _, p := range n.Processes {
		rows = append(rows, ProcessRow{Process: p, World: w})
	}
	return Processes{NS: n, Rows: rows, Gaps: w.Gaps}
}
