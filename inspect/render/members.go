package render

import (
	"io"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
)

// ProcessColumns are the columns of the processes of a namespace.
var ProcessColumns = Columns[query.ProcessRow]{
	Defaults: []string{"PID", "PPID", "USER", "NTHREADS", "STATE", "OWNER", "COMMAND"},
	All: []Column[query.ProcessRow]{
		{Name: "PID", Help: "process id", Right: true, Text: func(r query.ProcessRow) string { return strconv.Itoa(r.PID) }, JSON: func(r query.ProcessRow) any { return r.PID }},
		statColumn("PPID", "parent process id", func(p *snapshot.Process) int { return p.PPID }),
		{Name: "USER", Help: "effective user", Want: every(snapshot.FieldUser), Text: func(r query.ProcessRow) string {
			if !r.Read.Has(snapshot.FieldUser) {
				return ""
			}
			return r.World.UserName(r.UID)
		}},
		{
			Name: "UID", Help: "effective user id", Right: true, Want: every(snapshot.FieldUser),
			Text: func(r query.ProcessRow) string { return uidText(r.Process) }, JSON: func(r query.ProcessRow) any { return uidJSON(r.Process) },
		},
		statColumn("NTHREADS", "number of threads", func(p *snapshot.Process) int { return p.Threads }),
		{Name: "STATE", Help: "state, as /proc/PID/status spells it", Want: every(snapshot.FieldStat), Text: func(r query.ProcessRow) string { return r.State }},
		{Name: "OWNER", Help: "container, pod or systemd unit", Shrink: 1, Want: func(w *snapshot.Want) {
			w.Every |= snapshot.FieldCgroup
			w.Names = true
		}, Text: func(r query.ProcessRow) string { return r.World.OwnerOf(r.Process).String() }},
		{Name: "COMMAND", Help: "command line", Shrink: 3, Want: every(snapshot.FieldCommand), Text: func(r query.ProcessRow) string { return commandText(r.Process) }},
		{Name: "NAME", Help: "name of the program", Want: every(snapshot.FieldStat), Text: func(r query.ProcessRow) string { return r.Comm }},
		{Name: "CGROUPS", Help: "control groups, as /proc/PID/cgroup lists them", Shrink: 3, Want: every(snapshot.FieldCgroup), Text: func(r query.ProcessRow) string {
			return strings.ReplaceAll(strings.TrimSuffix(r.Cgroup, "\n"), "\n", " ")
		}},
	},
}

func every(f snapshot.Fields) func(*snapshot.Want) {
	return func(w *snapshot.Want) { w.Every |= f }
}

// statColumn is a number of /proc/PID/stat.
func statColumn(name, help string, value func(*snapshot.Process) int) Column[query.ProcessRow] {
	return Column[query.ProcessRow]{
		Name: name, Help: help, Right: true, Want: every(snapshot.FieldStat),
		Text: func(r query.ProcessRow) string {
			if !r.Read.Has(snapshot.FieldStat) {
				return ""
			}
			return strconv.Itoa(value(r.Process))
		},
		JSON: func(r query.ProcessRow) any {
			if !r.Read.Has(snapshot.FieldStat) {
				return nil
			}
			return value(r.Process)
		},
	}
}

// Processes prints the processes of a namespace as a table.
func Processes(w io.Writer, a query.Processes, cols []Column[query.ProcessRow], style Style) error {
	return printRows(w, a.Rows, cols, style, nil)
}

// ProcessesJSON prints the processes of a namespace.
func ProcessesJSON(w io.Writer, a query.Processes, cols []Column[query.ProcessRow]) error {
	j := newJSON(w)
	return j.document(func() {
		j.field("processes", true)
		j.array(len(a.Rows), func(i int) { columns(j, cols, a.Rows[i]) })
		j.gaps(a.Gaps)
	})
}
