package render

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// HolderColumns are the columns of holders.
var HolderColumns = Columns[query.Holder]{
	Defaults: []string{"KIND", "BLOCKS", "NAMESPACE", "WHERE", "OWNER", "WHY", "RELEASE"},
	All: []Column[query.Holder]{
		{Name: "KIND", Help: "what it is, and how many alike", Text: holderKind},
		{Name: "BLOCKS", Help: "what it stands in the way of: umount, device, remove", Text: func(h query.Holder) string { return strings.Join(h.Blocks.Purposes(), ",") }},
		{Name: "NAMESPACE", Help: "mount namespace that it is in", Text: holderSpace},
		{Name: "PID", Help: "process that has it, or the lowest of its namespace", Right: true, Text: holderPID},
		{Name: "MOUNT", Help: "32-bit id of the mount", Right: true, Text: holderMount},
		{Name: "WHERE", Help: "mount point, file, socket or device", Shrink: 2, Text: func(h query.Holder) string { return h.Where }},
		{Name: "OWNER", Help: "container, pod, unit or program (and process)", Shrink: 1, Text: holderOwner},
		{Name: "WHY", Help: "why it holds", Shrink: 3, Text: func(h query.Holder) string { return h.Why }},
		{Name: "RELEASE", Help: "what to type to release it", Shrink: 4, Text: holderRelease},
	},
}

func holderPID(h query.Holder) string {
	if h.Task == nil {
		return ""
	}
	return strconv.Itoa(h.Task.PID)
}

func holderMount(h query.Holder) string {
	switch {
	case h.Mount != nil:
		return numberText(uint64(h.Mount.ID))
	case h.Use != nil:
		return numberText(uint64(h.Use.Mount))
	}
	return ""
}

// maxCommands is how many commands one cell holds: -v and --release-plan have
// them all.
const maxCommands = 3

func holderRelease(h query.Holder) string {
	text := strings.Join(h.Release[:min(maxCommands, len(h.Release))], "; ")
	if more := len(h.Release) - maxCommands; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// holderKind says how many are alike.
func holderKind(h query.Holder) string {
	if h.Count > 1 {
		return fmt.Sprintf("%s (%d)", h.Kind, h.Count)
	}
	return h.Kind
}

func holderSpace(h query.Holder) string {
	switch {
	case h.NS != nil:
		return spaceName(h.NS.ID.Ino, h.NS.Inferred)
	case h.Task != nil:
		return "(not read)"
	}
	return "(kernel)"
}

// holderOwner is the container or unit, or else the program.
func holderOwner(h query.Holder) string {
	if h.Task == nil {
		return ""
	}
	name := h.Owner.String()
	if name == "" {
		name, _, _ = strings.Cut(h.Task.Cmdline, " ")
	}
	if name == "" {
		name = h.Task.Comm
	}
	return strings.TrimSpace(fmt.Sprintf("%s (%d)", name, h.Task.PID))
}

// Holders prints what keeps a target busy: the target, the verdicts, a row for
// each holder, and what could not be read. Without headings, or raw, it is the
// rows alone.
func Holders(w io.Writer, a query.Holders, cols []Column[query.Holder], style Style) error {
	if style.NoHeadings || style.Raw {
		return holderTable(w, "", slices.Concat(a.Rows, a.Suspects, a.Others), cols, style)
	}
	if err := holderHead(w, a); err != nil {
		return err
	}
	for _, part := range []struct {
		title string
		rows  []query.Holder
	}{{"\n", a.Rows}, {"\nsuspects, which may hold it unseen:\n", a.Suspects}, {"\nnot blocking:\n", a.Others}} {
		if err := holderTable(w, part.title, part.rows, cols, style); err != nil {
			return err
		}
	}
	return nil
}

// holderHead says what was asked about, and the three answers.
func holderHead(w io.Writer, a query.Holders) error {
	var b strings.Builder
	fmt.Fprintf(&b, "target   %s\n", Safe(targetText(a)))
	for _, v := range []struct {
		name string
		query.HoldVerdict
	}{{"umount", a.Umount}, {"device", a.Device}, {"remove", a.Remove}} {
		if v.Answer != query.NotApplicable {
			fmt.Fprintf(&b, "%-8s %s: %s\n", v.name, strings.ToUpper(v.Answer), Safe(v.Text))
		}
	}
	fmt.Fprintf(&b, "read     %s\n", Safe(coverageText(a)))
	_, err := io.WriteString(w, b.String())
	return err
}

func holderTable(w io.Writer, title string, rows []query.Holder, cols []Column[query.Holder], style Style) error {
	if len(rows) == 0 {
		return nil
	}
	if _, err := io.WriteString(w, title); err != nil {
		return err
	}
	return printRows(w, rows, cols, style, func(h query.Holder) bool { return h.Goes })
}

// targetText names the target and its file systems.
func targetText(a query.Holders) string {
	t := &a.Target
	parts := []string{t.Text}
	if t.Block != "" && t.Block != t.Text && "/dev/"+t.Block != t.Text {
		parts = append(parts, t.Block)
	}
	var devs []string
	for _, d := range t.Devs {
		devs = append(devs, d.String())
	}
	if len(devs) > 0 {
		parts = append(parts, "("+strings.Join(devs, " ")+")")
	}
	if m := targetMount(a); m != nil {
		parts = append(parts, m.FSType, strconv.Quote(m.Source))
	}
	if len(a.Alive) > 0 {
		parts = append(parts, "superblock ALIVE ("+aliveText(a.Alive)+")")
	}
	return strings.Join(parts, " ")
}

// targetMount is a mount that shows the target.
func targetMount(a query.Holders) *world.Mount {
	if m := a.Target.Place.Mount; m != nil {
		return m
	}
	for _, h := range a.Rows {
		if h.Mount != nil && strings.HasPrefix(h.Kind, "mount") {
			return h.Mount
		}
	}
	return nil
}

func aliveText(list []snapshot.Alive) string {
	where := make([]string, len(list))
	for i, a := range list {
		where[i] = a.Where
	}
	return strings.Join(where, ", ")
}

func coverageText(a query.Holders) string {
	text := fmt.Sprintf("%d/%d tasks, %d/%d namespaces", a.Tasks.Read, a.Tasks.Total, a.Spaces.Read, a.Spaces.Total)
	for _, r := range a.Sources {
		switch {
		case r.Error == "":
		case r.Partly:
			text += "; " + r.Source + " in part: " + r.Error
		default:
			text += "; not " + r.Source + ": " + r.Error
		}
	}
	return text
}

// Plan prints the commands that would release the target, in order. A command
// of more than one line or with characters that a terminal acts on is shown
// harmless, and so is not what would have to be typed.
func Plan(w io.Writer, a query.Holders) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# releases %s; nothing of this was run\n", Safe(a.Target.Text))
	for _, command := range a.Plan() {
		if safe := Safe(command); safe == command {
			b.WriteString(command + "\n")
		} else {
			b.WriteString("# (a name in it is not shown as it is) " + safe + "\n")
		}
	}
	for _, h := range a.Suspects {
		fmt.Fprintf(&b, "# suspect: %s\n", Safe(h.Kind+" "+h.Where+": "+h.Why))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
