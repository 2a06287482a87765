package predict

import "testing"

// What flags are written as is read as them.
func TestFlagsAsWritten(t *testing.T) {
	for f := Flags(0); f < 2*IDMapped; f++ {
		if back := FlagsOf(f.String()); back != f {
			t.Errorf("flags %b are written %q, which are %b", f, f, back)
		}
	}
}
