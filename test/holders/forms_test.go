//go:build linux

package holders_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFormsOfTarget: every way to name a device gives the same holder.
func TestFormsOfTarget(t *testing.T) {
	d := newDisk(t)
	a := act(t, "cwd", unix.CLONE_NEWNS, d.point)
	var st unix.Stat_t
	try(t, unix.Stat(d.dev, &st))
	number := fmt.Sprintf("%d:%d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
	w := want{kind: "cwd", pid: a.pid, ns: a.ns(t)}
	link := filepath.Join(t.TempDir(), "link")
	try(t, os.Symlink(d.point, link))
	for text, kind := range map[string]string{
		d.dev: "device", strings.TrimPrefix(d.dev, "/dev/"): "device", number: "device",
		d.point: "mount", link: "mount", fmt.Sprintf("%d:%s", a.pid, d.point): "mount", "self:" + d.point: "mount",
	} {
		answer := holders(t, text)
		answer.names(t, w)
		if answer.Target.Kind != kind || answer.code != 1 {
			t.Errorf("%s: a %s, exit %d", text, answer.Target.Kind, answer.code)
		}
	}
}

// TestSource: what is mounted, by name, in every namespace.
func TestSource(t *testing.T) {
	needsStage(t)
	dir := t.TempDir()
	try(t, unix.Mount("nsview:/export", dir, "tmpfs", 0, ""))
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	a := act(t, "idle", unix.CLONE_NEWNS)
	answer := holders(t, "nsview:/export")
	answer.names(t, want{kind: "mount private", ns: a.ns(t), part: dir})
	if answer.Target.Kind != "source" || answer.code != 1 {
		t.Errorf("a %s, exit %d", answer.Target.Kind, answer.code)
	}
}

// TestNamespaceFiles: a link of /proc and the file mounted elsewhere.
func TestNamespaceFiles(t *testing.T) {
	needsStage(t, "unshare")
	file := filepath.Join(t.TempDir(), "net")
	try(t, os.WriteFile(file, nil, 0o644))
	command(t, "unshare", "--net="+file, "true")
	t.Cleanup(func() { unix.Unmount(file, unix.MNT_DETACH) })
	a := act(t, "idle", unix.CLONE_NEWNS)
	answer := holders(t, file)
	answer.names(t, want{kind: "mount private", ns: a.ns(t), part: file})
	own := act(t, "idle", unix.CLONE_NEWNET)
	answer = holders(t, "-v", fmt.Sprintf("/proc/%d/ns/net", own.pid))
	answer.names(t, want{kind: "process", pid: own.pid})
	if len(answer.Holders) != 1 || answer.code != 1 {
		t.Errorf("exit %d, %d holders of a namespace with one process:\n%s", answer.code, len(answer.Holders), answer.text)
	}
}

// TestRemove: a mount point at or below the path blocks in its own namespace;
// elsewhere it is unmounted by the removal.
func TestRemove(t *testing.T) {
	d := newDisk(t)
	dir := filepath.Join(d.dir, "gone")
	try(t, os.Mkdir(dir, 0o755))
	try(t, unix.Mount("child", d.dir, "", unix.MS_PRIVATE, ""))
	a := act(t, "over", unix.CLONE_NEWNS, dir)
	free := holders(t, "--for", "remove", dir)
	if free.code != 0 || !strings.Contains(free.Verdicts.Remove.Text, fmt.Sprint(a.ns(t))) {
		t.Errorf("mounted elsewhere: exit %d, %+v", free.code, free.Verdicts.Remove)
	}
	try(t, os.Remove(dir))
	held := holders(t, "--for", "remove", d.dir)
	held.names(t, want{kind: "mount", blocks: "remove", part: d.point})
	if held.code != 1 {
		t.Errorf("a mount below: exit %d", held.code)
	}
}

// TestWaitFree: held at the end, and freed meanwhile.
func TestWaitFree(t *testing.T) {
	d := newDisk(t)
	if _, _, code := nsview(t, "holders", d.dev, "--wait-free", "1ms"); code != 1 {
		t.Errorf("held at the end: exit %d", code)
	}
	done := make(chan int)
	go func() {
		_, _, code := nsview(t, "holders", d.dev, "--wait-free", "60s")
		done <- code
	}()
	try(t, unix.Unmount(d.point, 0))
	if code := <-done; code != 0 {
		t.Errorf("freed meanwhile: exit %d", code)
	}
}

// TestReleasePlan: what is printed works when it is typed.
func TestReleasePlan(t *testing.T) {
	d := newDisk(t)
	act(t, "idle", unix.CLONE_NEWNS)
	out, _, _ := nsview(t, "holders", d.dev, "--release-plan")
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(out), "\n"), func(l string) bool { return strings.HasPrefix(l, "#") })
	if len(lines) != 2 {
		t.Fatalf("%d commands for two mounts:\n%s", len(lines), out)
	}
	for _, line := range lines {
		command(t, "sh", "-c", line)
	}
	scene{disk: d}.released(t)
}

// TestSaved: from a file with everything the answer is the same; from one
// without, what is missing is said.
func TestSaved(t *testing.T) {
	d := newDisk(t)
	a := act(t, "cwd", 0, d.point)
	dir := t.TempDir()
	full, plain := filepath.Join(dir, "full.json"), filepath.Join(dir, "plain.json")
	for file, args := range map[string][]string{full: {"--busy"}, plain: nil} {
		if _, errs, code := nsview(t, append([]string{"snapshot", "-o", file}, args...)...); code != 0 {
			t.Fatalf("snapshot: exit %d\n%s", code, errs)
		}
	}
	saved := holders(t, "--from", full, strings.TrimPrefix(d.dev, "/dev/"))
	saved.names(t, want{kind: "cwd", pid: a.pid})
	if saved.code != 1 || len(saved.Alive) == 0 {
		t.Errorf("saved: exit %d, alive %q", saved.code, saved.Alive)
	}
	less := holders(t, "--from", plain, "--for", "umount", d.point)
	missing := 0
	for _, s := range less.Coverage.Sources {
		if !s.Read {
			missing++
		}
	}
	if less.code != 3 || missing == 0 || less.Verdicts.Device.Answer != "held" {
		t.Errorf("saved without tasks: exit %d, %d sources missing, %+v", less.code, missing, less.Verdicts)
	}
}

// TestBadInput: a clear line each.
func TestBadInput(t *testing.T) {
	needsStage(t)
	for _, args := range [][]string{
		{"/nonexistent"}, {"9999:1"}, {"no such thing"}, {""}, {"/", "--for", "fun"}, {"UUID=none"}, {"nobody:/x"},
	} {
		out, errs, code := nsview(t, append([]string{"holders"}, args...)...)
		if code != 2 || out != "" || !strings.HasPrefix(errs, "nsview: ") {
			t.Errorf("%q: exit %d\n%s%s", args, code, out, errs)
		}
	}
}
