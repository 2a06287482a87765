package render

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
)

// NamespaceColumns are the columns of list. Their names are those of lsns(8)
// where it has them.
var NamespaceColumns = Columns[query.NamespaceRow]{
	Defaults: []string{"NS", "TYPE", "NPROCS", "PID", "USER", "OWNER", "COMMAND"},
	All: []Column[query.NamespaceRow]{
		{Name: "NS", Help: "inode number of the namespace", Right: true, Text: nsText, JSON: nsJSON},
		{Name: "TYPE", Help: "kind of namespace", Text: func(r query.NamespaceRow) string { return r.Type.String() }},
		{Name: "NPROCS", Help: "number of processes in it", Right: true, Text: nprocsText, JSON: nprocsJSON},
		{Name: "PID", Help: "lowest process id in it", Right: true, Text: lead(pidText), JSON: leadJSON(func(p *snapshot.Process) any { return p.PID })},
		{
			Name: "PPID", Help: "parent of PID", Right: true, Want: want(snapshot.FieldStat),
			Text: lead(func(p *snapshot.Process) string { return strconv.Itoa(p.PPID) }), JSON: leadJSON(func(p *snapshot.Process) any { return p.PPID }),
		},
		{Name: "USER", Help: "user of PID", Want: want(snapshot.FieldUser), Text: userText},
		{
			Name: "UID", Help: "user id of PID", Right: true, Want: want(snapshot.FieldUser),
			Text: lead(uidText), JSON: leadJSON(uidJSON),
		},
		{Name: "USERS", Help: "effective user ids of all its processes", Want: func(w *snapshot.Want) { w.Every |= snapshot.FieldUser }, Text: usersText},
		{
			Name: "OWNER", Help: "container, pod or systemd unit of PID", Shrink: 1, Want: wantOwner,
			Text: func(r query.NamespaceRow) string { return r.World.OwnerOf(r.Lead()).String() },
		},
		{Name: "COMMAND", Help: "command line of PID", Shrink: 3, Want: want(snapshot.FieldCommand), Text: lead(commandText)},
		{Name: "PATH", Help: "path that leads to it", Shrink: 2, Text: pathText},
		{
			Name: "NSID", Help: "64-bit id, never used again", Right: true, Want: wantIDs,
			Text: func(r query.NamespaceRow) string { return numberText(r.UniqueID) },
			JSON: func(r query.NamespaceRow) any { return numberJSON(r.UniqueID) },
		},
		{Name: "MOUNTS", Help: "mounts in a mount namespace, as the kernel counts them", Right: true, Want: wantIDs, Text: mountsText, JSON: mountsJSON},
		{
			Name: "HELDBY", Help: "what keeps it alive besides its processes", Shrink: 3, Want: wantHolders,
			Text: func(r query.NamespaceRow) string { return strings.Join(r.HeldBy(), ", ") },
		},
		{Name: "NSFS", Help: "where its file is mounted", Shrink: 3, Want: wantHolders, Text: nsfsText},
		{
			Name: "PNS", Help: "parent namespace (pid and user)", Right: true, Want: wantRelations,
			Text: func(r query.NamespaceRow) string { return numberText(r.Parent.Ino) },
			JSON: func(r query.NamespaceRow) any { return numberJSON(r.Parent.Ino) },
		},
		{
			Name: "ONS", Help: "user namespace that owns it", Right: true, Want: wantRelations,
			Text: func(r query.NamespaceRow) string { return numberText(r.Namespace.Owner.Ino) },
			JSON: func(r query.NamespaceRow) any { return numberJSON(r.Namespace.Owner.Ino) },
		},
		{Name: "AGE", Help: "how long PID has been running", Right: true, Want: want(snapshot.FieldStat), Text: ageText},
	},
}

func want(f snapshot.Fields) func(*snapshot.Want) {
	return func(w *snapshot.Want) { w.Lead |= f }
}

func wantOwner(w *snapshot.Want) {
	w.Lead |= snapshot.FieldCgroup
	w.Names = true
}

func wantIDs(w *snapshot.Want)       { w.UniqueIDs = true }
func wantRelations(w *snapshot.Want) { w.Relations = true }

// wantHolders asks for relations too: a user namespace may be held by nothing
// but what it owns.
func wantHolders(w *snapshot.Want) {
	w.Holders = snapshot.Thorough
	w.Relations = true
}

// nprocsText is empty where no process was read at all, as in a bare table.
func nprocsText(r query.NamespaceRow) string {
	if noProcessRead(r) {
		return ""
	}
	return strconv.Itoa(len(r.Processes))
}

func nprocsJSON(r query.NamespaceRow) any {
	if noProcessRead(r) {
		return nil
	}
	return len(r.Processes)
}

