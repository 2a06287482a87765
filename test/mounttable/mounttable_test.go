package mounttable

import (
	"slices"
	"strings"
	"testing"
)

const table = `30 20 254:0 /b/rootfs / rw,relatime shared:7 master:3 - ext4 /dev/x rw
31 30 0:42 / /proc rw - proc proc rw
32 31 0:6 /null /proc/keys rw - devtmpfs devtmpfs rw,size=5
`

func parse(t *testing.T, text string) Table {
	t.Helper()
	m, err := Parse(text, strings.NewReplacer("/b/rootfs", "ROOTFS"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCompare(t *testing.T) {
	other := strings.NewReplacer("shared:7 master:3", "shared:9", "31 30 0:42 / /proc rw", "31 30 0:42 / /proc ro", "/proc/keys", "/proc/kcore", "254:0", "8:1").Replace(table)
	want := []string{
		"/: propagation: shared,master -> shared", "/proc: options: rw -> ro",
		"/proc/kcore: only nsview has it", "/proc/keys: nsview does not have it",
	}
	if got := Compare(parse(t, table), parse(t, other)); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := Compare(parse(t, table), parse(t, table)); len(got) > 0 {
		t.Errorf("%q", got)
	}
	if got := parse(t, table)["/"][0].Root; got != "ROOTFS" {
		t.Errorf("root %q", got)
	}
	if _, err := Parse("nonsense", strings.NewReplacer()); err == nil {
		t.Error("nonsense is a table")
	}
}

func TestDifferences(t *testing.T) {
	d, err := ParseDifferences("# remark\nrunc /proc/*: options: rw -> ro\n  because\nany (one) **: only nsview has it\n\twhy\ncrun /y: only nsview has it\n  so\n")
	if err != nil {
		t.Fatal(err)
	}
	got := d.Unexplained([]string{"runc"}, "two", []string{"/proc/keys: options: rw -> ro", "/proc: options: rw -> ro", "/x: only nsview has it"})
	if !slices.Equal(got, []string{"/proc: options: rw -> ro", "/x: only nsview has it"}) {
		t.Errorf("unexplained %q", got)
	}
	if got := d.Unused("runc"); !slices.Equal(got, []string{"line 4: any (one) **: only nsview has it"}) {
		t.Errorf("unused %q", got)
	}
	for _, text := range []string{"  why\n", "runc /x\n  why\n", "runc /x: a\n"} {
		if _, err := ParseDifferences(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
