//go:build linux

package live_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// tmpfs mounts an empty file system for a scene at a directory of the test.
func tmpfs(t *testing.T, options string) string {
	t.Helper()
	onStage(t)
	dir := t.TempDir()
	try(t, unix.Mount("stage", dir, "tmpfs", 0, options))
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func mkdir(t *testing.T, parts ...string) string {
	t.Helper()
	dir := filepath.Join(parts...)
	try(t, os.Mkdir(dir, 0o755))
	return dir
}

// A FUSE daemon that never answers holds up nothing but its own size.
func TestDeadFUSE(t *testing.T) {
	dir := tmpfs(t, "size=5m")
	dead, alive := mkdir(t, dir, "dead"), mkdir(t, dir, "alive")
	try(t, unix.Mount("alive", alive, "tmpfs", 0, "size=3m"))
	a := roleOf(t, "fuse", 0, dead)
	for _, target := range []string{"self", a.arg(), strconv.FormatUint(inoOf(t, "/proc/self/ns/mnt"), 10)} {
		doc := answer(t, "tree", target, "-o", "TARGET,FSTYPE,SIZE", "-R", dir)
		rows := flat(doc.rows("filesystems"))
		for point, want := range map[string]string{dir: "5M", dead: "", alive: "3M"} {
			if got := at(t, rows, point).text("size"); got != want {
				t.Errorf("%s: size of %s is %q, want %q", target, point, got, want)
			}
		}
		if r := at(t, rows, dead); r.text("fstype") != "fuse.dead" {
			t.Errorf("%s: %v", target, r)
		}
		if !slices.ContainsFunc(doc.rows("gaps"), func(g row) bool { return strings.Contains(g.text("op"), "size") }) {
			t.Errorf("%s: no gap for the size: %v", target, doc["gaps"])
		}
	}
	for _, args := range [][]string{{"tree"}, {"list", "-o", "+HELDBY,MOUNTS"}, {"snapshot"}, {"tree", "-T", dead + "/x"}} {
		if res := nsview(t, args...); res.code != 0 || res.out == "" {
			t.Errorf("%v: exit %d\n%s", args, res.code, res.err)
		}
	}
}

// An automount point is looked at and never set off.
func TestAutofsIsNotTriggered(t *testing.T) {
	dir := tmpfs(t, "")
	auto := mkdir(t, dir, "auto")
	a := roleOf(t, "autofs", 0, auto)
	for _, args := range [][]string{
		{"tree", "-o", "+SIZE,USED,AVAIL,USE%,IDMAP,UNIQ-ID"},
		{"tree", "--output-all", "-R", auto},
		{"tree", a.arg(), "-o", "+SIZE"},
		{"tree", "mnt:[" + strconv.FormatUint(inoOf(t, "/proc/self/ns/mnt"), 10) + "]", "-o", "+SIZE"},
		{"tree", "-T", auto + "/below"},
		{"list", "--output-all"},
		{"snapshot"},
	} {
		if res := nsview(t, args...); res.code != 0 {
			t.Errorf("%v: exit %d\n%s", args, res.code, res.err)
		}
		if said := a.ask(t, "look"); said != "0 requests, <nil>" {
			t.Fatalf("%v set off the automount: %s", args, said)
		}
	}
	// The scene is worth something: another program does set it off.
	ls := exec.Command("ls", auto+"/")
	try(t, ls.Start())
	if said := a.ask(t, "wait"); said != "1 requests, <nil>" {
		t.Errorf("ls: %s", said)
	}
	ls.Process.Kill()
	a.dismiss()
	ls.Wait()
}

// Each namespace's own file system is measured, not what the reader has at the
// same path.
func TestSizesOfAnotherNamespace(t *testing.T) {
	dir := tmpfs(t, "size=5m")
	a := shell(t, unix.CLONE_NEWNS, `mount -t tmpfs -o size=8m inner "$1"; head -c 2m /dev/zero >"$1/x"`, dir)
	for _, target := range []string{a.arg(), strconv.FormatUint(a.ns(t, "mnt"), 10)} {
		rows := mounts(t, target, "-o", "TARGET,SOURCE,SIZE,USED,AVAIL,USE%", "-l")
		inner := at(t, rows, dir)
		if got := fmt.Sprint(inner["source"], inner["size"], inner["used"], inner["avail"], inner["use%"]); got != "inner8M2M6M25%" {
			t.Errorf("%s: %s", target, got)
		}
		covered := slices.IndexFunc(rows, func(r row) bool { return r.text("source") == "stage" && r.text("target") == dir })
		if covered < 0 || rows[covered].text("size") == "8M" {
			t.Errorf("%s: the covered file system is %v", target, rows[max(covered, 0)])
		}
	}
}

func TestOverlayLayers(t *testing.T) {
	dir := tmpfs(t, "")
	run(t, exec.Command("sh", "-c", `cd "$1"; mkdir 'l:1' 'l,2' 'l\3' 'l 4' l5 'u:p' 'w,k' m; mount -t overlay ov m -o 'lowerdir=l\:1:l\,2:l\\3:l 4:l5,upperdir=u\:p,workdir=w\,k'`, "sh", dir))
	layers := func(r row) string { return fmt.Sprint(r["layers"]) }
	want := fmt.Sprint([]any{"u:p", "l:1", "l,2", `l\3`, "l 4", "l5"})
	if got := layers(at(t, mounts(t, "-o", "TARGET,LAYERS"), dir+"/m")); got != want {
		t.Errorf("layers %s, want %s", got, want)
	}
	cell := nsview(t, "tree", "-l", "-n", "-R", dir+"/m", "-o", "LAYERS").out
	if want := `u\:p:l\:1:l,2:l\\3:l 4:l5` + "\n"; cell != want {
		t.Errorf("cell %q, want %q", cell, want)
	}

	a := shell(t, unix.CLONE_NEWNS, "")
	file := bindNS(t, a, "mnt")
	a.dismiss()
	if got := layers(at(t, mounts(t, file, "-o", "TARGET,LAYERS"), dir+"/m")); got != want {
		t.Errorf("in a namespace without a process: layers %s, want %s", got, want)
	}
}

// The options of many layers are longer than any buffer of a line.
func TestOverlayWithLongOptions(t *testing.T) {
	dir := tmpfs(t, "")
	const n = 400 // 80 KB; the kernel takes 500 layers
	a := roleOf(t, "overlay", unix.CLONE_NEWNS, dir, strconv.Itoa(n))
	var want []any
	for i := range n {
		want = append(want, layerName(dir, i))
	}
	check := func(target string) {
		t.Helper()
		got := at(t, mounts(t, target, "-o", "TARGET,LAYERS"), dir+"/merged")["layers"]
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: layers %.300v..., want %.300v...", target, got, want)
		}
	}
	check(a.arg())
	file := bindNS(t, a, "mnt")
	a.dismiss()
	check(file)
}