func noProcessRead(r query.NamespaceRow) bool {
	return r.World.Counts.Processes == 0 && len(r.World.Processes) == 0
}

// lead makes a cell of the lowest process, empty when none is in it.
func lead(text func(*snapshot.Process) string) func(query.NamespaceRow) string {
	return func(r query.NamespaceRow) string {
		if p := r.Lead(); p != nil {
			return text(p)
		}
		return ""
	}
}

func leadJSON(value func(*snapshot.Process) any) func(query.NamespaceRow) any {
	return func(r query.NamespaceRow) any {
		if p := r.Lead(); p != nil {
			return value(p)
		}
		return nil
	}
}

// nsText is the inode number. One that was made up from a mount id is marked,
// as it names nothing in the kernel.
func nsText(r query.NamespaceRow) string {
	n := strconv.FormatUint(r.ID.Ino, 10)
	if r.Inferred {
		return "~" + n
	}
	return n
}

func nsJSON(r query.NamespaceRow) any {
	if r.Inferred {
		return nil
	}
	return r.ID.Ino
}

// numberText writes a number of the kernel, "" for none. What an operation would
// make has a number below zero: no number of the kernel comes near 2^63.
func numberText(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}

func numberJSON(n uint64) any {
	if n == 0 {
		return nil
	}
	return int(n)
}

func pidText(p *snapshot.Process) string { return strconv.Itoa(p.PID) }

func uidText(p *snapshot.Process) string {
	if !p.Read.Has(snapshot.FieldUser) {
		return ""
	}
	return strconv.FormatUint(uint64(p.UID), 10)
}

func uidJSON(p *snapshot.Process) any {
	if !p.Read.Has(snapshot.FieldUser) {
		return nil
	}
	return uint64(p.UID)
}

func userText(r query.NamespaceRow) string {
	if p := r.Lead(); p != nil && p.Read.Has(snapshot.FieldUser) {
		return r.World.UserName(p.UID)
	}
	return ""
}

func commandText(p *snapshot.Process) string { return cmp.Or(p.Cmdline, p.Comm) }

func usersText(r query.NamespaceRow) string {
	var list []string
	for _, uid := range r.Users() {
		list = append(list, strconv.FormatUint(uint64(uid), 10))
	}
	return strings.Join(list, ",")
}

// pathText leads to the namespace's file: through a process in it, or through
// what holds it.
func pathText(r query.NamespaceRow) string {
	if p := r.Lead(); p != nil {
		return fmt.Sprintf("/proc/%d/ns/%v", p.PID, r.Type)
	}
	for _, h := range r.Holds {
		switch h.Kind {
		case snapshot.HoldThread:
			return fmt.Sprintf("/proc/%d/task/%d/ns/%v", h.PID, h.TID, r.Type)
		case snapshot.HoldFD:
			return fmt.Sprintf("/proc/%d/fd/%d", h.PID, h.FD)
		case snapshot.HoldChild:
			return fmt.Sprintf("/proc/%d/ns/%v_for_children", h.PID, r.Type)
		case snapshot.HoldBind:
			if h.In.Ino == r.World.Reader.MNT.Ino {
				return h.Path
			}
		}
	}
	return ""
}

func mountsText(r query.NamespaceRow) string {
	if r.NrMounts == nil {
		return ""
	}
	return strconv.Itoa(*r.NrMounts)
}

func mountsJSON(r query.NamespaceRow) any {
	if r.NrMounts == nil {
		return nil
	}
	return *r.NrMounts
}

func nsfsText(r query.NamespaceRow) string {
	var list []string
	for _, h := range r.Holds {
		if h.Kind == snapshot.HoldBind && !slices.Contains(list, h.Path) { // a clone of a mount namespace has it too
			list = append(list, h.Path)
		}
	}
	return strings.Join(list, ",")
}

func ageText(r query.NamespaceRow) string {
	p := r.Lead()
	host := r.World.Host
	if p == nil || !p.Read.Has(snapshot.FieldStat) || host.TickHz == 0 || host.Uptime < p.Start {
		return ""
	}
	return age((host.Uptime - p.Start) / host.TickHz)
}

// age is a time in seconds in its two largest units: 5d3h, 2h10m, 4m12s, 7s.
func age(seconds uint64) string {
	units := []struct {
		name string
		secs uint64
	}{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}
	for i, u := range units {
		if seconds < u.secs {
			continue
		}
		text := fmt.Sprintf("%d%s", seconds/u.secs, u.name)
		if i+1 < len(units) {
			if rest := seconds % u.secs / units[i+1].secs; rest > 0 {
				text += fmt.Sprintf("%d%s", rest, units[i+1].name)
			}
		}
		return text
	}
	return "0s"
}
