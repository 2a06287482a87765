package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/nsview/nsview/inspect/query"
)

// graphDOT writes the picture as text for dot(1) of Graphviz.
func graphDOT(w io.Writer, g query.Graph) error {
	var b strings.Builder
	b.WriteString("digraph nsview {\n  rankdir=LR;\n  labelloc=t;\n  fontname=monospace;\n" +
		"  node [fontname=monospace, fontsize=10];\n")
	title := append([]string{graphTitle(g)}, graphNotes(g)...)
	fmt.Fprintf(&b, "  label=%s;\n", dotText(title...))
	at := hubPlaces(g)
	for i, h := range g.Hubs {
		fmt.Fprintf(&b, "  h%d [shape=ellipse, style=\"filled%s\", color=\"%s\", fillcolor=\"%s40\", label=%s];\n",
			i, dashedIf(h.Unseen()), colorOf(i), colorOf(i), dotText(hubTitle(h), clip(hubDetail(h), rowColumns)))
		if h.Up != nil {
			fmt.Fprintf(&b, "  h%d -> h%d [color=\"%s\", penwidth=2];\n", at[h.Up], i, colorOf(at[h.Up]))
		}
	}
	for i, box := range g.Boxes {
		dotBox(&b, i, box, at)
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func dashedIf(dashed bool) string {
	if dashed {
		return ",dashed"
	}
	return ""
}

func dotBox(b *strings.Builder, i int, box *query.Box, at map[*query.Hub]int) {
	fmt.Fprintf(b, "  subgraph cluster_%d {\n    label=%s;\n", i, dotText(boxTitle(box), boxDetail(box)))
	for j, r := range box.Rows {
		fmt.Fprintf(b, "    m%d_%d [shape=box, label=%s];\n", i, j, dotText(rowText(r, rowColumns)))
	}
	b.WriteString("  }\n")
	for j, r := range box.Rows {
		how := "dir=none"
		if r.Slave {
			how = "style=dashed"
		}
		fmt.Fprintf(b, "  h%d -> m%d_%d [%s, color=\"%s\"];\n", at[r.Hub], i, j, how, colorOf(at[r.Hub]))
	}
}

// dotText is lines as a quoted label: quotes and backslashes mean themselves.
func dotText(lines ...string) string {
	for i, s := range lines {
		lines[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
