//go:build linux

package live_test

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What a path really leads to decides which mounts are hidden.
func TestHiddenMounts(t *testing.T) {
	dir := tmpfs(t, "")
	run(t, exec.Command("sh", "-c", `cd "$1"; mkdir -p stack a/b/c side
mount -t tmpfs s1 stack; mount -t tmpfs s2 stack; mount -t tmpfs s3 stack; mkdir stack/in; mount -t tmpfs s3in stack/in
mount -t tmpfs deep a/b/c; mount -t tmpfs over a; mount -t tmpfs side side`, "sh", dir))
	hidden := map[string]bool{"s1": true, "s2": true, "s3": false, "s3in": false, "deep": true, "over": false, "side": false}
	rows := mounts(t, "-R", dir, "-o", "TARGET,SOURCE,SHADOWED,ID")
	seen := 0
	for _, r := range rows {
		want, mine := hidden[r.text("source")]
		if !mine {
			continue
		}
		seen++
		if r["shadowed"] != any(want) {
			t.Errorf("%s at %s: shadowed %v, want %v", r.text("source"), r.text("target"), r["shadowed"], want)
		}
		if id := mountIDAt(t, r.text("target")); (id == r.num("id")) == want {
			t.Errorf("%s at %s: the kernel finds mount %d there", r.text("source"), r.text("target"), id)
		}
	}
	if seen != len(hidden) {
		t.Errorf("%d of %d mounts seen: %v", seen, len(hidden), rows)
	}
	only := nsview(t, "tree", "--shadowed", "-n", "-l", "-o", "SOURCE", "-R", dir).out
	// Siblings follow their ids, which the kernel reuses: no order is promised here.
	if got := slices.Sorted(strings.FieldsSeq(only)); !slices.Equal(got, []string{"deep", "s1", "s2"}) {
		t.Errorf("--shadowed: %q", got)
	}
	if drawn := nsview(t, "tree", "-n", "-o", "TARGET,SOURCE", "-R", dir).out; strings.Count(drawn, "(hidden)") != 3 {
		t.Errorf("marked hidden:\n%s", drawn)
	}
}

// mountIDAt is the id of the mount that a path leads to, 0 when it leads nowhere.
func mountIDAt(t *testing.T, path string) uint64 {
	t.Helper()
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_NO_AUTOMOUNT, unix.STATX_MNT_ID, &st); err == unix.ENOENT {
		return 0
	} else if err != nil {
		t.Fatal(err)
	}
	return st.Mnt_id
}

// -T names the mount that the kernel finds at the path.
func TestServingMount(t *testing.T) {
	dir := tmpfs(t, "")
	run(t, exec.Command("sh", "-c", `cd "$1"; mkdir -p var/lib varnish; mount -t tmpfs one var; mkdir -p var/lib/x; mount -t tmpfs two var/lib; touch f; mount --bind f f`, "sh", dir))
	for _, path := range []string{"/", dir, dir + "/var", dir + "/var/lib", dir + "/varnish", dir + "/f", dir + "/var/../varnish", dir + "/var/lib/"} {
		rows := mounts(t, "-T", path, "-o", "TARGET,ID")
		if len(rows) != 1 || rows[0].num("id") != mountIDAt(t, path) {
			t.Errorf("-T %s: %v, the kernel says %d", path, rows, mountIDAt(t, path))
		}
	}
	below := mounts(t, "-R", dir+"/var", "-o", "TARGET")
	if len(below) != 2 {
		t.Errorf("-R var: %v", below)
	}
}

// A process with another root is shown what it sees; --ns shows all.
func TestChrootedProcess(t *testing.T) {
	dir := tmpfs(t, "")
	plain, jail := mkdir(t, dir, "plain"), mkdir(t, dir, "jail")
	try(t, unix.Mount("jail", jail, "tmpfs", 0, ""))
	mkdir(t, jail, "in")
	try(t, unix.Mount("in", jail+"/in", "tmpfs", 0, "size=2m"))
	whole := mounts(t, "self", "-l", "-o", "ID")

	a := roleOf(t, "chrooted", 0, jail)
	rows := mounts(t, a.arg(), "-o", "TARGET,SOURCE,SIZE,UNIQ-ID")
	if len(rows) != 2 || at(t, rows, "/").text("source") != "jail" || at(t, rows, "/in").text("size") != "2M" || rows[0]["uniq-id"] == nil {
		t.Errorf("chrooted to a mount: %v", rows)
	}
	sameRows(t, "--ns", mounts(t, a.arg(), "--ns", "-l", "-o", "ID"), whole, "ID")

	// A root directory that is no mount point leaves its own mount out.
	b := roleOf(t, "chrooted", 0, plain)
	res := nsview(t, "tree", b.arg())
	if res.code != 1 || res.out != "" || !strings.Contains(res.err, plain) || !strings.Contains(res.err, "--ns") {
		t.Errorf("chrooted to a plain directory: exit %d\n%s%s", res.code, res.out, res.err)
	}
	if res := nsview(t, "tree", b.arg(), "-J"); res.code != 1 || len(decode(t, res.out).rows("filesystems")) != 0 {
		t.Errorf("chrooted to a plain directory: exit %d\n%s", res.code, res.out)
	}
	sameRows(t, "--ns", mounts(t, b.arg(), "--ns", "-l", "-o", "ID"), whole, "ID")
	// A number names the namespace, whose lowest process may be chrooted.
	c := roleOf(t, "chrooted", unix.CLONE_NEWNS, jail)
	if got := mounts(t, strconv.FormatUint(c.ns(t, "mnt"), 10), "-l", "-o", "ID"); len(got) != len(whole) {
		t.Errorf("a namespace with only a chrooted process: %d mounts, want %d", len(got), len(whole))
	}
	// Its root link says "/", though the namespace has more.
	d := roleOf(t, "moved", unix.CLONE_NEWNS, jail)
	if got := mounts(t, d.arg(), "-o", "SOURCE"); len(got) != 2 {
		t.Errorf("below a root that was moved over /: %v", got)
	}
	for _, target := range [][]string{{d.arg(), "--ns"}, {strconv.FormatUint(d.ns(t, "mnt"), 10)}} {
		if got := mounts(t, append(target, "-l", "-o", "ID")...); len(got) != len(whole) {
			t.Errorf("%v of a root that was moved over /: %d mounts, want %d", target, len(got), len(whole))
		}
	}
}

