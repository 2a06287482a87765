package cell

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

// text is what names of a host are made of.
func text(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", " ", "/", "é", "e\u0301", "資", "👍🏽", "👩\u200d👧", "🇩🇪", "नि", "한", "❤\ufe0f", `\xff`}), 0, 30).Draw(t, "text"), "")
}

func TestFitIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, w := text(t), rapid.IntRange(-1, 40).Draw(t, "width")
		for _, fit := range []string{Fit(s, w), FitRight(s, w)} {
			if got := ansi.StringWidthWc(fit); got != max(w, 0) {
				t.Fatalf("%q in %d columns takes %d: %q", s, w, got, fit)
			}
		}
		if Width(s) <= w && strings.TrimRight(Fit(s, w), " ") != strings.TrimRight(s, " ") {
			t.Fatalf("%q fits and was changed to %q", s, Fit(s, w))
		}
	})
}

func TestWrapLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, w := text(t), rapid.IntRange(2, 40).Draw(t, "width")
		lines := Wrap(s, w)
		if strings.Join(lines, "") != s {
			t.Fatalf("%q became %q", s, lines)
		}
		for _, l := range lines {
			if Width(l) > w {
				t.Fatalf("%q is wider than %d", l, w)
			}
		}
	})
}

func TestWrapPrefersBlanks(t *testing.T) {
	if got := strings.Join(Wrap("read the mount table: permission denied", 30), "|"); got != "read the mount table: |permission denied" {
		t.Error(got)
	}
}
