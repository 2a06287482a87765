package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/nsview/nsview/inspect/query"
)

// What Mermaid draws at most (maxEdges, maxTextSize of its configuration).
const (
	mermaidEdges = 500
	mermaidText  = 50_000
	mermaidSpare = 600 // for the note that says what was left out
)

// graphMermaid writes the picture as text for Mermaid, up to the size that it
// draws: what is beyond is left out, and the picture says so.
func graphMermaid(w io.Writer, g query.Graph) error {
	m := mermaid{at: hubPlaces(g)}
	m.text.WriteString("flowchart LR\n")
	for i, note := range append([]string{graphTitle(g)}, graphNotes(g)...) {
		m.add(fmt.Sprintf("  note%d[%s]\n  style note%d fill:none,stroke:none\n", i, mermaidLabel(note), i), 0)
	}
	hubs, boxes := 0, 0
	for hubs < len(g.Hubs) && m.hub(hubs, g.Hubs[hubs]) {
		hubs++
	}
	for hubs == len(g.Hubs) && boxes < len(g.Boxes) && m.box(boxes, g.Boxes[boxes]) {
		boxes++
	}
	if left := len(g.Hubs) - hubs + len(g.Boxes) - boxes; left > 0 {
		fmt.Fprintf(&m.text, "  cut[%s]\n", mermaidLabel(fmt.Sprintf(
			"left out: %d of %d hubs and %d of %d boxes, as Mermaid draws at most %d edges and %d characters",
			len(g.Hubs)-hubs, len(g.Hubs), len(g.Boxes)-boxes, len(g.Boxes), mermaidEdges, mermaidText)))
	}
	_, err := io.WriteString(w, m.text.String())
	return err
}

type mermaid struct {
	at    map[*query.Hub]int
	text  strings.Builder
	edges int
}

// add adds a piece when it and its edges are within the limits.
func (m *mermaid) add(piece string, edges int) bool {
	if m.edges+edges > mermaidEdges || m.text.Len()+len(piece) > mermaidText-mermaidSpare {
		return false
	}
	m.edges += edges
	m.text.WriteString(piece)
	return true
}

func (m *mermaid) hub(i int, h *query.Hub) bool {
	edges := 0
	piece := fmt.Sprintf("  h%d([%s])\n  style h%d fill:%s40,stroke:%s", i, mermaidLabel(hubTitle(h), clip(hubDetail(h), rowColumns)), i, colorOf(i), colorOf(i))
	if h.Unseen() {
		piece += ",stroke-dasharray:4"
	}
	piece += "\n"
	if h.Up != nil {
		piece += fmt.Sprintf("  h%d ==> h%d\n", m.at[h.Up], i)
		edges++
	}
	return m.add(piece, edges)
}

func (m *mermaid) box(i int, box *query.Box) bool {
	var b strings.Builder
	fmt.Fprintf(&b, "  subgraph b%d[%s]\n", i, mermaidLabel(boxTitle(box), boxDetail(box)))
	for j, r := range box.Rows {
		fmt.Fprintf(&b, "    m%d_%d[%s]\n", i, j, mermaidLabel(rowText(r, rowColumns)))
	}
	b.WriteString("  end\n")
	for j, r := range box.Rows {
		line := "---"
		if r.Slave {
			line = "-.->"
		}
		fmt.Fprintf(&b, "  h%d %s m%d_%d\n", m.at[r.Hub], line, i, j)
	}
	return m.add(b.String(), len(box.Rows))
}

// mermaidLabel is lines as a quoted label. What Mermaid, Markdown or HTML would
// take for more than text is written as an entity, as Mermaid spells them.
func mermaidLabel(lines ...string) string {
	var b strings.Builder
	for i, s := range lines {
		if i > 0 {
			b.WriteString("<br/>")
		}
		for _, r := range s {
			if strings.ContainsRune("\"#&<>`*_~\\[]{}()|;%", r) {
				fmt.Fprintf(&b, "#%d;", r)
			} else {
				b.WriteRune(r)
			}
		}
	}
	return `"` + b.String() + `"`
}
