package tui

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// On a screen of any size every cell belongs to one pane at most, the pane with
// the keys is there when there is room for a line, and nothing lies outside.
func TestPanesDoNotOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(0, 200).Draw(t, "width"), rapid.IntRange(0, 80).Draw(t, "height")
		focus := Focus(rapid.IntRange(0, panes-1).Draw(t, "focus"))
		lower := Focus(rapid.IntRange(int(OnGroups), panes-1).Draw(t, "lower"))
		l := Arrange(w, h, focus, lower)
		places := append(l.Panes[:], l.Footer)
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

// Whatever the size, every pane is shown or behind a tab, and a large screen
// shows all.
func TestEveryPaneIsReachable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 250).Draw(t, "width"), rapid.IntRange(footerHeight, 90).Draw(t, "height")
		focus := Focus(rapid.IntRange(0, panes-1).Draw(t, "focus"))
		l := Arrange(w, h, focus, OnDetails)
		for f := range Focus(panes) {
			reachable := l.Panes[f].W > 0
			for _, tabs := range l.Tabs {
				reachable = reachable || slices.Contains(tabs, f)
			}
			if !reachable {
				t.Fatalf("pane %d is neither shown nor behind a tab: %+v", f, l)
			}
			if w >= wideWidth && h >= tallHeight && l.Panes[f].W == 0 {
				t.Fatalf("pane %d is not shown on a screen of %dx%d", f, w, h)
			}
		}
	})
}
