//go:build linux

package live_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// save is a snapshot of this host in a file that everybody may read.
func save(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if res := nsview(t, "snapshot", "-o", file); res.code != 0 {
		t.Fatalf("snapshot: exit %d\n%s", res.code, res.err)
	}
	info, err := os.Stat(file)
	try(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v: command lines may hold secrets", name, info.Mode())
	}
	return file
}

// savedScene is a quiet host with something of everything that stays as it is.
func savedScene(t *testing.T) []*actor {
	t.Helper()
	dir := tmpfs(t, "")
	jail := mkdir(t, dir, "jail")
	inside := mkdir(t, dir, "x")
	try(t, unix.Mount("jail", jail, "tmpfs", 0, ""))
	return []*actor{
		roleOf(t, "idle", unix.CLONE_NEWNS|unix.CLONE_NEWUTS),
		roleOf(t, "chrooted", 0, jail),
		roleOf(t, "fd", 0),
		roleOf(t, "thread", 0),
		shell(t, unix.CLONE_NEWNS, oddMounts, inside),
		shell(t, unix.CLONE_NEWUSER|unix.CLONE_NEWNS, ""),
	}
}

// A saved host answers as the live one did, but for the reader, which lives
// only while it looks: it is a process more in this test's own namespaces.
func TestSnapshotAnswersAsLive(t *testing.T) {
	if !quiet(t) {
		return
	}
	actors := savedScene(t)
	file := save(t, "host.json")
	chrooted, odd := actors[1].arg(), actors[4].arg()
	questions := [][]string{
		{"list", "-o", "NS,TYPE,NPROCS,PID,PPID,USER,UID,USERS,COMMAND,PATH,NSID,MOUNTS,HELDBY,NSFS,PNS,ONS"},
		{"list", "-J", "--deep"},
		{"list", "-Towner"},
		{"list", "-Tparent", "-J"},
		{"list", "-t", "mnt,user"},
		{"list", "-p", odd},
		{"list", odd},
		{"list", actors[5].arg(), "-t", "user"},
		{"tree", odd},
		{"tree", odd, "-J"},
		{"tree", odd, "-o", "+ID,PARENT,UNIQ-ID,MAJ:MIN,FSROOT,IDMAP,LAYERS"},
		{"tree", chrooted},
		{"tree", chrooted, "--ns"},
		{"tree", "--all"},
		{"tree", "--all", "-J"},
		{"tree", "self"},
	}
	for _, q := range questions {
		live, saved := nsview(t, q...), nsview(t, append(q, "--from", file)...)
		if live.code != saved.code {
			t.Errorf("%v: exit %d, saved %d\n%s", q, live.code, saved.code, saved.err)
		}
		sameLines(t, strings.Join(q, " "), live.out, saved.out)
	}
}

func sameLines(t *testing.T, name, a, b string) {
	t.Helper()
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			t.Errorf("%s, line %d:\n%s\nsaved:\n%s", name, i+1, left[i], right[i])
			return
		}
	}
	if len(left) != len(right) {
		t.Errorf("%s: %d lines, saved %d", name, len(left), len(right))
	}
}

// What was saved is saved again to the same bytes, compressed or not.
func TestSavedBytes(t *testing.T) {
	if !quiet(t) {
		return
	}
	savedScene(t)
	plain, packed := save(t, "host.json"), save(t, "host.json.gz")
	text, err := os.ReadFile(plain)
	try(t, err)
	if again := nsview(t, "snapshot", "--from", plain); again.out != string(text) {
		t.Errorf("saved again: %d bytes, %d before", len(again.out), len(text))
	}
	head, err := os.ReadFile(packed)
	try(t, err)
	if len(head) >= len(text)/2 || head[0] != 0x1f {
		t.Errorf("the .gz file has %d bytes of %d and starts with %x", len(head), len(text), head[0])
	}
	for _, q := range [][]string{{"list", "-t", "net"}, {"tree", "self"}} {
		a, b := nsview(t, append(q, "--from", plain)...), nsview(t, append(q, "--from", packed)...)
		if a.out != b.out {
			t.Errorf("%v: compressed\n%s\nplain\n%s", q, b.out, a.out)
		}
	}
	// Standard output is no file to replace.
	if res := nsview(t, "snapshot", "-o", "/dev/stdout"); !strings.HasPrefix(res.out, `{"nsview_snapshot":1,`) {
		t.Errorf("-o /dev/stdout: exit %d\n%s", res.code, res.err)
	}
}

