//go:build linux

package live_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/render"
)

// bindNS mounts an actor's namespace file, which holds the namespace when the
// actor is gone.
func bindNS(t *testing.T, a *actor, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	try(t, os.WriteFile(file, nil, 0o600))
	try(t, unix.Mount(fmt.Sprintf("/proc/%d/ns/%s", a.pid, name), file, "", unix.MS_BIND, ""))
	t.Cleanup(func() { unix.Unmount(file, unix.MNT_DETACH) })
	return file
}

// chained is a chain of peer groups through several mounts, some of which leave
// the namespace: what propagate_from is about.
const chained = `mkdir "$1"; mount -t tmpfs chain "$1"; mount --make-private "$1"; cd "$1"; mkdir top mid low only end
mount -t tmpfs t top; mount --make-shared top
mount --bind top mid; mount --make-slave mid; mount --make-shared mid
mount --bind mid low; mount --make-slave low; mount --make-shared low
mount --bind low only; mount --make-slave only
cd /
`

func allColumns() string { return strings.Join(render.MountColumns.Names(), ",") }

// steadyColumns stay the same while others write to the machine's disk.
func steadyColumns() string {
	return strings.Join(slices.DeleteFunc(render.MountColumns.Names(), func(name string) bool {
		return name == "USED" || name == "AVAIL" || name == "USE%"
	}), ",")
}

// What a table showed while a process was in its namespace is what it shows
// when none is, whatever way leads there.
func TestTableWithoutProcess(t *testing.T) {
	onStage(t)
	dir := t.TempDir()
	a := shell(t, unix.CLONE_NEWNS, chained+`umount "$1/mid"; umount "$1/low"; set -- "$2"`+"\n"+oddMounts, dir+"/chain", dir)
	file := bindNS(t, a, "mnt")
	ino := strconv.FormatUint(a.ns(t, "mnt"), 10)
	want := mounts(t, a.arg(), "-o", allColumns())
	counted := namespaces(t, "-t", "mnt", "-o", "NS,MOUNTS,NSID")[a.ns(t, "mnt")]
	a.dismiss()

	id := "id:" + counted.text("nsid")
	for _, target := range []string{ino, "mnt:[" + ino + "]", file, id} {
		got := mounts(t, target, "-o", allColumns())
		sameRows(t, target, got, want, steadyColumns())
		if strconv.Itoa(len(got)) != counted.text("mounts") {
			t.Errorf("%s: %d mounts, the kernel counts %s", target, len(got), counted.text("mounts"))
		}
	}
	text := nsview(t, "tree", ino)
	if text.code != 0 || strings.Count(text.out, "\n") != len(want)+1 {
		t.Errorf("tree %s: exit %d, %d lines\n%s", ino, text.code, strings.Count(text.out, "\n"), text.err)
	}
}

// A mount may come from a group two masters up, of which only the topmost has a
// member in the namespace: the kernel says propagate_from, and only to those
// inside.
func TestPropagateFromWithoutProcess(t *testing.T) {
	onStage(t)
	dir := t.TempDir()
	outer := shell(t, unix.CLONE_NEWNS, chained, dir+"/chain")
	inner := start(t, nsenter(outer, "unshare", "-m", "--propagation", "unchanged", "sh", "-c",
		`umount "$1/mid"; umount "$1/low"; `+stay, "sh", dir+"/chain"), 0)
	file := bindNS(t, inner, "mnt")
	want := mounts(t, inner.arg(), "-R", dir+"/chain")
	if only := at(t, want, dir+"/chain/only"); only["propagate_from"] == nil || !strings.Contains(only.text("propagation"), ",from:") {
		t.Fatalf("the scene has no propagate_from: %v", only)
	}
	inner.dismiss()
	sameRows(t, "without a process", mounts(t, file, "-R", dir+"/chain"), want, "target,propagation,peer_group,master,propagate_from")
}

// A namespace whose file is mounted in another namespace only.
func TestTableOfNamespaceHeldElsewhere(t *testing.T) {
	onStage(t)
	dir := t.TempDir()
	holder := shell(t, unix.CLONE_NEWNS, `mount -t tmpfs t "$1"; touch "$1/held"`, dir)
	inner := shell(t, unix.CLONE_NEWNS, `mount -t tmpfs -o size=3m inner "$1"`, dir)
	ino := inner.ns(t, "mnt")
	res := run(t, nsenter(holder, "mount", "--bind", fmt.Sprintf("/proc/%d/ns/mnt", inner.pid), dir+"/held"))
	if res.code != 0 {
		t.Fatalf("mount the file of the inner namespace, which was made later, in the other: %s", res.err)
	}
	want := mounts(t, inner.arg(), "-o", allColumns())
	inner.dismiss()

	got := mounts(t, strconv.FormatUint(ino, 10), "-o", allColumns())
	sameRows(t, "held elsewhere", got, want, steadyColumns())
	if r := at(t, got, dir); r.text("size") != "3M" || r.text("used") != "0" {
		t.Errorf("size of the inner tmpfs: %v", r)
	}
	r := namespaces(t, "-t", "mnt", "-o", "NS,HELDBY,NPROCS")[ino]
	if want := fmt.Sprintf("bind %s/held in mnt:[%d]", dir, holder.ns(t, "mnt")); r.text("heldby") != want {
		t.Errorf("held by %q, want %q", r.text("heldby"), want)
	}
}

// After umount -l / a namespace has nothing but its empty root mount.
func TestEmptiedNamespace(t *testing.T) {
	onStage(t)
	a := roleOf(t, "emptied", unix.CLONE_NEWNS)
	for _, target := range []string{a.arg(), strconv.FormatUint(a.ns(t, "mnt"), 10)} {
		res := nsview(t, "tree", target)
		if strings.Contains(res.err, "panic") || res.code > 3 || res.code == 2 {
			t.Errorf("tree %s: exit %d\n%s%s", target, res.code, res.out, res.err)
		}
	}
	if r := namespaces(t, "-t", "mnt", "-o", "NS,MOUNTS,NPROCS")[a.ns(t, "mnt")]; r.num("nprocs") != 1 || r["mounts"] == nil {
		t.Errorf("list: %v", r)
	}
	if res := nsview(t, "tree", "--all", "-J"); res.code != 0 {
		t.Errorf("tree --all: exit %d\n%s", res.code, res.err)
	}
}
