package render

import (
	"bytes"
	"io"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// draw prints the table by tablewriter, without borders, in the look of
// stream. A test holds the two together.
func (g *grid) draw(w io.Writer, style Style) error {
	var out bytes.Buffer
	t := tablewriter.NewTable(&out, tablewriter.WithRenderer(renderer.NewBlueprint(bare)),
		tablewriter.WithConfig(g.config()), tablewriter.WithEastAsian(tw.Off))
	if !style.NoHeadings {
		t.Header(g.heads)
	}
	for i := range g.lines {
		l := &g.lines[i]
		cells := append([]string{l.indent + l.cells[0]}, l.cells[1:]...)
		if err := t.Append(cells); err != nil {
			return err
		}
	}
	if err := t.Render(); err != nil {
		return err
	}
	return g.tidy(w, out.Bytes(), style)
}

// bare is a table of blanks and nothing else.
var bare = tw.Rendition{
	Borders:  tw.BorderNone,
	Symbols:  tw.NewSymbols(tw.StyleNone),
	Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
}

// config sets every width and alignment, as the grid has measured them.
func (g *grid) config() tablewriter.Config {
	align := make([]tw.Align, len(g.right))
	for i, right := range g.right {
		align[i] = tw.AlignLeft
		if right {
			align[i] = tw.AlignRight
		}
	}
	cell := tw.CellConfig{
		Alignment:  tw.CellAlignment{Global: tw.AlignLeft, PerColumn: align},
		Padding:    tw.CellPadding{Global: tw.Padding{Left: "", Right: " ", Overwrite: true}},
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
	}
	return tablewriter.Config{
		Header: cell, Row: cell,
		Behavior: tw.Behavior{TrimSpace: tw.Off, TrimLine: tw.Off, AutoHide: tw.Off},
	}
}

// tidy takes the blanks off the ends of the lines and dims those to be dimmed.
func (g *grid) tidy(w io.Writer, drawn []byte, style Style) error {
	var out bytes.Buffer
	at := 0
	if !style.NoHeadings {
		at = -1
	}
	for text := range bytes.Lines(drawn) {
		text = trimBlanks(bytes.TrimSuffix(text, []byte{'\n'}))
		dim := style.Color && at >= 0 && at < len(g.lines) && g.lines[at].dim
		if dim {
			text = append(append([]byte(dimOn), text...), dimOff...)
		}
		out.Write(append(text, '\n'))
		at++
	}
	_, err := w.Write(out.Bytes())
	return err
}
