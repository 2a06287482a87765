//go:build linux

package subid

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "subuid")
	text := "# ranges\nann:100000:65536\nbob:165536:65536\n1000:300000:10\nann:400000:0\n\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		uid  int
		want []Range
	}{
		{"ann", 1000, []Range{{100000, 65536}, {300000, 10}}},
		{"bob", 1001, []Range{{165536, 65536}}},
		{"", 1000, []Range{{300000, 10}}},
		{"eve", 7, []Range{}},
	} {
		got, err := Of(file, c.name, c.uid)
		if err != nil || !cmp.Equal(got, c.want) {
			t.Errorf("%s (%d) has %v, %v; want %v", c.name, c.uid, got, err, c.want)
		}
	}
	if got, err := Of(file+".none", "ann", 1000); err != nil || got != nil {
		t.Errorf("without a file: %v, %v", got, err)
	}
}
