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
)

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	try(t, err)
	return n
}

// heldBy checks that a namespace is listed as held by what is wanted.
func heldBy(t *testing.T, found map[uint64]row, ino uint64, typ, want string) {
	t.Helper()
	r := found[ino]
	if r == nil {
		t.Errorf("%s:[%d], held by %s, is not listed", typ, ino, want)
		return
	}
	holders := strings.Split(r.text("heldby"), ", ")
	if r.text("type") != typ || r.num("nprocs") != 0 || r["pid"] != nil || !slices.Contains(holders, want) {
		t.Errorf("%s:[%d]: type %s, %d processes, pid %v, held by %q, want %q", typ, ino, r.text("type"), r.num("nprocs"), r["pid"], holders, want)
	}
}

func TestHolders(t *testing.T) {
	onStage(t)
	thread := roleOf(t, "thread", 0)
	fd := roleOf(t, "fd", 0)
	flight := roleOf(t, "in-flight", 0)
	dir := t.TempDir()
	bind := shell(t, 0, `touch "$1/net here" "$1/uts"
unshare --net="$1/net here" true
unshare --uts="$1/uts" true
stat -Lc %i "$1/net here" "$1/uts"`, dir)
	t.Cleanup(func() {
		unix.Unmount(filepath.Join(dir, "net here"), unix.MNT_DETACH)
		unix.Unmount(filepath.Join(dir, "uts"), unix.MNT_DETACH)
	})
	elsewhere := shell(t, unix.CLONE_NEWNS, `mount -t tmpfs t /mnt; touch /mnt/ipc /mnt/mnt
unshare --ipc=/mnt/ipc true
stat -Lc %i /mnt/ipc`)

	found := namespaces(t, "-o", "NS,TYPE,NPROCS,PID,HELDBY,NSFS,PATH")
	heldBy(t, found, number(t, thread.said[1]), "net", fmt.Sprintf("thread %d/%s", thread.pid, thread.said[0]))
	heldBy(t, found, number(t, thread.said[2]), "mnt", fmt.Sprintf("thread %d/%s", thread.pid, thread.said[0]))
	heldBy(t, found, number(t, fd.said[1]), "mnt", fmt.Sprintf("fd %d:%s", fd.pid, fd.said[0]))
	heldBy(t, found, number(t, fd.said[3]), "net", fmt.Sprintf("fd %d:%s", fd.pid, fd.said[2]))
	heldBy(t, found, number(t, bind.said[0]), "net", "bind "+dir+"/net here")
	heldBy(t, found, number(t, bind.said[1]), "uts", "bind "+dir+"/uts")
	heldBy(t, found, number(t, elsewhere.said[0]), "ipc", fmt.Sprintf("bind /mnt/ipc in mnt:[%d]", elsewhere.ns(t, "mnt")))
	if initialPIDs(t) {
		heldBy(t, found, number(t, flight.said[0]), "mnt", "kernel")
	}
	if r := found[number(t, bind.said[0])]; r.text("nsfs") != dir+"/net here" || r.text("path") != dir+"/net here" {
		t.Errorf("NSFS %q, PATH %q of a mounted file", r.text("nsfs"), r.text("path"))
	}
	pathsLead(t, found)
}

// pathsLead opens what PATH says: it is the namespace, or gone since.
func pathsLead(t *testing.T, found map[uint64]row) {
	t.Helper()
	for ino, r := range found {
		var st unix.Stat_t
		if path := r.text("path"); path != "" && unix.Stat(path, &st) == nil && st.Ino != ino {
			t.Errorf("PATH of %s:[%d], %s, leads to %d", r.text("type"), ino, path, st.Ino)
		}
	}
}

// initialPIDs says whether the kernel lets nsview walk mount namespaces.
func initialPIDs(t *testing.T) bool {
	t.Helper()
	return inoOf(t, "/proc/self/ns/pid") == 0xEFFFFFFC
}

// A link of /proc/PID/ns ending in _for_children names a namespace that a
// process is not in.
func TestHeldForChildren(t *testing.T) {
	onStage(t)
	for _, typ := range []string{"time", "pid"} {
		a := roleOf(t, "for-children", 0, typ)
		found := namespaces(t, "-o", "NS,TYPE,NPROCS,PID,HELDBY")
		heldBy(t, found, number(t, a.said[0]), typ, fmt.Sprintf("child-of %d", a.pid))
	}
}

// A user namespace without a process lives as long as what it owns.
func TestUserNamespaceHeldByWhatItOwns(t *testing.T) {
	onStage(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "net")
	try(t, os.WriteFile(file, nil, 0o600))
	t.Cleanup(func() { unix.Unmount(file, unix.MNT_DETACH) })
	owner := shell(t, unix.CLONE_NEWUSER|unix.CLONE_NEWNET, "")
	user, net := owner.ns(t, "user"), owner.ns(t, "net")
	try(t, unix.Mount(fmt.Sprintf("/proc/%d/ns/net", owner.pid), file, "", unix.MS_BIND, ""))
	owner.dismiss()

	found := namespaces(t, "-o", "NS,TYPE,NPROCS,PID,HELDBY,ONS,PNS")
	heldBy(t, found, net, "net", "bind "+file)
	heldBy(t, found, user, "user", fmt.Sprintf("owner-of net:[%d]", net))
	if found[net].num("ons") != user || found[user].num("pns") != inoOf(t, "/proc/self/ns/user") {
		t.Errorf("ONS of the network namespace %v, PNS of the user namespace %v", found[net]["ons"], found[user]["pns"])
	}
}

// The default of list finds what --deep finds on a small host, and the plain
// list of types leaves nothing of the type out.
func TestDefaultListIsComplete(t *testing.T) {
	if !quiet(t) {
		return
	}
	fd := roleOf(t, "fd", 0)
	for _, args := range [][]string{{}, {"-t", "mnt"}, {"-t", "mnt,net"}, {"--deep"}} {
		found := namespaces(t, args...)
		if found[number(t, fd.said[1])] == nil {
			t.Errorf("list %v: the mount namespace held by a descriptor is missing", args)
		}
		if all := len(args) == 0 || args[0] == "--deep" || args[1] == "mnt,net"; all == (found[number(t, fd.said[3])] == nil) {
			t.Errorf("list %v: the network namespace held by a descriptor is there: %v", args, !all)
		}
	}
}
