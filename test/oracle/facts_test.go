//go:build linux

package oracle_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// What no operation that is predicted touches, and predictions rest on.

// staged is a theatre in which some lines were done.
func staged(t *testing.T, lines ...string) *theatre {
	t.Helper()
	onStage(t)
	th, err := open(os.Getenv(baseVar), newCount())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(th.close)
	for _, line := range lines {
		if err := th.perform(line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return th
}

// mountAt is the mount on top at a path, as a seat's table has it.
func (t *theatre) mountAt(tb testing.TB, at int, point string) (found snapshot.Mount) {
	tb.Helper()
	list, err := tableOf(t.seats[at].pid, t.seats[at].tid, &t.buf)
	if err != nil {
		tb.Fatal(err)
	}
	for _, m := range list {
		if m.Point == point {
			found = m
		}
	}
	if found.ID == 0 {
		tb.Fatalf("@%d has nothing at %s", at, point)
	}
	return found
}

// Flags of a mount stay with it; options of the file system are those of every
// mount of it.
func TestSuperblockOptionsAreCommon(t *testing.T) {
	th := staged(t, "@0 mount /a", "@0 bind /a /b", "@0 make-private /b", "@0 unshare")
	err := th.home.rooms[0].do(func() error {
		return unix.Mount("", "/a", "", unix.MS_REMOUNT|unix.MS_RDONLY, "")
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		seat        int
		point, flag string
	}{{0, "/a", "ro"}, {0, "/b", "rw"}, {1, "/a", "rw"}, {1, "/b", "rw"}} {
		m := th.mountAt(t, c.seat, c.point)
		flag, _, _ := strings.Cut(m.VFSOptions, ",")
		option, _, _ := strings.Cut(m.FSOptions, ",")
		if flag != c.flag || option != "ro" {
			t.Errorf("@%d %s: %s of the mount, %s of the file system", c.seat, c.point, m.VFSOptions, m.FSOptions)
		}
	}
}

// A group's number is free again when its last member leaves, and the next group
// gets the smallest that is free: it is no identity over time. Others on the host
// take and free numbers too.
func TestGroupNumbersAreReused(t *testing.T) {
	th := staged(t, "@0 mount /a", "@0 mount /b")
	do := func(line string) {
		if err := th.perform(line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	for range 1000 {
		do("@0 make-shared /a")
		first := th.mountAt(t, 0, "/a").PeerGroup
		do("@0 make-private /a")
		do("@0 make-shared /b")
		second := th.mountAt(t, 0, "/b").PeerGroup
		do("@0 make-private /b")
		if first == second && first != 0 {
			return
		}
	}
	t.Error("the number of a group that has ended was not given again")
}
