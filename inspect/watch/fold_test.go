package watch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nsview/nsview/inspect/snapshot"
)

var tmpfs = snapshot.Dev{Minor: 50}

// parents are the mounts that things are mounted on in these tests: 10 and 20
// are peers, 30 is a slave of theirs, 40 a slave of that, 50 is private.
var parents = map[snapshot.MountID]spot{
	10: {parent: 10, group: 1}, 20: {parent: 20, group: 1},
	30: {parent: 30, group: 3, master: 1}, 40: {parent: 40, master: 3}, 50: {parent: 50},
}

func masters(g snapshot.GroupID) snapshot.GroupID {
	return map[snapshot.GroupID]snapshot.GroupID{3: 1}[g]
}

// at is a directory on a parent, which may be one of the mounts of the test.
func at(parent snapshot.MountID, path string) spot {
	s, known := parents[parent]
	if !known {
		s = spot{parent: parent}
	}
	s.path = path
	return s
}

// raw is a notice of a mount that could be looked at. Its namespace is told
// from its parent: each of the parents is in one of its own.
func raw(op op, pid int, id, parent snapshot.MountID, path string) notice {
	return notice{
		op: op, pid: pid, id: id, ns: uint64(parent / 10 * 10), at: at(parent, path),
		mount: &snapshot.Mount{ID: id, Dev: tmpfs, Root: "/", Point: path},
	}
}

func clone(r notice) notice {
	r.clone = true
	return r
}

func in(ns uint64, r notice) notice {
	r.ns = ns
	return r
}

// slide is a mount that hangs on another at the same mount point.
func slide(pid int, id, from, to snapshot.MountID, path string) notice {
	r := raw(shift, pid, id, to, path)
	r.from, r.was = at(from, path), &snapshot.Mount{ID: id, Dev: tmpfs, Root: "/", Point: path}
	return r
}

func moved(pid int, id, from, to snapshot.MountID, was, now string) notice {
	r := raw(shift, pid, id, to, now)
	r.from, r.was = at(from, was), &snapshot.Mount{ID: id, Dev: tmpfs, Root: "/", Point: was}
	r.clone = true
	return r
}

func unseen(op op, pid int, id snapshot.MountID, born uint64) notice {
	return notice{op: op, pid: pid, id: id, born: born}
}

func rootOf(pid int, ns uint64) notice {
	return notice{op: detach, pid: pid, id: 1, ns: ns, nsRoot: true}
}

// said is a batch in short: what, by whom, the origin, receivers, mounts below.
func said(b *batch) string {
	text := fmt.Sprintf("%s %d:%d", b.event.Kind, b.event.Origin.PID, b.event.Origin.MountID)
	for _, r := range b.event.Receivers {
		text += fmt.Sprintf(" %s:%d", r.Via, r.MountID)
	}
	if b.event.Below > 0 {
		text += fmt.Sprintf(" +%d", b.event.Below)
	}
	return text
}

