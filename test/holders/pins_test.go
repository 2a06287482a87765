//go:build linux

package holders_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func detach(point string) error { return unix.Unmount(point, unix.MNT_DETACH) }

// Mounts in other namespaces.

func TestIdleMountIsFree(t *testing.T) {
	scene{disk: newDisk(t)}.play(t)
}

func TestPrivateCopy(t *testing.T) {
	d := newDisk(t)
	a := act(t, "idle", unix.CLONE_NEWNS)
	scene{disk: d, actor: a, keeps: true, want: want{kind: "mount private", ns: a.ns(t), blocks: "device"}}.play(t)
}

func TestPrivateCopyWithCwd(t *testing.T) {
	d := newDisk(t)
	a := act(t, "cwd", unix.CLONE_NEWNS, d.point)
	scene{disk: d, actor: a, keeps: true, want: want{kind: "cwd", pid: a.pid, ns: a.ns(t), blocks: "device"}}.play(t)
}

func TestSlaveCopyGoesAlong(t *testing.T) {
	d := newDisk(t)
	a := act(t, "slave", 0, d.point, "idle")
	scene{disk: d, actor: a, want: want{kind: "mount slave", ns: a.ns(t)}}.play(t)
}

func TestSlaveCopyWithCwd(t *testing.T) {
	d := newDisk(t)
	a := act(t, "slave", 0, d.point, "cwd")
	scene{
		disk: d, actor: a, blocks: true, keeps: true,
		want: want{kind: "cwd", pid: a.pid, ns: a.ns(t), blocks: "umount"}, after: want{kind: "detached cwd", pid: a.pid},
	}.play(t)
}

func TestSlaveCopyWithChild(t *testing.T) {
	d := newDisk(t)
	try(t, os.Mkdir(d.path("sub"), 0o755))
	a := act(t, "slave", 0, d.point, "child")
	scene{disk: d, actor: a, keeps: true, want: want{kind: "mount slave", ns: a.ns(t), part: "on top"}, after: want{kind: "mount", ns: a.ns(t)}}.play(t)
}

// Namespaces that no process is in.

func TestNamespaceOfAThread(t *testing.T) {
	d := newDisk(t)
	a := act(t, "thread-ns", 0)
	scene{disk: d, actor: a, keeps: true, want: want{kind: "mount private", ns: number(t, a.said[0])}}.play(t)
}

func TestNamespaceOfADescriptor(t *testing.T) {
	d := newDisk(t)
	a := act(t, "ns-fd", 0)
	scene{disk: d, actor: a, keeps: true, want: want{kind: "mount private", ns: number(t, a.said[1])}}.play(t)
}

func TestNamespaceOfAFile(t *testing.T) {
	d := newDisk(t)
	file := filepath.Join(t.TempDir(), "ns")
	try(t, os.WriteFile(file, nil, 0o644))
	a := act(t, "ns-bind", 0, file)
	scene{disk: d, actor: a, keeps: true, want: want{kind: "mount private", ns: number(t, a.said[0])}}.play(t)
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	try(t, err)
	return n
}

// What tasks have open.

func TestWorkingDirectory(t *testing.T) {
	d := newDisk(t)
	a := act(t, "cwd", 0, d.point)
	scene{disk: d, actor: a, blocks: true, keeps: true, want: want{kind: "cwd", pid: a.pid, blocks: "umount"}, after: want{kind: "detached cwd", pid: a.pid}}.play(t)
}

func TestRootDirectory(t *testing.T) {
	d := newDisk(t)
	a := act(t, "root", 0, d.point)
	scene{disk: d, actor: a, blocks: true, keeps: true, want: want{kind: "root", pid: a.pid, blocks: "umount"}, after: want{kind: "detached root", pid: a.pid}}.play(t)
}

func TestDescriptor(t *testing.T) {
	d := newDisk(t)
	a := act(t, "fd", 0, d.file(t, "f"))
	scene{disk: d, actor: a, blocks: true, keeps: true, want: want{kind: "fd", pid: a.pid, blocks: "umount", part: "/f"}, after: want{kind: "detached fd", pid: a.pid}}.play(t)
}

func TestPathDescriptor(t *testing.T) {
	d := newDisk(t)
	a := act(t, "o_path", 0, d.file(t, "f"))
	scene{disk: d, actor: a, blocks: true, keeps: true, want: want{kind: "fd", pid: a.pid, blocks: "umount"}, after: want{kind: "detached fd", pid: a.pid}}.play(t)
}

