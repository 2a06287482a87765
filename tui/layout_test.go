package tui

import (
	"testing"

	"pgregory.net/rapid"
)

// On a screen of any size every cell belongs to one pane at most, the pane with
// the keys is there when there is room for a line, and nothing lies outside.
func TestPanesDoNotOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(0, 200).Draw(t, "width"), rapid.IntRange(0, 80).Draw(t, "height")
		focus := Focus(rapid.IntRange(0, panes-1).Draw(t, "focus"))
		l := Arrange(w, h, focus)
		places := []Rect{l.Spaces, l.Mounts, l.Details, l.Footer}
		for y := range h {
			for x := range w {
				owners := 0
				for _, r := range places {
					if r.Has(x, y) {
						owners++
					}
				}
				if owners > 1 {
					t.Fatalf("cell %d,%d belongs to %d of %+v", x, y, owners, l)
				}
			}
		}
		for _, r := range places {
			if r.X < 0 || r.Y < 0 || r.W < 0 || r.H < 0 || r.W > 0 && (r.X+r.W > w || r.H > 0 && r.Y+r.H > h) {
				t.Fatalf("%+v lies outside of %dx%d", r, w, h)
			}
		}
		if w > 0 && h >= footerHeight && places[focus].H == 0 {
			t.Fatalf("pane %d has no room: %+v", focus, l)
		}
	})
}
