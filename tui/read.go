package tui

import (
	"context"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/query"
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

// tabled is a host with its tables: read anew, or as it was at a moment.
type tabled struct {
	generation int
	tables
	err error
}

// tables are a world with its groups, which take too long to gather in Update.
type tables struct {
	world  *world.World
	groups query.Groups
}

func tablesOf(w *world.World) tables {
	groups, _ := query.PeerGroups(w, query.GroupsQuery{Tree: true}) // fails for numbers that are asked for only
	return tables{w, groups}
}

// begin has read what there is to show.
func (m *Model) begin() tea.Cmd {
	if m.options.Recording != nil {
		return m.readMoment()
	}
	return m.readList()
}

// relist reads the namespaces anew.
func (m *Model) relist() tea.Cmd {
	m.listing++
	return m.readList()
}

// readList reads the namespaces and what names them: that is soon done on the
// largest host.
func (m *Model) readList() tea.Cmd {
	ctx, look, generation := m.ctx, m.options.Look, m.listing
	want := m.spacesWant()
	return func() tea.Msg {
		w, err := look(ctx, want)
		return listed{generation, w, err}
	}
}

// spacesWant are the namespaces, whose they are, and the command lines of their
// processes on hosts that have not too many of them.
func (m *Model) spacesWant() snapshot.Want {
	want := snapshot.Want{
		Types: snapshot.Types(snapshot.Mnt), Lead: snapshot.FieldUser | snapshot.FieldCommand | snapshot.FieldCgroup,
		Holders: snapshot.Auto, UniqueIDs: true, Names: true,
	}
	if m.list != nil && len(m.list.Processes) <= snapshot.AutoLimit {
		want.Every = snapshot.FieldUser | snapshot.FieldCommand
	}
	return want
}

// readTables reads every table, for what cannot be followed.
func (m *Model) readTables() tea.Cmd {
	ctx, look, generation := m.ctx, m.options.Look, m.generation
	want := m.spacesWant()
	want.Tables = snapshot.Tables{All: true, Detail: true}
	if m.place.PID != 0 {
		want.Tables.PIDs = []int{m.place.PID}
	}
	return func() tea.Msg {
		w, err := look(ctx, want)
		if err != nil {
			return tabled{generation: generation, err: err}
		}
		return tabled{generation: generation, tables: tablesOf(w)}
	}
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
