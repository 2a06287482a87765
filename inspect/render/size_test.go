package render

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

func TestSize(t *testing.T) {
	for bytes, want := range map[uint64]string{
		0: "0", 1: "1B", 1023: "1023B", 1024: "1K", 1025: "1K", 1075: "1K", 1076: "1.1K", 1536: "1.5K",
		1<<20 - 1: "1024K", // rounding makes no larger unit
		1 << 20:   "1M", 1<<20 + 1<<19: "1.5M", 10<<30 - 1: "10G", 10 << 30: "10G", 1<<30 + 1: "1G",
		1 << 40: "1T", 1 << 50: "1P", 1<<50 - 1: "1024T", 1 << 60: "1E", 1<<60 + 1<<59: "1.5E", 1<<60 - 1: "1024P",
		1<<64 - 1: "16E", 1 << 63: "8E", 1<<64 - 1<<57: "15.9E", 502468108288: "468G",
	} {
		if got := size(bytes); got != want {
			t.Errorf("Size(%d) = %s, want %s", bytes, got, want)
		}
	}
}

// sizeOfUtilLinux is size_to_human_string of util-linux: three digits behind the
// point, cut, then rounded half up to one.
func sizeOfUtilLinux(n uint64) string {
	if n == 0 {
		return "0" // findmnt's own case
	}
	exp := 0
	for exp < 60 && n>>(exp+10) > 0 {
		exp += 10
	}
	whole, frac := n>>exp, n&(1<<exp-1)
	if frac >= math.MaxUint64/1000 {
		frac = frac / 1024 * 1000 >> (exp - 10)
	} else {
		frac = frac * 1000 >> exp
	}
	tenth := (frac + 50) / 100
	if tenth == 10 {
		whole, tenth = whole+1, 0
	}
	if tenth == 0 {
		return fmt.Sprintf("%d%c", whole, "BKMGTPE"[exp/10])
	}
	return fmt.Sprintf("%d.%d%c", whole, tenth, "BKMGTPE"[exp/10])
}

func TestSizeIsThatOfFindmnt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shift := rapid.IntRange(0, 63).Draw(t, "shift")
		n := rapid.Uint64().Draw(t, "bytes") >> shift
		if got, want := size(n), sizeOfUtilLinux(n); got != want {
			t.Fatalf("Size(%d) = %s, findmnt says %s", n, got, want)
		}
	})
	for exp := 10; exp <= 60; exp += 10 {
		for tenths := uint64(0); tenths < 20; tenths++ { // around every half of a tenth
			for d := uint64(0); d < 5; d++ {
				n := 1<<exp + tenths*(1<<exp)/20 + d - 2
				if got, want := size(n), sizeOfUtilLinux(n); got != want {
					t.Errorf("Size(%d) = %s, findmnt says %s", n, got, want)
				}
			}
		}
	}
}

func TestUsePercent(t *testing.T) {
	for _, c := range []struct {
		usage *snapshot.Usage
		want  string
	}{
		{nil, ""},
		{&snapshot.Usage{}, "-"},
		{&snapshot.Usage{Size: 100}, "0%"},
		{&snapshot.Usage{Size: 3, Used: 1}, "33%"},
		{&snapshot.Usage{Size: 1000, Used: 999}, "100%"},
		{&snapshot.Usage{Size: 10, Used: 10}, "100%"},
		{&snapshot.Usage{Size: 1<<64 - 1, Used: 1 << 63}, "50%"},
	} {
		m := &world.Mount{Mount: &snapshot.Mount{Usage: c.usage}}
		if got := usePercent(m); got != c.want {
			t.Errorf("%+v: %q, want %q", c.usage, got, c.want)
		}
	}
}

// TestMergeOptions: findmnt's OPTIONS is made of both lists like this
// (mnt_merge_optstr of libmount).
func TestMergeOptions(t *testing.T) {
	for _, c := range []struct{ vfs, fs, want string }{
		{"rw,relatime", "rw", "rw,relatime"},
		{"rw,relatime", "rw,data=ordered", "rw,relatime,data=ordered"},
		{"ro,relatime", "rw,data=ordered", "ro,relatime,data=ordered"},
		{"rw,relatime", "ro,data=ordered", "ro,relatime,data=ordered"},
		{"rw", "rw", "rw"},
		{"ro", "rw", "ro"},
		{"rw", "ro", "ro"},
		{"rw,nosuid", "rw,nosuid", "rw,nosuid"}, // equal lists are not doubled
		{"rw,nosuid", "", "rw,nosuid"},
		{"", "rw,x", "rw,x"},
		{"", "", ""},
		{"rw,nosuid", "rw,ro_thing,rwx=1", "rw,nosuid,ro_thing,rwx=1"},
		{"rw", "rw,errors=remount-ro", "rw,errors=remount-ro"},
	} {
		if got := mergeOptions(c.vfs, c.fs); got != c.want {
			t.Errorf("mergeOptions(%q, %q) = %q, want %q", c.vfs, c.fs, got, c.want)
		}
	}
}

func TestAge(t *testing.T) {
	for seconds, want := range map[uint64]string{
		0: "0s", 7: "7s", 60: "1m", 252: "4m12s", 3600: "1h", 7800: "2h10m", 3601: "1h", 86400: "1d", 442800: "5d3h", 86459: "1d", 31536000: "365d",
	} {
		if got := age(seconds); got != want {
			t.Errorf("Age(%d) = %s, want %s", seconds, got, want)
		}
	}
}

func TestIDMapText(t *testing.T) {
	for _, c := range []struct {
		uids, gids []string
		want       string
	}{
		{nil, nil, ""},
		{[]string{"0 65536 10"}, []string{"0 65536 10"}, "0:65536:10"},
		{[]string{"0 1 2", "5 6 7"}, nil, "u:0:1:2,5:6:7"},
		{nil, []string{"0 1 2"}, "g:0:1:2"},
		{[]string{"0 1 2"}, []string{"0 1 3"}, "u:0:1:2 g:0:1:3"},
	} {
		m := &world.Mount{Mount: &snapshot.Mount{UIDMap: c.uids, GIDMap: c.gids}}
		if got := idmapText(m); got != c.want {
			t.Errorf("%v, %v: %q, want %q", c.uids, c.gids, got, c.want)
		}
	}
}
