package render

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// cellText is what a cell may hold: anything of a host, made harmless.
func cellText() *rapid.Generator[string] {
	return rapid.Map(rapid.OneOf(
		rapid.SampledFrom([]string{
			"", " ", "/", "rw", "文件系统", "共有", "ｗｉｄｅ", "한글", "e\u0301te\u0301", "\u0301", "👩", "👨\u200d👩\u200d👧", "🇩🇪", "☎\ufe0f", "ｱ", "\u2588─│└",
			"a  b", " lead", "trail ", "…", "Ω±§", "ไทย", "हिन्दी", "\u00ad", "١٢", "‐", "①", "½", "\u3000",
		}),
		rapid.StringMatching(`[ -~]{0,30}`), anyText(),
	), Safe)
}

// anyGrid is a table with or without a tree, as Tree and Namespaces make them.
func anyGrid(t *rapid.T, style Style) *grid {
	n := rapid.IntRange(1, 5).Draw(t, "columns")
	cols := make([]Column[int], n)
	for i := range cols {
		cols[i] = Column[int]{
			Name:   rapid.SampledFrom([]string{"A", "TARGET", "MAJ:MIN", "USE%", "FS-OPTIONS"}).Draw(t, "head"),
			Right:  rapid.Bool().Draw(t, "right"),
			Shrink: rapid.IntRange(0, 3).Draw(t, "shrink"),
		}
	}
	g := newGrid(cols, style)
	at := branch{}
	for range rapid.IntRange(0, 8).Draw(t, "lines") {
		below, indent := at.next(rapid.Bool().Draw(t, "last"), style)
		cells := make([]string, n)
		for i := range cells {
			cells[i] = cellText().Draw(t, "cell")
		}
		g.add(line{indent: indent, level: at.level, cells: cells, dim: rapid.Bool().Draw(t, "dim")})
		if rapid.Bool().Draw(t, "deeper") {
			at = below
		}
	}
	return g
}

func anyStyle() *rapid.Generator[Style] {
	return rapid.Custom(func(t *rapid.T) Style {
		return Style{Color: rapid.Bool().Draw(t, "color"), NoHeadings: rapid.Bool().Draw(t, "noheadings")}
	})
}

// TestDrawIsStream: a table looks the same whether tablewriter draws it for a
// person or it is streamed because it is long or goes to a pipe.
func TestDrawIsStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		style := anyStyle().Draw(t, "style")
		g := anyGrid(t, style)
		var drawn, streamed bytes.Buffer
		if err := g.draw(&drawn, style); err != nil {
			t.Fatal(err)
		}
		if err := g.stream(&streamed, style); err != nil {
			t.Fatal(err)
		}
		if drawn.String() != streamed.String() {
			t.Fatalf("drawn:\n%q\nstreamed:\n%q", drawn.String(), streamed.String())
		}
	})
}

// TestFit: a cut table has all its rows, and is no wider than the terminal
// unless its columns that may not be cut are.
func TestFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		style := anyStyle().Draw(t, "style")
		style.Color = false
		style.Width = rapid.IntRange(1, 100).Draw(t, "width")
		g := anyGrid(t, style)
		least := len(g.widths) - 1
		for i, w := range g.widths {
			if g.shrink[i] > 0 {
				w = min(w, minShrunk)
			}
			least += w
		}
		var out bytes.Buffer
		if err := g.write(&out, style); err != nil {
			t.Fatal(err)
		}
		rows := len(g.lines)
		if !style.NoHeadings {
			rows++
		}
		if got := strings.Count(out.String(), "\n"); got != rows {
			t.Fatalf("%d rows are printed as %d lines:\n%s", rows, got, out.String())
		}
		for text := range strings.Lines(out.String()) {
			if w := width(strings.TrimSuffix(text, "\n")); w > max(style.Width, least) {
				t.Fatalf("%d columns on a terminal of %d (at least %d):\n%s", w, style.Width, least, out.String())
			}
		}
	})
}

// TestColumnsLineUp: every cell of a column ends, or starts, below the others.
func TestColumnsLineUp(t *testing.T) {
	g := newGrid([]Column[int]{{Name: "TARGET"}, {Name: "ID", Right: true}, {Name: "SOURCE"}}, Style{})
	below, _ := branch{}.next(true, Style{})
	_, indent := below.next(true, Style{})
	g.add(line{cells: []string{"/", "1", "x"}})
	g.add(line{indent: indent, level: 1, cells: []string{"/文件", "1234", "共有"}})
	g.add(line{cells: []string{"/e\u0301", "12", ""}, dim: true})
	var out bytes.Buffer
	if err := g.stream(&out, Style{Color: true}); err != nil {
		t.Fatal(err)
	}
	const want = "TARGET    ID SOURCE\n" +
		"/          1 x\n" +
		"└─/文件 1234 共有\n" +
		dimOn + "/e\u0301        12" + dimOff + "\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