func TestFold(t *testing.T) {
	for _, c := range []struct {
		name string
		list []notice
		want string
	}{
		{"a mount that reaches a peer, a slave and its slave", []notice{
			raw(attach, 7, 100, 10, "/x"), raw(attach, 7, 103, 40, "/x"), raw(attach, 7, 102, 30, "/x"), raw(attach, 7, 101, 20, "/x"),
		}, "mount 7:100 slave:103 slave:102 peer:101"},
		{"a slave sends nothing up", []notice{raw(attach, 7, 100, 30, "/x"), raw(attach, 7, 101, 40, "/x"), raw(attach, 7, 102, 10, "/x")}, "mount 7:100 slave:101; mount 7:102"},
		{"two by one process", []notice{
			raw(attach, 7, 100, 10, "/x"), raw(attach, 7, 101, 20, "/x"), raw(attach, 7, 102, 10, "/y"), raw(attach, 7, 103, 20, "/y"),
		}, "mount 7:100 peer:101; mount 7:102 peer:103"},
		{"two by two processes", []notice{raw(attach, 7, 100, 10, "/x"), raw(attach, 8, 101, 20, "/x")}, "mount 7:100; mount 8:101"},
		{"a private parent sends nothing", []notice{raw(attach, 7, 100, 50, "/x"), raw(attach, 7, 101, 50, "/x")}, "mount 7:100; mount 7:101"},
		{"a recursive bind and its copy", []notice{
			clone(raw(attach, 7, 100, 10, "/x")), in(10, clone(raw(attach, 7, 101, 100, "/x/s"))),
			clone(raw(attach, 7, 102, 20, "/x")), in(20, clone(raw(attach, 7, 103, 102, "/x/s"))),
		}, "mount 7:100 peer:102 +1"},
		{"a mount on a new file system came by itself", []notice{raw(attach, 7, 100, 50, "/x"), in(50, clone(raw(attach, 7, 101, 100, "/x/s")))}, "mount 7:100; mount 7:101"},
		{"an umount everywhere", []notice{raw(detach, 7, 100, 10, "/x"), raw(detach, 7, 102, 30, "/x"), raw(detach, 7, 101, 20, "/x")}, "umount 7:100 slave:102 peer:101"},
		{"stacked mounts unmounted one by one", []notice{raw(detach, 7, 101, 100, "/x"), raw(detach, 7, 100, 50, "/x")}, "umount 7:101; umount 7:100"},
		{"a lazy umount of a tree, a copy's submount named first", []notice{
			raw(detach, 7, 100, 10, "/x"), in(10, raw(detach, 7, 101, 100, "/s")), in(20, raw(detach, 7, 111, 110, "/s")), raw(detach, 7, 110, 20, "/x"),
		}, "umount 7:100 peer:110 +1"},
		{"a survivor slides down first", []notice{slide(7, 200, 101, 20, "/x"), raw(detach, 7, 100, 10, "/x"), raw(detach, 7, 101, 20, "/x")}, "umount 7:100 peer:101"},
		{"a move, then an umount", []notice{moved(7, 100, 50, 50, "/x", "/y"), raw(detach, 7, 101, 50, "/z")}, "move 7:100; umount 7:101"},
		{"a move sends copies", []notice{moved(7, 100, 50, 10, "/x", "/y"), clone(raw(attach, 7, 101, 20, "/y"))}, "move 7:100 peer:101"},
		{"pivot_root is one move", []notice{in(50, moved(7, 100, 50, 101, "/", "/old")), moved(7, 101, 100, 50, "/new", "/")}, "move 7:101"},
		{"a dying namespace", []notice{
			rootOf(7, 60), in(60, raw(detach, 7, 100, 10, "/")), unseen(detach, 7, 101, 0), rootOf(7, 70), in(70, raw(detach, 7, 102, 50, "/")),
		}, "ns-gone 7:0 +2; ns-gone 7:0 +1"},
		{"copies gone before they could be looked at", []notice{
			raw(attach, 7, 100, 10, "/x"), unseen(attach, 7, 102, 0), unseen(attach, 7, 101, 0), unseen(attach, 7, 103, 0),
		}, "mount 7:100 :0 :0; mount 7:0"},
		{"all of it gone, and what came together goes together", []notice{
			unseen(attach, 7, 100, 0), unseen(attach, 7, 103, 0), unseen(attach, 7, 102, 0), unseen(attach, 7, 101, 0),
			unseen(detach, 7, 100, 5), unseen(detach, 7, 101, 5), unseen(detach, 7, 104, 6),
		}, "mount 7:0 :0 :0 :0; umount 7:0 :0; umount 7:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, b := range fold(c.list, masters, true) {
				got = append(got, said(b))
			}
			if strings.Join(got, "; ") != c.want {
				t.Errorf("told as %q, want %q", strings.Join(got, "; "), c.want)
			}
		})
	}
}

// Without an order what hangs together is found wherever it stands.
func TestFoldWithoutOrder(t *testing.T) {
	list := []notice{
		raw(attach, 0, 100, 10, "/x"), raw(attach, 0, 110, 10, "/y"), raw(attach, 0, 101, 20, "/x"), raw(attach, 0, 111, 30, "/y"),
	}
	var got []string
	for _, b := range fold(list, masters, false) {
		got = append(got, said(b))
	}
	if want := []string{"mount 0:100 peer:101", "mount 0:110 slave:111"}; !slices.Equal(got, want) {
		t.Errorf("told as %q, want %q", got, want)
	}
}

// Whatever the kernel says, each notice belongs to exactly one event.
func FuzzFold(f *testing.F) {
	f.Add([]byte{0, 7, 100, 10, 0, 7, 101, 20, 1, 7, 100, 10, 1, 7, 101, 20}, true)
	f.Add([]byte{2, 7, 100, 10, 2, 7, 101, 20, 1, 7, 100, 101, 9, 7, 100, 10}, false)
	f.Fuzz(func(t *testing.T, b []byte, ordered bool) {
		var list []notice
		for ; len(b) >= 4; b = b[4:] {
			r := raw(op(b[0]%3), int(b[1]%4), snapshot.MountID(b[2]), snapshot.MountID(b[3]), "/x")
			r.from, r.was = at(snapshot.MountID(b[2]), "/x"), r.mount
			r.clone, r.nsRoot, r.born = b[0]&8 != 0, b[0]&16 != 0 && r.op == detach, uint64(b[0]>>6)
			if b[0]&32 != 0 {
				r.mount, r.ns = nil, 0
			}
			list = append(list, r)
		}
		seen := make([]int, len(list))
		for _, b := range fold(list, masters, ordered) {
			if len(b.notices) == 0 || b.event.Kind == "" {
				t.Fatalf("an event of nothing: %+v", b)
			}
			for _, i := range b.notices {
				seen[i]++
			}
		}
		for i, n := range seen {
			if n != 1 {
				t.Fatalf("notice %d belongs to %d events", i, n)
			}
		}
	})
}
