package scroll

import (
	"testing"

	"pgregory.net/rapid"
)

// Whatever happens, the chosen row exists and is visible, and the screen is as
// full as it can be.
func TestTheChosenRowIsVisible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w Window
		small := rapid.IntRange(-60, 60)
		t.Repeat(map[string]func(*rapid.T){
			"resize": func(t *rapid.T) { w.Resize(small.Draw(t, "rows"), small.Draw(t, "height")) },
			"to":     func(t *rapid.T) { w.To(small.Draw(t, "row")) },
			"click":  func(t *rapid.T) { w.Click(small.Draw(t, "line")) },
			"wheel":  func(t *rapid.T) { w.Wheel(small.Draw(t, "rows")) },
			"": func(t *rapid.T) {
				from, to := w.Visible()
				switch {
				case from < 0 || to > w.Len || to-from != min(w.Len, w.Height):
					t.Fatalf("rows %d to %d are visible: %+v", from, to, w)
				case w.Cursor < 0 || w.Len > 0 && w.Cursor >= w.Len:
					t.Fatalf("no such row: %+v", w)
				case w.Height > 0 && w.Len > 0 && (w.Cursor < from || w.Cursor >= to):
					t.Fatalf("the chosen row is out of sight: %+v", w)
				}
			},
		})
	})
}
