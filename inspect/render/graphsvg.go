package render

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/nsview/nsview/inspect/query"
)

// graphSVG writes the picture as an SVG document that needs nothing beside it.
// It follows the reader's light or dark mode, and tells more where the mouse
// rests.
func graphSVG(w io.Writer, g query.Graph) error {
	notes := graphNotes(g)
	p := &svg{graph: g, layout: layOut(g, len(notes))}
	p.widen(notes)
	p.start()
	p.head(notes)
	for i, h := range g.Hubs { // lines first, so that they run behind
		if h.Up != nil {
			p.hubLine(p.at[h.Up], i)
		}
	}
	for i, b := range g.Boxes {
		for j, r := range b.Rows {
			p.rowLine(p.at[r.Hub], p.rowY[i][j], r.Slave)
		}
	}
	for i, h := range g.Hubs {
		p.hub(i, h)
	}
	for i, b := range g.Boxes {
		p.box(i, b)
	}
	p.f("</svg>\n")
	_, err := io.WriteString(w, p.out.String())
	return err
}

type svg struct {
	*layout
	graph query.Graph
	out   strings.Builder
}

func (p *svg) f(format string, args ...any) { fmt.Fprintf(&p.out, format, args...) }

// xmlText is a harmless text as it stands in XML, which has the same five entities
// as HTML. Package encoding/xml would cost every start of nsview its tables.
func xmlText(s string) string { return html.EscapeString(s) }

// widen makes room for the notes.
func (p *svg) widen(notes []string) {
	for _, n := range append(notes, graphTitle(p.graph), legend) {
		p.wide = max(p.wide, 2*margin+letter*float64(width(n))+8)
	}
}

const legend = "──── peer: sends and receives   ─ ─▶ slave: only receives   ━━▶ a group that receives from a group"

const svgStyle = `<style>
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328}
.t{font-weight:bold}.h{font-size:15px;font-weight:bold}.d{fill:#59636e;font-size:11px}
.bg{fill:#fff}.b{fill:#f6f8fa;stroke:#8c959f}.p{fill:#fff}
path{fill:none;stroke-width:1.4;stroke-opacity:.75}.s{stroke-dasharray:5 4}.g{stroke-width:2.6}
.u{stroke-dasharray:4 3}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.d{fill:#9198a1}.bg{fill:#0d1117}.b{fill:#161b22;stroke:#4d5661}.p{fill:#0d1117}}
</style>
`

func (p *svg) start() {
	p.f("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n",
		p.wide, p.high, p.wide, p.high)
	p.f("<title>%s</title>\n", xmlText(graphTitle(p.graph)))
	p.f("%s<rect class=\"bg\" width=\"100%%\" height=\"100%%\"/>\n", svgStyle)
}

func (p *svg) head(notes []string) {
	y := margin + 4
	p.text(margin, y, "h", graphTitle(p.graph))
	y += lineHigh + 2
	p.text(margin, y, "d", legend)
	for _, n := range notes {
		y += lineHigh
		p.text(margin, y, "", n)
	}
}

func (p *svg) text(x, y float64, class, s string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	p.f("<text x=\"%.1f\" y=\"%.1f\"%s xml:space=\"preserve\">%s</text>\n", x, y, class, xmlText(s))
}

// line draws a curve that leaves and arrives level.
func (p *svg) line(x1, y1, x2, y2 float64, class, color string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	bend := (x2 - x1) / 2
	p.f("<path%s stroke=\"%s\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f\"/>\n",
		class, color, x1, y1, x1+bend, y1, x2-bend, y2, x2, y2)
}

func (p *svg) arrow(x, y float64, color string) {
	p.f("<polygon fill=\"%s\" points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f\"/>\n", color, x, y, x-8, y-4, x-8, y+4)
}

func (p *svg) hubLine(from, to int) {
	p.line(p.hubX[from]+hubWide, p.hubY[from], p.hubX[to]-6, p.hubY[to], "g", colorOf(from))
	p.arrow(p.hubX[to], p.hubY[to], colorOf(from))
}

func (p *svg) rowLine(hub int, y float64, slave bool) {
	x := p.hubX[hub] + hubWide
	if !slave {
		p.line(x, p.hubY[hub], p.boxX, y, "", colorOf(hub))
		return
	}
	p.line(x, p.hubY[hub], p.boxX-6, y, "s", colorOf(hub))
	p.arrow(p.boxX, y, colorOf(hub))
}

func (p *svg) hub(i int, h *query.Hub) {
	x, y, class := p.hubX[i], p.hubY[i]-hubHigh/2, ""
	if h.Unseen() {
		class = ` class="u"`
	}
	p.f("<g><title>%s</title>\n", xmlText(hubTip(h)))
	size := fmt.Sprintf("x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\" rx=\"%.0f\"", x, y, hubWide, hubHigh, hubHigh/2)
	p.f("<rect class=\"p\" %s/><rect%s %s fill=\"%s\" fill-opacity=\".2\" stroke=\"%s\" stroke-width=\"1.6\"/>\n",
		size, class, size, colorOf(i), colorOf(i))
	const columns = 19 // what fits between the round ends
	p.text(x+16, y+16, "t", clip(hubTitle(h), columns))
	p.text(x+16, y+31, "d", clip(hubDetail(h), columns+1))
	p.f("</g>\n")
}

func (p *svg) box(i int, b *query.Box) {
	x, y := p.boxX, p.boxY[i]
	p.f("<g><title>%s</title>\n", xmlText(boxTip(b)))
	p.f("<rect class=\"b\" x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\" rx=\"6\"/>\n", x, y, boxWide, boxHeight(b))
	const columns = 48 // what fits between the edges
	p.text(x+12, y+17, "t", clip(boxTitle(b), columns))
	p.text(x+12, y+32, "d", clip(boxDetail(b), columns))
	p.f("</g>\n")
	for j, r := range b.Rows {
		p.row(p.rowY[i][j], r)
	}
}

// row has a full dot for members and a ring for slaves.
func (p *svg) row(y float64, r *query.Row) {
	color := colorOf(p.at[r.Hub])
	p.f("<g><title>%s</title>", xmlText(rowTip(r)))
	fill := color
	if r.Slave {
		fill = "none"
	}
	p.f("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\" stroke=\"%s\" stroke-width=\"1.5\"/>\n", p.boxX+14, y, fill, color)
	p.text(p.boxX+26, y+4, "", rowText(r, rowColumns))
	p.f("</g>\n")
}
