//go:build linux

package propagation_test

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A process with a root of its own follows links below it, and sees what
// arrives there; at its root directory itself it goes on seeing what is below.
func TestChroots(t *testing.T) {
	w := stage(t)
	home := w.spaces[0]
	home.sh(w, `mount --make-shared .; mkdir -p a/real b/jail/real c/in
mount --bind b/jail c; mount --make-shared c; mkdir c/deep
ln -s /real c/absolute; ln -s deep/../real c/relative; ln -s ../../../real c/upwards`)
	for _, dir := range []string{"/c", "/b/jail"} { // a mount point, and a plain directory
		pid, err := home.imprison(t, w.base+dir)
		if err != nil {
			t.Fatal(err)
		}
		jail := strconv.Itoa(pid)
		for _, link := range []string{"/real", "/absolute", "/relative", "/upwards", "/absolute/../real"} {
			a := explain(t, nsview(w.base+"/b/jail/real", jail+":"+link))
			if a.Verdict != "yes" || a.code != 0 {
				t.Errorf("%s in %s: %s (%s) %s %s", link, dir, a.Verdict, a.Reason, a.Text, a.stderr)
			}
		}
		if a := explain(t, nsview(w.base+"/b/jail", jail+":/")); a.Verdict != "no" || a.Reason != "receiver-root-directory" {
			t.Errorf("at the root of %s: %s (%s) %s", dir, a.Verdict, a.Reason, a.Text)
		}
		if a := explain(t, nsview(jail+":/real", w.base+"/b/jail/real")); a.Verdict != "yes" {
			t.Errorf("out of %s: %s (%s) %s", dir, a.Verdict, a.Reason, a.Text)
		}
	}
}

// A root directory that was unmounted lazily receives nothing, and sends
// nothing.
func TestDetachedRoot(t *testing.T) {
	w := stage(t)
	home := w.spaces[0]
	home.sh(w, "mount -t tmpfs t a; mount --make-shared a; mkdir a/x")
	pid, err := home.imprison(t, w.base+"/a")
	if err != nil {
		t.Fatal(err)
	}
	home.sh(w, "umount -l a")
	jail := strconv.Itoa(pid)
	if a := explain(t, nsview(w.base+"/b", jail+":/x")); a.Verdict != "no" || a.Reason != "receiver-detached" || a.code != 1 {
		t.Errorf("into it: %s (%s) %s %s", a.Verdict, a.Reason, a.Text, a.stderr)
	}
	if a := explain(t, nsview(jail+":/x", w.base+"/b")); a.Verdict != "no" || a.Reason != "source-detached" {
		t.Errorf("out of it: %s (%s) %s %s", a.Verdict, a.Reason, a.Text, a.stderr)
	}
	if a := explain(t, nsview(jail+":/x")); a.Verdict != "no" || a.Reason != "source-detached" {
		t.Errorf("from it alone: %s (%s) %s %s", a.Verdict, a.Reason, a.Text, a.stderr)
	}
}

// A path that is missing is an error; where it exists on the other side, the
// hint says where the mount would come out.
func TestMissingPaths(t *testing.T) {
	w := stage(t)
	home := w.spaces[0]
	home.sh(w, "mount --make-shared .; mkdir a/only; mount --bind a b")
	second := home.clone(t, byProcess)
	second.sh(w, "mount --make-slave .; mount -t tmpfs over a")
	a := explain(t, nsview(w.base+"/a/only", strconv.Itoa(second.pid)))
	if a.code != 2 || !strings.Contains(a.stderr, "no such file or directory") || !strings.Contains(a.stderr, w.base+"/b/only") {
		t.Errorf("exit %d: %s", a.code, a.stderr)
	}
	for _, args := range [][]string{
		{w.base + "/none", w.base}, {w.base + "/none"}, {w.base, "self:" + w.base + "/none"}, {"self"}, {w.base + "/a/f/below"},
	} {
		if a := explain(t, nsview(args...)); a.code != 2 || strings.Count(a.stderr, "nsview: ") < 1 || strings.Contains(a.stderr, "hint: a mount") {
			t.Errorf("%v: exit %d: %s", args, a.code, a.stderr)
		}
	}
}

// A process that ended is said to have ended.
func TestEndedTarget(t *testing.T) {
	w := stage(t)
	cmd := nsview()
	cmd.Args = append(cmd.Args, "4194304:/", w.base) // beyond the highest pid
	if a := explain(t, cmd); a.code != 2 || !strings.Contains(a.stderr, "no such process") {
		t.Errorf("exit %d: %s", a.code, a.stderr)
	}
}