// Every form of TARGET leads to the same table.
func TestTargets(t *testing.T) {
	dir := tmpfs(t, "")
	a := shell(t, unix.CLONE_NEWNS, `mount -t tmpfs -o size=9m mark "$1"`, dir)
	ino := strconv.FormatUint(a.ns(t, "mnt"), 10)
	id := namespaces(t, "-t", "mnt", "-o", "NS,NSID")[a.ns(t, "mnt")].text("nsid")
	forms := []string{a.arg(), ino, "mnt:[" + ino + "]", "id:" + id, "/proc/" + a.arg() + "/ns/mnt", bindNS(t, a, "mnt")}
	var want []row
	for _, form := range forms {
		got := mounts(t, form)
		if at(t, got, dir).text("source") != "mark" {
			t.Errorf("%s: %v", form, at(t, got, dir))
		}
		if want == nil {
			want = got
		}
		sameRows(t, form, got, want, "target,source,fstype,options,id,parent,propagation,fsroot,maj:min")
	}
	sameRows(t, "self", mounts(t, "self"), mounts(t), "target,id")

	several := answer(t, append([]string{"tree"}, forms[:3]...)...).rows("namespaces")
	if len(several) != 3 || several[1].text("ns") != ino || several[1].text("nsid") != id || len(several[0].rows("filesystems")) == 0 {
		t.Errorf("three targets: %d answers, %v", len(several), several[1]["nsid"])
	}
	all := map[string]bool{}
	for _, one := range answer(t, "tree", "--all").rows("namespaces") {
		if all[one.text("ns")] {
			t.Errorf("--all: %s twice", one.text("ns"))
		}
		all[one.text("ns")] = true
	}
	if !all[ino] || !all[strconv.FormatUint(inoOf(t, "/proc/self/ns/mnt"), 10)] {
		t.Errorf("--all: %v", all)
	}
}

// Cgroups named as an engine names them are all that tells a container.
func TestTargetsByName(t *testing.T) {
	dir := tmpfs(t, "")
	v1 := unix.Mount("cgroup", dir, "cgroup", 0, "none,name=systemd")
	if v1 != nil {
		if v2 := unix.Mount("cgroup", dir, "cgroup2", 0, ""); v2 != nil {
			t.Skipf("needs the cgroup hierarchy name=systemd (%v) or version 2 (%v)", v1, v2)
		}
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	id1 := "ba54f3f7f961" + strings.Repeat("a", 52)
	id2 := "ba54f3f7f962" + strings.Repeat("b", 52)
	unit := "nsview-live-" + strconv.Itoa(os.Getpid()) + ".service"
	pids := map[string]string{}
	for _, name := range []string{"docker-" + id1 + ".scope", "docker-" + id2 + ".scope", unit} {
		group := mkdir(t, dir, name)
		t.Cleanup(func() { os.Remove(group) })
		a := roleOf(t, "idle", unix.CLONE_NEWNS)
		if err := os.WriteFile(group+"/cgroup.procs", []byte(a.arg()), 0); err != nil {
			t.Skipf("needs to move processes into cgroups: %v", err)
		}
		pids[name] = strconv.FormatUint(a.ns(t, "mnt"), 10)
	}
	found := namespaces(t, "-t", "mnt", "-o", "NS,OWNER")
	for target, name := range map[string]string{
		"ba54f3f7f961": "docker-" + id1 + ".scope", "docker:ba54f3f7f962": "docker-" + id2 + ".scope", id1: "docker-" + id1 + ".scope", unit: unit,
	} {
		doc := answer(t, "tree", target, "self").rows("namespaces")
		if doc[0].text("ns") != pids[name] {
			t.Errorf("%s: namespace %s, want %s", target, doc[0].text("ns"), pids[name])
		}
		if owner := found[number(t, pids[name])].text("owner"); !strings.HasPrefix(owner, "docker:ba54f3f7f96") && owner != unit {
			t.Errorf("OWNER of %s is %q", name, owner)
		}
	}
	for target, want := range map[string][]string{
		"ba54": {"docker:ba54f3f7f961", "docker:ba54f3f7f962"}, "docker:ba54f3f7": {"docker:ba54f3f7f961", "docker:ba54f3f7f962"},
		"ba5": {"docker:ba54f3f7f961", unit}, "nosuch": {"docker:ba54f3f7f962", unit},
	} {
		res := nsview(t, "tree", target)
		if res.code != 2 || strings.Count(res.err, "\n") != 1 {
			t.Errorf("%s: exit %d, %q", target, res.code, res.err)
		}
		for _, candidate := range want {
			if !strings.Contains(res.err, candidate) {
				t.Errorf("%s: %s is not among the candidates: %s", target, candidate, res.err)
			}
		}
	}
}