// A mount point may be longer than any path that a system call takes.
func TestDeepMountPoint(t *testing.T) {
	dir := tmpfs(t, "")
	a := roleOf(t, "deep", unix.CLONE_NEWNS, dir)
	want := dir + strings.Repeat("/"+strings.Repeat("d", 250), 300)
	check := func(target string) {
		t.Helper()
		rows := mounts(t, target, "-o", "TARGET,SOURCE,SIZE")
		if r := at(t, rows, want); r.text("source") != "deep" {
			t.Errorf("%s: %.200v", target, r)
		}
		if r := at(t, rows, dir); r.text("source") != "stage" || r["size"] == nil {
			t.Errorf("%s: %v", target, r)
		}
	}
	check(a.arg())
	file := bindNS(t, a, "mnt")
	a.dismiss()
	check(file)
}

func TestIdmappedMount(t *testing.T) {
	dir := tmpfs(t, "")
	from, to := mkdir(t, dir, "from"), mkdir(t, dir, "to")
	try(t, unix.Mount("t", from, "tmpfs", 0, ""))
	user := start(t, exec.Command("unshare", "-U", "sh", "-c", stay), 0)
	for _, name := range []string{"uid_map", "gid_map"} {
		try(t, os.WriteFile(fmt.Sprintf("/proc/%d/%s", user.pid, name), []byte("0 10000 1000\n5000 20000 7\n"), 0))
	}
	a := roleOf(t, "idmapped", unix.CLONE_NEWNS, from, to, fmt.Sprintf("/proc/%d/ns/user", user.pid))
	check := func(target string) {
		t.Helper()
		rows := mounts(t, target, "-o", "TARGET,IDMAP,OPTIONS", "-R", dir)
		r := at(t, rows, to)
		if r.text("idmap") != "0:10000:1000,5000:20000:7" || !strings.Contains(r.text("options"), "idmapped") {
			t.Errorf("%s: %v", target, r)
		}
		if r := at(t, rows, from); r["idmap"] != nil {
			t.Errorf("%s: %v", target, r)
		}
	}
	check(a.arg())
	file := bindNS(t, a, "mnt")
	a.dismiss()
	check(file)
}
