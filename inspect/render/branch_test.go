package render

import (
	"strings"
	"testing"
)

// A stack of mounts as deep as anybody can make it is drawn in a size that
// grows with its lines, not with their square.
func TestDeepTreesStayNarrow(t *testing.T) {
	at, indent := branch{}, ""
	for range 100_000 {
		at, indent = at.next(true, Style{})
	}
	if n := width(indent); n > 2*maxDrawn {
		t.Errorf("the deepest line starts %d columns in, more than %d", n, 2*maxDrawn)
	}
	if !strings.HasSuffix(indent, "└┄") {
		t.Errorf("a level that is not drawn starts with %q", indent)
	}
}