// The same host gives the same bytes, whatever order its files are read in.
func TestSameHostSameBytes(t *testing.T) {
	if !quiet(t) {
		return
	}
	savedScene(t)
	for _, q := range [][]string{
		{"list", "-J", "-o", "NS,TYPE,NPROCS,PID,USERS,HELDBY,NSFS,PATH,NSID,PNS,ONS"},
		{"list", "-Towner"},
		{"tree", "--all", "-J"},
		{"tree", "--all", "-o", "+UNIQ-ID,SIZE"},
	} {
		first := nsview(t, q...)
		for range 5 {
			if again := nsview(t, q...); again.out != first.out || again.err != first.err {
				sameLines(t, strings.Join(q, " "), first.out, again.out)
				t.Fatalf("%v: not the same again\n%s\n%s", q, first.err, again.err)
			}
		}
	}
}

// Anybody can read a saved host that they may open.
func TestSnapshotForOrdinaryUsers(t *testing.T) {
	onStage(t)
	a := shell(t, unix.CLONE_NEWNS, "")
	file := save(t, "host.json")
	try(t, os.Chmod(file, 0o644))
	openUp(t, filepath.Dir(file))
	for _, q := range [][]string{{"list", "-o", "NS,TYPE,NPROCS,HELDBY"}, {"tree", a.arg()}} {
		root, nobody := nsview(t, append(q, "--from", file)...), asNobody(t, append(q, "--from", file)...)
		if nobody.out != root.out || nobody.code != root.code {
			t.Errorf("%v: exit %d, %s", q, nobody.code, nobody.err)
		}
	}
}

// openUp lets ordinary users enter a test's directory.
func openUp(t *testing.T, dir string) {
	t.Helper()
	for ; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		try(t, os.Chmod(dir, 0o755))
	}
}

// copyProc saves of /proc what a support bundle does, links as links.
const copyProc = `for p in "$@"; do
  mkdir -p "$out/$p/ns" && cp -d /proc/$p/ns/* "$out/$p/ns/"
  for f in mountinfo stat status cmdline comm cgroup; do cat /proc/$p/$f >"$out/$p/$f"; done
  cp -d /proc/$p/root "$out/$p/root"
done
`

// A copy of /proc, as a directory or tar, says what it holds and what not.
func TestCopiedProc(t *testing.T) {
	onStage(t)
	needsProgram(t, "tar")
	dir := t.TempDir()
	odd := shell(t, unix.CLONE_NEWNS, oddMounts, t.TempDir())
	idle := shell(t, unix.CLONE_NEWUTS, "")
	out := mkdir(t, dir, "proc")
	cmd := exec.Command("sh", "-c", copyProc, "sh", odd.arg(), idle.arg())
	cmd.Env = append(os.Environ(), "out="+out)
	if res := run(t, cmd); res.code != 0 {
		t.Fatal(res.err)
	}
	run(t, exec.Command("tar", "-C", dir, "-cf", dir+"/p.tar", "proc"))
	run(t, exec.Command("tar", "-C", dir, "-czf", dir+"/p.tgz", "proc"))

	want := mounts(t, odd.arg(), "-o", sharedColumns)
	for _, from := range []string{out, dir, dir + "/p.tar", dir + "/p.tgz"} {
		sameRows(t, from, mounts(t, odd.arg(), "-o", sharedColumns, "--from", from), want, sharedColumns)
		found := namespaces(t, "--from", from, "-o", "NS,TYPE,NPROCS,PID,UID,COMMAND")
		for _, a := range []*actor{odd, idle} {
			for _, typ := range []string{"mnt", "uts", "pid"} {
				if r := found[a.ns(t, typ)]; r == nil || r.text("type") != typ || r.num("nprocs") == 0 {
					t.Errorf("%s: %s namespace of %d: %v", from, typ, a.pid, r)
				}
			}
		}
		if r := found[odd.ns(t, "mnt")]; r.num("pid") != uint64(odd.pid) || !strings.HasPrefix(r.text("command"), "sh -c") || r.num("uid") != 0 {
			t.Errorf("%s: %v", from, r)
		}
		if res := nsview(t, "tree", "4026539999", "--from", from); res.code != 2 || !strings.Contains(res.err, fmt.Sprint(odd.ns(t, "mnt"))) {
			t.Errorf("%s: unknown number: exit %d, %s", from, res.code, res.err)
		}
	}
}
