package tui

import (
	"context"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Look reads what is wanted of the host. It is called in commands, several
// times and at once with others.
type Look func(ctx context.Context, want snapshot.Want) (*world.World, error)

// Place is where to begin: a namespace by number, and the process whose view of
// it is meant, 0 for the whole. The zero Place is the reader's own.
type Place struct {
	NS  uint64
	PID int
}

// listed is the answer of a reading of the namespaces.
type listed struct {
	generation int
	world      *world.World
	err        error
}

// tabled is the answer of a reading of one namespace's table.
type tabled struct {
	generation int
	ino        uint64
	table      table
}

// table is a mount table that was read, or why it was not.
type table struct {
	world *world.World
	view  *world.View // nil when it could not be read
	note  string
}

// readList reads the namespaces and what names them.
func (m *Model) readList() tea.Cmd {
	ctx, look, generation := m.ctx, m.look, m.generation
	want := snapshot.Want{
		Types: snapshot.Types(snapshot.Mnt), Lead: snapshot.FieldUser | snapshot.FieldCommand | snapshot.FieldCgroup,
		Holders: snapshot.Auto, UniqueIDs: true, Names: true,
	}
	return func() tea.Msg {
		w, err := look(ctx, want)
		return listed{generation, w, err}
	}
}

// readTable reads one table, with the command lines of the processes on hosts
// that have not too many of them.
func (m *Model) readTable(n *world.Namespace) tea.Cmd {
	ctx, look, generation, ino, pid := m.ctx, m.look, m.generation, n.ID.Ino, 0
	want := snapshot.Want{
		Types: snapshot.Types(snapshot.Mnt), Lead: snapshot.FieldUser | snapshot.FieldCommand,
		Tables: snapshot.Tables{Detail: true, Masters: true},
	}
	if len(n.Processes) == 0 {
		want.Holders = snapshot.Auto // else it would not be found again
	}
	if len(m.world.Processes) <= snapshot.AutoLimit {
		want.Every = want.Lead
	}
	if ino == m.place.NS && m.place.PID != 0 {
		pid = m.place.PID
		want.Tables.PIDs = []int{pid}
	} else {
		want.Tables.NS = []uint64{ino}
	}
	return func() tea.Msg {
		w, err := look(ctx, want)
		return tabled{generation, ino, newTable(w, err, ino, pid)}
	}
}

func newTable(w *world.World, err error, ino uint64, pid int) table {
	if err != nil {
		return table{note: err.Error()}
	}
	t := table{world: w, view: w.View(ino, pid)}
	if t.view == nil {
		t.note = whyUnread(w, ino)
	}
	return t
}

// whyUnread is what the world says about a table that is not in it.
func whyUnread(w *world.World, ino uint64) string {
	name := snapshot.Mnt.String() + ":[" + strconv.FormatUint(ino, 10) + "]"
	for _, g := range w.Gaps {
		if g.Subject == name || strings.Contains(g.Op, "mount") {
			return g.Subject + ": " + g.Op + ": " + g.Error
		}
	}
	return "its mount table could not be read, or it is gone"
}