// A file of nsfs is a TARGET, before a path and in place of one.
func TestTargetsThatAreFiles(t *testing.T) {
	w := stage(t)
	w.spaces[0].sh(w, "mount --make-shared .")
	second := w.spaces[0].clone(t, byProcess)
	file := "/proc/" + strconv.Itoa(second.pid) + "/ns/mnt"
	for _, args := range [][]string{{w.base + "/a", file}, {w.base + "/a", file + ":" + w.base + "/a"}, {file + ":" + w.base + "/a", w.base + "/a"}} {
		if a := explain(t, nsview(args...)); a.Verdict != "yes" || a.Reason != "travels" {
			t.Errorf("%v: %s (%s) %s", args, a.Verdict, a.Reason, a.stderr)
		}
	}
}

// An ordinary user may read tables, but follow no path of another's process:
// the answer is unknown, with what the words of the path say.
func TestOrdinaryUser(t *testing.T) {
	w := stage(t)
	w.spaces[0].sh(w, "mount --make-shared .; chmod 755 .")
	for dir := w.base; dir != "/tmp" && dir != "/"; dir = dir[:strings.LastIndexByte(dir, '/')] {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	second := w.spaces[0].clone(t, byProcess)
	second.sh(w, "mount --make-private .")
	nobody := func(args ...string) answer {
		cmd := nsview(args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		return explain(t, cmd)
	}
	a := nobody(w.base+"/a", strconv.Itoa(second.pid))
	if a.Verdict != "unknown" || a.code != 3 || !strings.Contains(a.Text, "permission denied") || !strings.Contains(a.Text, "is private") {
		t.Errorf("exit %d, %s (%s): %s %s", a.code, a.Verdict, a.Reason, a.Text, a.stderr)
	}
	if a := nobody(w.base+"/a", w.base+"/b"); a.Verdict != "no" || a.code != 1 {
		t.Errorf("in its own namespace: exit %d, %s (%s): %s %s", a.code, a.Verdict, a.Reason, a.Text, a.stderr)
	}
	if a := nobody(w.base + "/a"); a.code != 3 || a.Verdict != "unknown" || len(a.Gaps) == 0 {
		t.Errorf("one place: exit %d, %s (%s): %s, gaps %v", a.code, a.Verdict, a.Reason, a.Text, a.Gaps)
	}
}

// What passes through a group that nobody can see is known where the kernel
// tells (propagate_from), and unknown elsewhere.
func TestThroughUnseenGroup(t *testing.T) {
	w := stage(t)
	home := w.spaces[0]
	home.sh(w, "mount --make-shared .; mount --bind a b; mount --make-slave b; mount --make-shared b; mount --bind b c; mount --make-slave c")
	err := home.in(func() error { // b stays only as a detached copy in its group
		fd, err := unix.OpenTree(unix.AT_FDCWD, w.base+"/b", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		w.held = append(w.held, fd)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	home.sh(w, "umount b")
	known := explain(t, nsview(w.base+"/a/x", w.base+"/c/x"))
	if known.Verdict != "yes" || len(known.Hops) != 3 || known.Hops[1].NS != nil || known.Hops[1].Group == nil {
		t.Errorf("%s (%s), the way %+v: %s %s", known.Verdict, known.Reason, known.Hops, known.Text, strings.Join(known.Evidence, "\n"))
	}
	second := home.clone(t, byFile) // read by statmount, which does not tell
	second.sh(w, "mount --make-private .")
	if a := explain(t, nsview(w.base+"/a/x", second.at(w, "/c/x"))); a.Verdict != "yes" {
		t.Errorf("with a slave of the same group seen: %s (%s): %s %s", a.Verdict, a.Reason, a.Text, a.stderr)
	}
	home.sh(w, "umount c")
	a := explain(t, nsview(w.base+"/a/x", second.at(w, "/c/x")))
	if a.Verdict != "unknown" || a.Reason != "not-read" || a.code != 3 {
		t.Errorf("%s (%s): %s %s", a.Verdict, a.Reason, a.Text, a.stderr)
	}
	w.spaces = append(w.spaces, second)
	if truth := w.ask(spot{space: home, path: w.base + "/a/x"}, spot{space: second, path: w.base + "/c/x"}, "probe"); !truth.there {
		t.Errorf("the kernel does not bring it there: %v", truth.refused)
	}
}