func TestDescriptorOfAThread(t *testing.T) {
	d := newDisk(t)
	a := act(t, "thread-fd", 0, d.file(t, "f"))
	scene{disk: d, actor: a, blocks: true, keeps: true, want: want{kind: "fd", pid: a.pid, blocks: "umount", part: "thread " + a.said[0]}, after: want{kind: "detached fd", pid: a.pid}}.play(t)
}

func TestDirectoryOfAThread(t *testing.T) {
	d := newDisk(t)
	a := act(t, "dirs", 0, d.point)
	scene{disk: d, actor: a, blocks: true, keeps: true, want: want{kind: "cwd", pid: a.pid, blocks: "umount", part: "thread " + a.said[0]}, after: want{kind: "detached cwd", pid: a.pid}}.play(t)
}

func TestThreadOfAZombie(t *testing.T) {
	d := newDisk(t)
	a := act(t, "zombie", 0, d.file(t, "f"))
	scene{disk: d, actor: a, blocks: true, keeps: true, want: want{kind: "fd", pid: a.pid, blocks: "umount"}, after: want{kind: "detached fd", pid: a.pid}}.play(t)
}

func TestMapping(t *testing.T) {
	d := newDisk(t)
	a := act(t, "map", 0, d.file(t, "f"))
	scene{disk: d, actor: a, blocks: true, keeps: true, want: want{kind: "map", pid: a.pid, blocks: "umount"}, after: want{kind: "detached map", pid: a.pid}}.play(t)
}

func TestBoundSocket(t *testing.T) {
	d := newDisk(t)
	a := act(t, "socket", 0, d.path("s"))
	scene{disk: d, actor: a, blocks: true, keeps: true, want: want{kind: "socket", pid: a.pid, blocks: "umount"}, after: want{kind: "socket", pid: a.pid}}.play(t)
}

// Mounts that are in no namespace.

func TestOpenTree(t *testing.T) {
	d := newDisk(t)
	a := act(t, "open-tree", 0, d.point)
	scene{disk: d, actor: a, keeps: true, want: want{kind: "detached fd", pid: a.pid, blocks: "device"}}.play(t)
}

func TestFsmount(t *testing.T) {
	d := newDisk(t)
	a := act(t, "fsmount", 0, d.dev)
	scene{disk: d, actor: a, keeps: true, want: want{kind: "detached fd", pid: a.pid, blocks: "device"}}.play(t)
}

// What nothing shows.

func TestDescriptorInFlight(t *testing.T) {
	d := newDisk(t)
	a := act(t, "in-flight", 0, d.file(t, "f"))
	hidden(t, d, a, want{kind: "in-flight", pid: a.pid})
}

func TestUnreadEvent(t *testing.T) {
	d := newDisk(t)
	a := act(t, "events", 0, d.file(t, "f"))
	hidden(t, d, a, want{kind: "fanotify", pid: a.pid})
}

// hidden plays a scene whose holder is only a suspect: never free.
func hidden(t *testing.T, d *disk, a *actor, suspect want) {
	t.Helper()
	before := holders(t, "--for", "umount", d.point)
	before.suspects(t, suspect)
	if !umountBusy(t, d.point) {
		t.Fatal("umount was not refused")
	}
	if before.Verdicts.Umount.Answer != "unknown" || before.code != 3 {
		t.Errorf("umount: exit %d, %+v", before.code, before.Verdicts.Umount)
	}
	try(t, detach(d.point))
	after := holders(t, d.dev)
	after.suspects(t, suspect)
	if after.Verdicts.Device.Answer != "unknown" || after.code != 3 || len(after.Alive) == 0 || !d.busy(t) {
		t.Errorf("device: exit %d, %+v, alive %q, in use %v", after.code, after.Verdicts.Device, after.Alive, d.busy(t))
	}
	scene{disk: d, actor: a}.released(t)
}

// What holds nothing.

func TestWatchersHoldNothing(t *testing.T) {
	for _, role := range []string{"mark", "inotify"} {
		t.Run(role, func(t *testing.T) {
			d := newDisk(t)
			a := act(t, role, 0, d.file(t, "f"))
			scene{disk: d, actor: a}.play(t)
		})
	}
}
