//go:build linux

package live_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// lsns runs lsns -J.
func lsns(t *testing.T, args ...string) []row {
	t.Helper()
	needsProgram(t, "lsns")
	out, err := exec.Command("lsns", append([]string{"-J"}, args...)...).Output()
	try(t, err)
	return decode(t, string(out)).rows("namespaces")
}

// mixedHost is a scene with namespaces of every type.
func mixedHost(t *testing.T) {
	t.Helper()
	const all = unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP
	shell(t, all, "exec 3<&0; (read x <&3) & (read x <&3) &")
	shell(t, unix.CLONE_NEWUSER|unix.CLONE_NEWNS|unix.CLONE_NEWPID, "")
	shell(t, unix.CLONE_NEWPID|unix.CLONE_NEWUTS, "")
	needsProgram(t, "unshare")
	shell(t, 0, `exec unshare --time --fork sh -c '`+stay+`'`)
	// The outer of two user namespaces has no process: its one went on inside.
	shell(t, 0, `exec unshare -Ur unshare -Urn sh -c '`+stay+`'`)
}

// On a quiet host nsview and lsns tell the same of every namespace. Each sees
// itself; both are started by this process and are its last child.
func TestAgreesWithLsns(t *testing.T) {
	if !quiet(t) {
		return
	}
	mixedHost(t)
	told := func(rows []row) map[string]string {
		m := map[string]string{}
		for _, r := range flat(rows) {
			m[r.text("type")+" "+r.text("ns")] = "nprocs " + r.text("nprocs") + " pid " + r.text("pid") + " user " + r.text("user")
		}
		return m
	}
	want := told(lsns(t, "-o", "NS,TYPE,NPROCS,PID,USER"))
	got := told(answer(t, "list", "-o", "NS,TYPE,NPROCS,PID,USER").rows("namespaces"))
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s: %q, lsns says %q", name, got[name], w)
		}
	}
	types := map[string]int{}
	for name := range got {
		types[strings.Fields(name)[0]]++
	}
	for _, typ := range []string{"mnt", "pid", "net", "ipc", "uts", "user", "cgroup", "time"} {
		if types[typ] < 2 {
			t.Errorf("%d namespaces of type %s", types[typ], typ)
		}
	}
}

// edges are which namespace stands below which in a tree.
func edges(rows []row, below string) []string {
	var list []string
	for _, r := range rows {
		list = append(list, r.text("ns")+" below "+below)
		list = append(list, edges(r.rows("children"), r.text("ns"))...)
	}
	return list
}

func TestTreesAgreeWithLsns(t *testing.T) {
	if !quiet(t) {
		return
	}
	mixedHost(t)
	for _, relation := range []string{"owner", "parent"} {
		want := edges(lsns(t, "-o", "NS,TYPE", "-T"+relation), "nothing")
		got := edges(answer(t, "list", "-o", "NS,TYPE", "--tree="+relation).rows("namespaces"), "nothing")
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nlsns:\n%s", relation, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// The user namespace between another and the initial one, that no process is
// in, is found by asking for the parent of its child.
func TestAncestorWithoutProcess(t *testing.T) {
	onStage(t)
	needsProgram(t, "unshare")
	a := shell(t, 0, `exec unshare -Ur unshare -Urn sh -c '`+stay+`'`)
	user, net := a.ns(t, "user"), a.ns(t, "net")
	for _, relation := range []string{"owner", "parent"} {
		found := namespaces(t, "--tree="+relation, "-o", "NS,TYPE,NPROCS,PNS,ONS,HELDBY")
		mid := found[user].num("pns")
		if found[mid] == nil {
			t.Fatalf("--tree=%s: the parent %d of %d is missing", relation, mid, user)
		}
		if found[mid].num("nprocs") != 0 || found[mid].num("pns") != inoOf(t, "/proc/self/ns/user") {
			t.Errorf("--tree=%s: the ancestor is %v", relation, found[mid])
		}
		if found[net].num("ons") != user || !slices.ContainsFunc(found[user].rows("children"), func(r row) bool { return r.num("ns") == net }) == (relation == "owner") {
			t.Errorf("--tree=%s: the network namespace is not below its owner: %v", relation, found[user])
		}
	}
}

func TestListOfOneProcess(t *testing.T) {
	onStage(t)
	a := shell(t, unix.CLONE_NEWNS|unix.CLONE_NEWUTS, "")
	var want []uint64
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/ns/*", a.pid))
	try(t, err)
	for _, link := range links {
		want = append(want, inoOf(t, link))
	}
	slices.Sort(want)
	want = slices.Compact(want)
	got := slices.Sorted(maps.Keys(namespaces(t, "-p", a.arg())))
	if !slices.Equal(got, want) {
		t.Errorf("list -p: %v, /proc says %v", got, want)
	}
	for _, r := range namespaces(t, "-p", a.arg(), "-t", "mnt,uts") {
		if r.num("pid") != uint64(a.pid) || r.num("nprocs") != 1 {
			t.Errorf("list -p -t mnt,uts: %v", r)
		}
	}
}

// Each process of a namespace as /proc tells it.
func TestMembers(t *testing.T) {
	onStage(t)
	a := shell(t, unix.CLONE_NEWUTS, "exec 3<&0; (read x <&3) & (read x <&3) &")
	ino := strconv.FormatUint(a.ns(t, "uts"), 10)
	for _, target := range []string{ino, "uts:[" + ino + "]", fmt.Sprintf("/proc/%d/ns/uts", a.pid)} {
		rows := answer(t, "list", target, "-o", "PID,PPID,UID,NTHREADS,STATE,NAME,COMMAND").rows("processes")
		if len(rows) != 3 {
			t.Fatalf("list %s: %d processes, want 3: %v", target, len(rows), rows)
		}
		for i, r := range rows {
			stat, err := os.ReadFile("/proc/" + r.text("pid") + "/stat")
			try(t, err)
			_, rest, _ := strings.Cut(string(stat), ") ")
			if field := strings.Fields(rest); r.text("ppid") != field[1] || r.text("nthreads") != field[17] {
				t.Errorf("list %s: %v, /proc says %s", target, r, stat)
			}
			if i > 0 && r.num("pid") <= rows[i-1].num("pid") {
				t.Errorf("list %s: pids are not ascending", target)
			}
			if r.text("name") != "sh" || !strings.HasPrefix(r.text("command"), "sh -c set -e\nexec 3<&0") || r.text("uid") != "0" ||
				r.text("state") != "S (sleeping)" && r.text("state") != "R (running)" {
				t.Errorf("list %s: %v", target, r)
			}
		}
	}
	// A process names its mount namespace, unless a type is asked for.
	for _, r := range answer(t, "list", a.arg(), "-t", "uts").rows("processes") {
		if r.text("command") == "" {
			t.Errorf("list -t uts %d: %v", a.pid, r)
		}
	}
}
