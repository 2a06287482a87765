//go:build linux

package live_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// members tells each mount namespace by how many processes are in it and which
// is the lowest: what an ordinary user can know of it too.
func members(doc row) []string {
	var list []string
	for _, r := range doc.rows("namespaces") {
		list = append(list, fmt.Sprintf("%d processes from %s", r.num("nprocs"), r.text("pid")))
	}
	slices.Sort(list)
	return list
}

// An ordinary user may read no link of others' processes, but every table, and
// mounts in common tell which processes are in the same namespace.
func TestOrdinaryUserGroupsProcesses(t *testing.T) {
	if !quiet(t) {
		return
	}
	jail := mkdir(t, tmpfs(t, ""), "jail")
	try(t, unix.Mount("jail", jail, "tmpfs", 0, ""))
	shell(t, unix.CLONE_NEWNS, "exec 3<&0; (read x <&3) & (read x <&3) &")
	odd := shell(t, unix.CLONE_NEWNS|unix.CLONE_NEWNET, oddMounts, t.TempDir())
	roleOf(t, "chrooted", 0, jail)
	roleOf(t, "chrooted", unix.CLONE_NEWNS, jail)

	args := []string{"list", "-t", "mnt", "-o", "NS,NPROCS,PID", "-J"}
	want := members(answer(t, args...))
	res := asNobody(t, args...)
	doc := decode(t, res.out)
	if got := members(doc); res.code != 0 || !slices.Equal(got, want) {
		t.Errorf("exit %d\n%s\nroot:\n%s\n%s", res.code, strings.Join(got, "\n"), strings.Join(want, "\n"), res.err)
	}
	for _, r := range doc.rows("namespaces") {
		if own := r.num("ns") == inoOf(t, "/proc/self/ns/mnt"); !own && r["ns"] != nil {
			t.Errorf("the number of a namespace that cannot be read: %v", r)
		}
	}
	text := asNobody(t, "list")
	if text.code != 0 || strings.Count(text.err, "\n") != 1 || !strings.Contains(text.err, "root would also see") {
		t.Errorf("list: exit %d\n%s", text.code, text.err)
	}
	for _, target := range []string{"self", odd.arg()} {
		const cols = "TARGET,SOURCE,FSTYPE,OPTIONS,ID,PARENT,FSROOT,PROPAGATION"
		res := asNobody(t, "tree", target, "-J", "-o", cols)
		if res.code != 0 {
			t.Fatalf("tree %s: exit %d\n%s", target, res.code, res.err)
		}
		sameRows(t, target, flat(decode(t, res.out).rows("filesystems")), mounts(t, target, "-o", cols), cols)
	}
}

