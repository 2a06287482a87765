package query

import (
	"testing"

	"github.com/nsview/nsview/inspect/predict"
)

// What flags are written as is read as them.
func TestOptionsOfFlags(t *testing.T) {
	for f := predict.Flags(0); f < 2*predict.IDMapped; f++ {
		if back := predict.FlagsOf(optionsOf(f)); back != f {
			t.Errorf("flags %b are written %q, which are %b", f, optionsOf(f), back)
		}
	}
}
