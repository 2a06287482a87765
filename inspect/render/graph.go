package render

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/world"
)

// Graphs are the formats that pictures of peer groups have, by the ending of a
// file's name.
var Graphs = map[string]func(io.Writer, query.Graph) error{
	"svg": graphSVG, "dot": graphDOT, "gv": graphDOT, "mmd": graphMermaid,
}

// graphColors tell hubs apart, on white as on black.
var graphColors = []string{
	"#3b82c4", "#d9822b", "#3fa45b", "#c4528f", "#8a6fd1", "#b59b1e", "#2aa5a0", "#d1574f", "#7a8f3c", "#8c6d5a",
}

func colorOf(i int) string { return graphColors[i%len(graphColors)] }

// hubPlaces are the hubs by what a picture calls them.
func hubPlaces(g query.Graph) map[*query.Hub]int {
	at := make(map[*query.Hub]int, len(g.Hubs))
	for i, h := range g.Hubs {
		at[h] = i
	}
	return at
}

// Every text below is made harmless where it is put together, once: what the
// formats escape beside that is their own syntax.

// clip cuts a harmless text to so many columns.
func clip(s string, columns int) string { return ansi.Truncate(s, columns, "…") }

// clipPath cuts a harmless path in its middle: the end tells most.
func clipPath(s string, columns int) string {
	if width(s) <= columns {
		return s
	}
	tail := ansi.TruncateLeft(s, width(s)-(columns*2/3), "")
	return ansi.Truncate(s, columns-width(tail), "…") + tail
}

func hubTitle(h *query.Hub) string {
	if n := len(h.Groups); n > 1 {
		return strconv.Itoa(n) + " groups"
	}
	return "group " + numberText(uint64(h.Groups[0].ID))
}

// hubDetail is what is mounted: of several groups their file system types.
func hubDetail(h *query.Hub) string {
	if h.Unseen() {
		return "in no namespace read"
	}
	if len(h.Groups) == 1 {
		m := query.GroupRow{PeerGroup: h.Groups[0]}.Example()
		return Safe(m.FSType + " " + m.Source)
	}
	var types []string
	for _, g := range h.Groups {
		if t := (query.GroupRow{PeerGroup: g}).Example().FSType; !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return Safe(strings.Join(types, " "))
}

// hubTip tells all about a hub, a line each.
func hubTip(h *query.Hub) string {
	lines := []string{hubTitle(h) + ": " + hubDetail(h)}
	for i, g := range h.Groups {
		if i == tipLines {
			lines = append(lines, fmt.Sprintf("and %d more", len(h.Groups)-i))
			break
		}
		master := ""
		if g.Master != 0 {
			master = fmt.Sprintf(", receives from %v", g.Master)
		}
		lines = append(lines, fmt.Sprintf("%v: %d members, %d slaves%s", g.ID, len(g.Members), len(g.Slaves), master))
	}
	return strings.Join(lines, "\n")
}

// tipLines is how much a tip tells.
const tipLines = 20

func boxTitle(b *query.Box) string {
	if len(b.NS) == 1 {
		return Safe(b.Title)
	}
	return fmt.Sprintf("%s ×%d", Safe(b.Title), len(b.NS))
}

func boxDetail(b *query.Box) string {
	text := spaceName(b.NS[0], len(b.Known) > 0 && b.Known[0].Inferred)
	if len(b.NS) > 1 {
		return fmt.Sprintf("%s and %d more", text, len(b.NS)-1)
	}
	if len(b.Known) == 0 || b.Known[0].Lead() == nil {
		return text + " without a process"
	}
	if n := b.Known[0]; len(n.Processes) > 1 {
		return fmt.Sprintf("%s %d processes from %d", text, len(n.Processes), n.Lead().PID)
	}
	return fmt.Sprintf("%s process %d", text, b.Known[0].Lead().PID)
}

func boxTip(b *query.Box) string {
	lines := []string{boxTitle(b)}
	for i, ino := range b.NS {
		if i == tipLines {
			lines = append(lines, fmt.Sprintf("and %d more", len(b.NS)-i))
			break
		}
		lines = append(lines, spaceName(ino, false))
	}
	for _, n := range b.Known {
		if p := n.Lead(); p != nil && len(b.NS) == 1 {
			lines = append(lines, Safe(strings.TrimSpace(fmt.Sprintf("%d %s", p.PID, p.Cmdline))))
		}
	}
	return strings.Join(lines, "\n")
}

// rowText is the mount points of a row: as many as fit, and how many more.
func rowText(r *query.Row, columns int) string {
	points := pointsOf(r.Mounts)
	more := func(shown int) string {
		if n := len(points) - shown; n > 0 {
			return fmt.Sprintf(" +%d", n)
		}
		return ""
	}
	text, shown := clipPath(points[0], columns-len(more(1))), 1
	for _, p := range points[1:] {
		longer := text + ", " + p
		if width(longer)+len(more(shown+1)) <= columns {
			text = longer
			shown++
		}
	}
	return text + more(shown)
}

// pointsOf are the mount points, each once and harmless.
func pointsOf(mounts []*world.Mount) []string {
	var points []string
	seen := map[string]bool{}
	for _, m := range mounts {
		point := m.Point
		if m.Unreachable {
			point = "(outside its root)"
		}
		if !seen[point] {
			seen[point] = true
			points = append(points, Safe(point))
		}
	}
	return points
}

func rowTip(r *query.Row) string {
	how := "sends to and receives from " + hubTitle(r.Hub)
	if r.Slave {
		how = "only receives from " + hubTitle(r.Hub)
	}
	lines, points := []string{how}, pointsOf(r.Mounts)
	for i, p := range points {
		if i == tipLines {
			lines = append(lines, fmt.Sprintf("and %d more paths", len(points)-i))
			break
		}
		lines = append(lines, p)
	}
	return strings.Join(lines, "\n")
}

// graphTitle heads a picture.
func graphTitle(g query.Graph) string {
	title := "How mounts travel"
	if g.Host != "" {
		title += " on " + Safe(g.Host)
	}
	spaces, groups := 0, 0
	for _, b := range g.Boxes {
		spaces += len(b.NS)
	}
	for _, h := range g.Hubs {
		groups += len(h.Groups)
	}
	return fmt.Sprintf("%s: peer groups %d, mount namespaces %d", title, groups, spaces)
}

// graphNotes are the lines below the title: what was folded, and what could not
// be read.
func graphNotes(g query.Graph) []string {
	notes := slices.Clone(g.Notes)
	if n := len(g.Gaps); n > 0 {
		first := g.Gaps[0]
		notes = append(notes, Safe(fmt.Sprintf("not everything could be read (%d gaps): %s: %s: %s", n, first.Subject, first.Op, first.Error)))
	}
	if len(g.Hubs) == 0 {
		notes = append(notes, "no mount that was read sends or receives: there is no peer group")
	}
	return notes
}
