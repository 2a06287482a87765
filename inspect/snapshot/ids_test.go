package snapshot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseLink(t *testing.T) {
	for _, c := range []struct {
		link string
		typ  Type
		ino  uint64
		err  string
	}{
		{"mnt:[4026531841]", Mnt, 4026531841, ""},
		{"time:[1]", Time, 1, ""},
		{"cgroup:[18446744073709551615]", Cgroup, 1<<64 - 1, ""},
		{"mnt:[18446744073709551616]", 0, 0, "has no inode number"},
		{"mnt:[0]", 0, 0, "has no inode number"},
		{"mnt:[]", 0, 0, "has no inode number"},
		{"mnt:[-1]", 0, 0, "has no inode number"},
		{"mnt:[0x10]", 0, 0, "has no inode number"},
		{"mnt:[1", 0, 0, "not of the form"},
		{"mnt:1]", 0, 0, "not of the form"},
		{"mnt:[1] (deleted)", 0, 0, "not of the form"},
		{"mnt_for_children:[1]", 0, 0, "unknown namespace type"},
		{"MNT:[1]", 0, 0, "unknown namespace type"},
		{"socket:[21877]", 0, 0, "unknown namespace type"},
		{"anon_inode:[eventpoll]", 0, 0, "unknown namespace type"},
		{"/dev/null", 0, 0, "not of the form"},
		{"", 0, 0, "not of the form"},
	} {
		typ, ino, err := ParseLink(c.link)
		if typ != c.typ || ino != c.ino || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("ParseLink(%q) = %v, %d, %v; want %v, %d, %q", c.link, typ, ino, err, c.typ, c.ino, c.err)
		}
	}
}

// FuzzParseLink: what is a link prints back the same.
func FuzzParseLink(f *testing.F) {
	for _, seed := range []string{"mnt:[4026531841]", "pid:[1]", "net:[", "x:[1]", "user:[007]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, link string) {
		typ, ino, err := ParseLink(link)
		if err != nil {
			return
		}
		number := strings.TrimLeft(link[len(typ.String())+2:len(link)-1], "0")
		if back := fmt.Sprintf("%v:[%d]", typ, ino); back != fmt.Sprintf("%v:[%s]", typ, number) {
			t.Errorf("%q is read as %s", link, back)
		}
	})
}

func TestTypes(t *testing.T) {
	for typ := range AllTypes.All() {
		text, err := json.Marshal(typ)
		if err != nil {
			t.Fatal(err)
		}
		var back Type
		if err := json.Unmarshal(text, &back); err != nil || back != typ {
			t.Errorf("%v is written as %s and read as %v (%v)", typ, text, back, err)
		}
	}
	if _, err := ParseType("mount"); err == nil || !strings.Contains(err.Error(), "mnt pid net ipc uts user cgroup time") {
		t.Errorf("an unknown type does not list the known ones: %v", err)
	}
	if got := Type(9).String(); got != "type(9)" {
		t.Errorf("a type that is none is called %q", got)
	}
}

// TestTypeSet compares the set with a map.
func TestTypeSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Type {
			return Type(rapid.IntRange(0, NumTypes-1).Draw(t, "type"))
		})).Draw(t, "types")
		set := Types(list...)
		want := slices.Compact(slices.Sorted(slices.Values(list)))
		var got []Type
		for typ := range set.All() {
			got = append(got, typ)
		}
		if !slices.Equal(got, want) || set.Len() != len(want) || AllTypes&set != set {
			t.Fatalf("the set of %v yields %v", list, got)
		}
		for typ := range Type(NumTypes) {
			if set.Has(typ) != slices.Contains(want, typ) {
				t.Fatalf("the set of %v says %v of %v", list, set.Has(typ), typ)
			}
		}
		for typ := range set.All() {
			if typ != want[0] {
				t.Fatal("the first type is not the first")
			}
			break // the iterator must end here
		}
	})
}

func TestDev(t *testing.T) {
	for text, want := range map[string]Dev{
		"0:5": {0, 5}, "259:1048575": {259, 1048575}, "4095:0": {4095, 0},
	} {
		var d Dev
		if err := d.UnmarshalText([]byte(text)); err != nil || d != want || d.String() != text {
			t.Errorf("%q is read as %v: %v", text, d, err)
		}
	}
	for _, text := range []string{"", "8", "8:", ":1", "a:b", "8:1 2", "8:1x", "-1:0", "8:4294967296"} {
		var d Dev
		if err := d.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, d)
		}
	}
}

func TestGapSubject(t *testing.T) {
	for want, pids := range map[string][]int{
		"pid 7":                 {7},
		"2 processes (1, 7)":    {7, 1},
		"3 processes (1, 2, 3)": {3, 2, 1},
		"312 processes (100, 101, 102, ...)": slices.Collect(func(yield func(int) bool) {
			for pid := 411; pid >= 100 && yield(pid); pid-- {
			}
		}),
	} {
		if got := subject(pids); got != want {
			t.Errorf("subject(%d pids) = %q, want %q", len(pids), got, want)
		}
	}
}
