package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// viewOf is the view that a table makes.
func viewOf(t *testing.T, lines ...string) *world.View {
	t.Helper()
	mounts, err := proc.ParseMountinfo([]byte(strings.Join(lines, "\n") + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return world.Build(snapshot.OfTable(mounts, "test")).Views[0]
}

func rowsOf(d query.Differences) []string {
	list := []string{}
	for _, c := range d.Rows {
		list = append(list, fmt.Sprintf("%s %s %s [%s] [%s]", c.Kind, c.What, c.Mount.Point, c.A, c.B))
	}
	return list
}

const root = "1 0 8:1 / / rw - ext4 /dev/sda1 rw"

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name    string
		a, b    []string
		oneHost bool
		want    []string
	}{
		{
			"ids do not matter",
			[]string{root, "2 1 0:5 / /run rw - tmpfs run rw"},
			[]string{"7 3 8:1 / / rw - ext4 /dev/sda1 rw", "9 7 0:5 / /run rw - tmpfs run rw"},
			true,
			[]string{},
		},
		{
			"on one host the device tells the file system",
			[]string{root, "2 1 0:5 / /run rw - tmpfs run rw"},
			[]string{root, "2 1 0:6 / /run rw - tmpfs run rw"},
			true,
			[]string{"only-in-A mount /run [rw] []", "only-in-B mount /run [] [rw]"},
		},
		{
			"between hosts its type and source do",
			[]string{root, "2 1 0:5 / /run rw - tmpfs run rw"},
			[]string{root, "2 1 0:6 / /run rw - tmpfs run rw"},
			false,
			[]string{},
		},
		{
			"between hosts group numbers mean nothing",
			[]string{root, "2 1 0:5 / /run rw shared:4 - tmpfs run rw", "3 1 0:7 / /x rw master:4 - tmpfs x rw"},
			[]string{root, "2 1 0:5 / /run rw shared:9 - tmpfs run rw", "3 1 0:7 / /x rw unbindable - tmpfs x rw"},
			false,
			[]string{"changed propagation /x [slave] [unbindable]"},
		},
		{
			"on one host they do",
			[]string{root, "2 1 0:5 / /run rw shared:4 master:2 propagate_from:1 - tmpfs run rw"},
			[]string{root, "2 1 0:5 / /run rw shared:9 master:2 - tmpfs run rw"},
			true,
			[]string{"changed propagation /run [shared:4,master:2] [shared:9,master:2]"},
		},
		{
			"options that differ, and options in another order",
			[]string{root, "2 1 0:5 / /a rw,nosuid,relatime - tmpfs a rw,size=1k,mode=755", "3 1 0:6 / /b rw - overlay b lowerdir+=/x,lowerdir+=/y"},
			[]string{root, "2 1 0:5 / /a ro,nosuid,relatime - tmpfs a rw,size=2k,mode=755", "3 1 0:6 / /b rw - overlay b lowerdir+=/y,lowerdir+=/x"},
			true,
			[]string{
				"changed vfs-options /a [rw] [ro]", "changed fs-options /a [size=1k] [size=2k]",
				"changed fs-options /b [lowerdir+=/x,lowerdir+=/y] [lowerdir+=/y,lowerdir+=/x]",
			},
		},
		{
			"the same mount twice at one path is there once more",
			[]string{root, "2 1 0:5 / /run rw - tmpfs run rw"},
			[]string{root, "2 1 0:5 / /run rw - tmpfs run rw", "3 2 0:5 / /run rw - tmpfs run rw"},
			true,
			[]string{"only-in-B mount /run [] [rw]", "changed visibility /run [visible] [hidden]"},
		},
		{
			"what lies on top only of one side leaves the order of the others",
			[]string{root, "2 1 0:5 / /m rw - tmpfs x rw", "3 2 0:6 / /m rw - tmpfs y rw"},
			[]string{root, "2 1 0:4 / /m rw - tmpfs z rw", "3 2 0:5 / /m rw - tmpfs x rw", "4 3 0:6 / /m rw - tmpfs y rw"},
			true,
			[]string{"only-in-B mount /m [] [rw]"},
		},
		{
			"another root is another mount",
			[]string{root, "2 1 8:1 /a /m rw - ext4 /dev/sda1 rw"},
			[]string{root, "2 1 8:1 /b /m rw - ext4 /dev/sda1 rw"},
			true,
			[]string{"only-in-A mount /m [rw] []", "only-in-B mount /m [] [rw]"},
		},
	} {
		got := rowsOf(query.Diff(viewOf(t, c.a...), viewOf(t, c.b...), c.oneHost))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// Idmapped mounts differ by their maps; where these were not read on both sides
// it is said.
func TestDiffIdmaps(t *testing.T) {
	line := "2 1 0:5 / /m rw,idmapped - tmpfs m rw"
	a, b := viewOf(t, root, line), viewOf(t, root, line)
	if d := query.Diff(a, b, true); len(d.Rows) != 0 || len(d.Gaps) != 1 || d.Gaps[0].Subject != "/m" {
		t.Errorf("maps not read: rows %q, gaps %v", rowsOf(d), d.Gaps)
	}
	a.Mounts[1].UIDMap, b.Mounts[1].UIDMap = []string{"0 1000 1"}, []string{"0 2000 1"}
	want := []string{"changed idmap /m [u:0 1000 1 g:] [u:0 2000 1 g:]"}
	if d := query.Diff(a, b, true); len(d.Gaps) != 0 || !cmp.Equal(want, rowsOf(d)) {
		t.Errorf("rows %q, gaps %v", rowsOf(d), d.Gaps)
	}
	b.Mounts[1].UIDMap = a.Mounts[1].UIDMap
	if d := query.Diff(a, b, true); len(d.Rows)+len(d.Gaps) != 0 {
		t.Errorf("the same maps: rows %q, gaps %v", rowsOf(d), d.Gaps)
	}
}

// A table that may lack mounts makes the answer uncertain; what is not told of
// its mounts, and what was not read of others, does not.
func TestTableGaps(t *testing.T) {
	gap := func(ino, op string) snapshot.Gap {
		return snapshot.Gap{Subject: "mnt:[" + ino + "]", Op: op, Error: "x"}
	}
	s := &snapshot.Snapshot{
		Namespaces: []snapshot.Namespace{{ID: snapshot.NSID{Ino: 7}}, {ID: snapshot.NSID{Ino: 8}}, {ID: snapshot.NSID{Ino: 9}}},
		Tables: []snapshot.Table{
			{NS: snapshot.NSID{Ino: 7}, Whole: true},
			{NS: snapshot.NSID{Ino: 8}, Whole: true},
			{NS: snapshot.NSID{Ino: 9}},
			{NS: snapshot.NSID{Ino: 9}, PID: 12},
		},
		Gaps: []snapshot.Gap{gap("7", "read sizes"), gap("8", "read its mount table"), gap("6", "read its mount table")},
	}
	w := world.Build(s)
	for i, want := range []int{0, 1, 1, 0} {
		if got := query.TableGaps(w, w.Views[i], w.Views[i]); len(got) != want {
			t.Errorf("view %d: gaps %v, want %d", i, got, want)
		}
	}
}
