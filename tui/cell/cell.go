// Package cell makes texts fit columns of a terminal.
//
// Widths are those of wcwidth(3), as the terminal program counts until a
// terminal says that it counts otherwise: a cell of Chinese text is two columns
// a character, a combining mark none.
package cell

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Ellipsis stands where a text was cut.
const Ellipsis = "…"

// Width is the number of columns of a text.
func Width(s string) int {
	if isASCII(s) {
		return len(s)
	}
	return ansi.StringWidthWc(s)
}

// Cut shortens a text to at most w columns.
func Cut(s string, w int) string {
	switch {
	case w <= 0:
		return ""
	case Width(s) <= w:
		return s
	}
	return head(s, w-1) + Ellipsis
}

// head is what of a text fits w columns. ansi.TruncateWc does not serve: it
// leaves uncut what fits when counted by graphemes, as an emoji with a skin
// colour does, which is twice as wide by wcwidth(3).
func head(s string, w int) string {
	if isASCII(s) {
		return s[:max(0, min(w, len(s)))]
	}
	for i, r := range s {
		if w -= ansi.StringWidthWc(string(r)); w < 0 {
			return s[:i]
		}
	}
	return s
}

// Fit cuts or fills a text to exactly w columns.
func Fit(s string, w int) string {
	s = Cut(s, w)
	return s + blanks(w-Width(s))
}

// FitRight is Fit with the text at the right end, as numbers are written.
func FitRight(s string, w int) string {
	s = Cut(s, w)
	return blanks(w-Width(s)) + s
}

// Wrap breaks a text into lines of at most w columns: behind a blank when one is
// near the end of the line, else anywhere, as paths and options have no better
// places.
func Wrap(s string, w int) []string {
	w = max(w, 1)
	var lines []string
	for Width(s) > w {
		line := head(s, w)
		if line == "" { // a character wider than the line
			return append(lines, "")
		}
		if blank := strings.LastIndexByte(line, ' '); blank > len(line)/2 {
			line = line[:blank+1]
		}
		lines, s = append(lines, line), s[len(line):]
	}
	return append(lines, s)
}

// Paragraph is a text broken into lines of w columns, each behind an indent of at
// most two.
func Paragraph(text, indent string, w int, s ansi.Style) []string {
	var lines []string
	for _, l := range Wrap(text, w-2) {
		lines = append(lines, s.Styled(Fit(indent+l, w)))
	}
	return lines
}

// Room is how many columns of a line are left, while its cells take theirs.
type Room struct{ Left int }

// Take gives a cell so many columns, or none when fewer than leave would be left.
func (r *Room) Take(width, leave int) int {
	if r.Left-width < leave {
		return 0
	}
	r.Left -= width
	return width
}

// Some gives a cell so many columns, or as many as there are.
func (r *Room) Some(width int) int { return r.Take(max(min(width, r.Left), 0), 0) }

// Span is a part of a line in one style.
type Span struct {
	Text  string
	Style ansi.Style
}

// Dress gives spans one style.
func Dress(spans []Span, s ansi.Style) {
	for i := range spans {
		spans[i].Style = s
	}
}

// Line joins spans. A style for the whole line takes the place of theirs: a
// chosen line is of one colour.
func Line(whole ansi.Style, spans ...Span) string {
	var b strings.Builder
	for _, s := range spans {
		if len(whole) > 0 {
			b.WriteString(s.Text)
		} else {
			b.WriteString(s.Style.Styled(s.Text))
		}
	}
	if len(whole) > 0 {
		return whole.Styled(b.String())
	}
	return b.String()
}

func blanks(n int) string { return strings.Repeat(" ", max(n, 0)) }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