// Of one's own processes everything can be read.
func TestOrdinaryUserSeesOwnNamespaces(t *testing.T) {
	if !quiet(t) {
		return
	}
	needsProgram(t, "setpriv", "unshare")
	a := start(t, exec.Command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-Um", "sh", "-c", stay), 0)
	res := asNobody(t, "list", "-J", "-o", "NS,TYPE,NPROCS,PID,UID,PNS")
	user, mnt := row(nil), row(nil)
	for _, r := range decode(t, res.out).rows("namespaces") {
		switch r.num("ns") {
		case a.ns(t, "user"):
			user = r
		case a.ns(t, "mnt"):
			mnt = r
		}
	}
	if mnt.num("pid") != uint64(a.pid) || mnt.num("uid") != 65534 || user.num("pns") != inoOf(t, "/proc/self/ns/user") {
		t.Errorf("exit %d: mnt %v, user %v\n%s", res.code, mnt, user, res.err)
	}
	for _, target := range []string{strconv.FormatUint(a.ns(t, "mnt"), 10), a.arg(), "/proc/" + a.arg() + "/ns/mnt"} {
		if res := asNobody(t, "tree", target); res.code != 0 || !strings.Contains(res.out, "\n/ ") {
			t.Errorf("tree %s: exit %d\n%s%s", target, res.code, res.out, res.err)
		}
	}
}

// What an ordinary user may not look at is no certain no: status 3.
func TestOrdinaryUserIsNotCertain(t *testing.T) {
	if !quiet(t) {
		return
	}
	a := shell(t, unix.CLONE_NEWNS|unix.CLONE_NEWUTS, "")
	ino := strconv.FormatUint(a.ns(t, "mnt"), 10)
	for _, args := range [][]string{
		{"tree", ino},
		{"tree", "mnt:[" + ino + "]"},
		{"list", ino},
		{"list", strconv.FormatUint(a.ns(t, "uts"), 10)},
		{"tree", "/proc/" + a.arg() + "/ns/mnt"},
		{"list", a.arg(), "-t", "uts"},
		{"list", "-p", a.arg(), "-t", "uts"},
	} {
		res := asNobody(t, args...)
		if res.code != 3 || strings.Contains(res.out, "\n4") || strings.Count(res.err, "\n") != 1 {
			t.Errorf("%v: exit %d\n%s%s", args, res.code, res.out, res.err)
		}
	}
	// Where a process is not, or not in, can be known.
	for _, args := range [][]string{{"tree", "4000000"}, {"list", "-p", "4000000"}} {
		if res := asNobody(t, args...); res.code != 2 {
			t.Errorf("%v: exit %d\n%s", args, res.code, res.err)
		}
	}
}

// What hidepid hides from an ordinary user is said, whatever its degree.
func TestHidepid(t *testing.T) {
	if !quiet(t) {
		return
	}
	other := shell(t, unix.CLONE_NEWNS, "")
	for _, degree := range []string{"noaccess", "invisible", "ptraceable"} {
		dir := t.TempDir()
		openUp(t, filepath.Dir(dir))
		if err := unix.Mount("proc", dir, "proc", 0, "hidepid="+degree); err != nil {
			t.Skipf("needs hidepid=%s of proc: %v", degree, err)
		}
		res := asNobody(t, "list", "--proc", dir)
		if res.code != 0 || strings.Count(res.err, "\n") != 1 {
			t.Errorf("%s: list: exit %d\n%s%s", degree, res.code, res.out, res.err)
		}
		doc := decode(t, asNobody(t, "list", "--proc", dir, "-J").out)
		if !slices.ContainsFunc(doc.rows("gaps"), func(g row) bool { return strings.Contains(g.text("error"), "hidepid") }) {
			t.Errorf("%s: gaps %v", degree, doc["gaps"])
		}
		if res := asNobody(t, "tree", "--proc", dir, "self"); res.code != 0 || res.out == "" {
			t.Errorf("%s: tree self: exit %d\n%s", degree, res.code, res.err)
		}
		if res := asNobody(t, "tree", "--proc", dir, other.arg()); res.code != 3 || strings.Count(res.err, "\n") != 1 || res.out != "" {
			t.Errorf("%s: tree of a hidden process: exit %d\n%s", degree, res.code, res.err)
		}
		if res := nsview(t, "list", "--proc", dir); strings.Contains(res.err, "hidepid") {
			t.Errorf("%s: root is told of hidepid: %s", degree, res.err)
		}
		try(t, unix.Unmount(dir, 0))
	}
}

// In a pid namespace of its own even root may not walk the kernel's namespaces.
func TestNestedPIDNamespace(t *testing.T) {
	if !quiet(t) {
		return
	}
	thread, fd := roleOf(t, "thread", 0), roleOf(t, "fd", 0)
	elsewhere := shell(t, unix.CLONE_NEWNS, `mount -t tmpfs t /mnt; touch /mnt/ipc; unshare --ipc=/mnt/ipc true; stat -Lc %i /mnt/ipc`)
	res := nsview(t, "list", "-J", "-o", "NS,TYPE,NPROCS,PID,HELDBY")
	doc := decode(t, res.out)
	if res.code != 0 || !slices.ContainsFunc(doc.rows("gaps"), func(g row) bool { return strings.Contains(g.text("op"), "enumerate") }) {
		t.Errorf("exit %d, gaps %v", res.code, doc["gaps"])
	}
	found := namespaces(t, "-o", "NS,TYPE,NPROCS,PID,HELDBY")
	heldBy(t, found, number(t, thread.said[2]), "mnt", fmt.Sprintf("thread %d/%s", thread.pid, thread.said[0]))
	heldBy(t, found, number(t, fd.said[1]), "mnt", fmt.Sprintf("fd %d:%s", fd.pid, fd.said[0]))
	heldBy(t, found, number(t, elsewhere.said[0]), "ipc", fmt.Sprintf("bind /mnt/ipc in mnt:[%d]", elsewhere.ns(t, "mnt")))
	for _, target := range []string{thread.said[2], fd.said[1]} {
		if rows := mounts(t, target); len(rows) == 0 {
			t.Errorf("tree %s: nothing", target)
		}
	}
	// The outside is not there, and its numbers lead nowhere.
	if res := nsview(t, "tree", "4026531832"); res.code != 2 {
		t.Errorf("tree of the initial namespace: exit %d\n%s", res.code, res.err)
	}
}

// Processes that come and go are nobody's error.
func TestVanishingProcesses(t *testing.T) {
	if !quiet(t) {
		return
	}
	idle := roleOf(t, "idle", unix.CLONE_NEWNS)
	before := fmt.Sprint(answer(t, "list")["gaps"])
	// The loop ends with this pid namespace.
	shell(t, 0, `(while :; do /bin/true & unshare -m /bin/true; wait; done) </dev/null >/dev/null 2>&1 &`)
	questions := [][]string{{"list"}, {"list", "-o", "+HELDBY,USERS,OWNER"}, {"tree", "--all"}, {"list", "-Towner"}, {"snapshot"}}
	for i := range 200 {
		q := questions[i%len(questions)]
		if q[0] != "list" {
			if res := nsview(t, q...); res.code != 0 || strings.Contains(res.err, "gone") || strings.Contains(res.err, "no such") {
				t.Fatalf("run %d, %v: exit %d\n%s", i, q, res.code, res.err)
			}
			continue
		}
		doc := answer(t, q...)
		if after := fmt.Sprint(doc["gaps"]); after != before {
			t.Fatalf("run %d, %v: gaps %s", i, q, after)
		}
		for _, r := range flat(doc.rows("namespaces")) {
			if r.num("ns") == idle.ns(t, "mnt") && r.num("nprocs") != 1 || r.num("nprocs") > 20 {
				t.Fatalf("run %d, %v: %v", i, q, r)
			}
		}
	}
}

// A zombie is in no namespace any more, and one that has just exited is gone.
func TestDeadTargets(t *testing.T) {
	onStage(t)
	cmd := exec.Command("true")
	try(t, cmd.Start())
	var info unix.Siginfo
	try(t, unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil))
	pid := strconv.Itoa(cmd.Process.Pid)
	for _, args := range [][]string{{"tree", pid}, {"list", pid}, {"list", "-p", pid, "-t", "mnt"}} {
		res := nsview(t, args...)
		if res.code != 2 && !(args[1] == "-p" && res.code == 1) || strings.Count(res.err, "\n") != 1 && args[1] != "-p" {
			t.Errorf("%v of a zombie: exit %d\n%s%s", args, res.code, res.out, res.err)
		}
	}
	if res := nsview(t, "tree", pid); !strings.Contains(res.err, "zombie") {
		t.Errorf("a zombie: %s", res.err)
	}
	try(t, cmd.Wait())
	for _, args := range [][]string{{"tree", pid}, {"list", pid}, {"list", "-p", pid}} {
		if res := nsview(t, args...); res.code != 2 || !strings.Contains(res.err, "no such process") || strings.Count(res.err, "\n") != 1 {
			t.Errorf("%v of a process that is gone: exit %d\n%s", args, res.code, res.err)
		}
	}
}

// head closes the pipe: the rest is nobody's business, and no panic.
func TestClosedPipe(t *testing.T) {
	onStage(t)
	needsProgram(t, "head")
	for _, args := range [][]string{{"list", "--output-all"}, {"tree"}, {"tree", "-J"}, {"snapshot"}} {
		cmd := exec.Command(nsviewPath(), args...)
		out, err := cmd.StdoutPipe()
		try(t, err)
		var said strings.Builder
		cmd.Stderr = &said
		out.Close() // before the first byte
		err = cmd.Run()
		status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if strings.Contains(said.String(), "panic") || strings.Contains(said.String(), "broken pipe") || !status.Signaled() || status.Signal() != syscall.SIGPIPE {
			t.Errorf("%v: %v\n%s", args, err, said.String())
		}
	}
}
