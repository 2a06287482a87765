package details

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/names"
)

func fieldsOf(s Subject) []field {
	switch {
	case s.Event != nil:
		return eventFields(s.Book, s.Event)
	case s.Group != nil:
		return slices.Concat(groupChangeFields(s.Preview.OfGroup(s.Group.ID)), groupFields(s.Book, s.Group))
	case s.NS == nil:
		return nil
	case s.Mount != nil:
		return slices.Concat(changeFields(s.Preview.OfMount(s.Mount)), mountFields(s.Mount), linkFields(s.Book, s.Links), madeOf(s.Mount), spaceFields(s))
	}
	return slices.Concat(countFields(s.Preview.OfSpace(s.NS.ID.Ino)), spaceFields(s), gapFields(s))
}

// mountFields are all that is known of a mount. What it does not have is left
// out.
func mountFields(m *world.Mount) []field {
	list := []field{
		{"mount point", m.Point},
		{"source", m.Source},
		{"type", m.FSType},
		{"root", m.Root},
		{"propagation", m.Propagation() + ": " + inWords(m)},
		{"options", m.VFSOptions},
		{"of the type", snapshot.Unescape(m.FSOptions)},
		{"id", ids(m)},
		{"device", m.Dev.String()},
	}
	if names.Unborn(uint64(m.ID)) { // of what is not yet made that is not known
		list = slices.DeleteFunc(list, func(f field) bool { return f.name == "of the type" || f.name == "device" })
	}
	if m.Shadowed {
		list = append(list, field{"hidden", "another mount lies over it, or over a directory above it"})
	}
	if m.Unreachable {
		list = append(list, field{"out of reach", "it lies outside the namespace's root directory"})
	}
	return list
}

// madeOf are an overlay's layers, the maps of an idmapped mount, its size, and
// what of its line nobody knows.
func madeOf(m *world.Mount) []field {
	list := layers(m)
	for _, line := range m.UIDMap {
		list = append(list, field{"uid map", idmap(line)})
	}
	for _, line := range m.GIDMap {
		list = append(list, field{"gid map", idmap(line)})
	}
	if len(m.Tags) > 0 {
		list = append(list, field{"unknown tags", strings.Join(m.Tags, " ")})
	}
	if u := m.Usage; u != nil {
		list = append(list, field{"size", fmt.Sprintf("%d of %d bytes used", u.Used, u.Size)})
	}
	return list
}

// inWords says what a propagation does.
func inWords(m *world.Mount) string {
	var parts []string
	if m.PeerGroup != 0 {
		parts = append(parts, fmt.Sprintf("what is mounted on it appears in peer group %v, and back", m.PeerGroup))
	}
	if m.Master != 0 {
		parts = append(parts, fmt.Sprintf("it receives from group %v", m.Master))
	}
	if m.From != 0 {
		parts = append(parts, fmt.Sprintf("the nearest group above seen here is %v", m.From))
	}
	if m.Unbindable {
		parts = append(parts, "it cannot be bind mounted")
	}
	if len(parts) == 0 {
		return "it neither sends nor receives"
	}
	return strings.Join(parts, "; ")
}

func ids(m *world.Mount) string {
	text := names.Number(uint64(m.ID))
	if m.Parent != nil {
		text += fmt.Sprintf(", on %d at %s", int64(m.Parent.ID), m.Parent.Point)
	} else if m.Mount.Parent != 0 && m.Mount.Parent != m.ID {
		text += fmt.Sprintf(", on %d, which is not in this table", m.Mount.Parent)
	}
	if m.UniqueID != 0 {
		text += fmt.Sprintf("; 64-bit id %d", m.UniqueID)
	}
	return text
}

func layers(m *world.Mount) []field {
	l := m.Layers()
	var list []field
	add := func(name string, dirs ...string) {
		for _, d := range dirs {
			if d != "" {
				list = append(list, field{name, d})
			}
		}
	}
	add("upper layer", l.Upper)
	add("work", l.Work)
	add("lower layer", l.Lower...)
	add("data layer", l.Data...)
	return list
}

// idmap writes a line of a map, "first lower count", as a sentence.
func idmap(line string) string {
	f := strings.Fields(line)
	if len(f) != 3 {
		return line
	}
	return fmt.Sprintf("%s from %s on appear as those from %s on", f[2], f[1], f[0])
}

// maxProcesses is how many processes of a namespace are told one by one.
const maxProcesses = 200

// spaceFields are who and what is in the namespace, and what holds it.
func spaceFields(s Subject) []field {
	list := []field{{"namespace", spaceName(s)}}
	if owner := s.World.OwnerOf(s.NS.Lead()).String(); owner != "" {
		list = append(list, field{"owner", owner})
	}
	for _, h := range (query.NamespaceRow{Namespace: s.NS, World: s.World}).HeldBy() {
		list = append(list, field{"held by", h})
	}
	for i, p := range s.NS.Processes {
		if i == maxProcesses {
			return append(list, field{"", fmt.Sprintf("and %d more", len(s.NS.Processes)-i)})
		}
		list = append(list, field{"pid " + strconv.Itoa(p.PID), processText(s.World, p)})
	}
	return list
}

func spaceName(s Subject) string {
	text := query.NSName(s.NS)
	if s.NS.Inferred {
		text = "its number is not known"
	}
	if s.NS.UniqueID != 0 {
		text += fmt.Sprintf(", 64-bit id %d", s.NS.UniqueID)
	}
	switch n := len(s.NS.Processes); {
	case n == 0 && s.NS.Inferred:
		return text
	case n == 0:
		return text + ", no process"
	case n == 1:
		return text + ", 1 process"
	default:
		return fmt.Sprintf("%s, %d processes", text, n)
	}
}

func processText(w *world.World, p *snapshot.Process) string {
	text := cmp.Or(p.Cmdline, p.Comm)
	if p.Read.Has(snapshot.FieldUser) {
		text = w.UserName(p.UID) + ": " + text
	}
	return text
}

// gapFields say what could not be read of the host.
func gapFields(s Subject) []field {
	var list []field
	seen := map[snapshot.Gap]bool{}
	for _, g := range s.World.Gaps {
		if !seen[g] {
			seen[g] = true
			list = append(list, field{"not read", g.Subject + ": " + g.Op + ": " + g.Error})
		}
	}
	return list
}
