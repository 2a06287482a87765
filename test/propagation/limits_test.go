//go:build linux

package propagation_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A receiver that is full makes the mount fail where it was asked for
// (fs.mount-max).
func TestMountMax(t *testing.T) {
	w := stage(t)
	first := w.spaces[0]
	first.sh(w, "mount --make-shared .")
	second := first.clone(t, byProcess)
	w.spaces = append(w.spaces, second)
	second.sh(w, "mount --make-slave .")
	if err := second.in(func() error { return fill(w.base + "/b") }); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{w.base + "/a", second.at(w, "/a")}, {w.base + "/a"}} {
		a := explain(t, nsview(args...))
		if a.Verdict != "no" || a.Reason != "mount-max" || a.code != 1 {
			t.Fatalf("%v: exit %d, %s (%s): %s %s", args, a.code, a.Verdict, a.Reason, a.Text, a.stderr)
		}
		contains(t, a.Text, []string{"ENOSPC", fmt.Sprintf("mnt:[%d]", second.ino)})
	}
	truth := w.ask(spot{space: first, path: w.base + "/a"}, spot{space: second, path: w.base + "/a"}, "probe")
	if !errors.Is(truth.refused, unix.ENOSPC) {
		t.Errorf("the kernel: %v, want ENOSPC", truth.refused)
	}
	second.sh(w, "umount -l b") // there is room for one at least
	if a := explain(t, nsview(w.base+"/a", second.at(w, "/a"))); a.Verdict != "yes" {
		t.Errorf("with room: %s (%s): %s", a.Verdict, a.Reason, a.Text)
	}
}

// fill mounts until the namespace of the calling thread takes no more: trees
// that double, halved again where the next is too large, and at last single
// mounts at dir itself.
func fill(dir string) error {
	if err := unix.Mount("many", dir, "tmpfs", 0, ""); err != nil {
		return err
	}
	if err := unix.Mount("", dir, "", unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	trees := []string{}
	for i := 0; ; i++ {
		src, dst := dir, filepath.Join(dir, strconv.Itoa(i))
		if err := os.Mkdir(dst, 0o755); err != nil {
			return err
		}
		var err error
		for err = unix.Mount(src, dst, "", unix.MS_BIND|unix.MS_REC, ""); errors.Is(err, unix.ENOSPC) && len(trees) > 0; {
			src, trees = trees[len(trees)-1], trees[:len(trees)-1]
			err = unix.Mount(src, dst, "", unix.MS_BIND|unix.MS_REC, "")
		}
		switch {
		case errors.Is(err, unix.ENOSPC):
			return single(dir)
		case err != nil:
			return err
		case src == dir:
			trees = append(trees, dst)
		}
	}
}

func single(dir string) error {
	for {
		err := unix.Mount("one", dir, "tmpfs", 0, "")
		if errors.Is(err, unix.ENOSPC) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// A path through a FUSE mount that does not answer is taken by its words, and
// the answer says so.
func TestDeadFUSE(t *testing.T) {
	w := stage(t)
	w.spaces[0].sh(w, "mount --make-shared .")
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("needs /dev/fuse: %v", err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd)
	err = w.spaces[0].in(func() error { return unix.Mount("dead", w.base+"/a", "fuse.dead", 0, options) })
	t.Cleanup(func() { unix.Close(fd) }) // what waits for an answer is told that there is none
	if err != nil {
		t.Skipf("needs FUSE: %v", err)
	}
	a := explain(t, nsview(w.base+"/a/below/it", w.base+"/b"))
	if a.Verdict != "unknown" || a.code != 3 || !strings.Contains(a.Text, "does not answer in time") || !strings.Contains(a.Text, "/a/below/it") {
		t.Errorf("exit %d, %s (%s): %s %s", a.code, a.Verdict, a.Reason, a.Text, a.stderr)
	}
	if a := explain(t, nsview(w.base+"/b", w.base+"/b")); a.Verdict != "yes" {
		t.Errorf("beside it: %s (%s): %s %s", a.Verdict, a.Reason, a.Text, a.stderr)
	}
	f := foretell(t, "umount -l "+w.base+"/a; mount tmpfs "+w.base+"/a/below/it")
	if f.Steps[0].Result != "ok" || f.Steps[1].Result != "ok" || len(f.Steps[1].Doubts) == 0 || f.code != 3 {
		t.Errorf("predict: %+v", f.Steps)
	}
	f = foretell(t, "mount tmpfs "+w.base+"/a/below/it")
	if f.Steps[0].Result != "ok" || len(f.Steps[0].Doubts) == 0 || f.code != 3 {
		t.Errorf("predict on it: exit %d, %+v", f.code, f.Steps)
	}
}

// Without the right to enter a namespace its paths are taken by their words.
func TestMayNotEnter(t *testing.T) {
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("needs the program setpriv")
	}
	w := stage(t)
	w.spaces[0].sh(w, "mount --make-shared .")
	second := w.spaces[0].clone(t, byProcess)
	cmd := nsview(w.base+"/a", fmt.Sprintf("mnt:[%d]:%s/a", second.ino, w.base))
	cmd.Args = append([]string{"setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"}, cmd.Args...)
	cmd.Path, _ = exec.LookPath("setpriv")
	a := explain(t, cmd)
	if a.Verdict != "unknown" || a.code != 3 || !strings.Contains(a.Text, "operation not permitted") || !strings.Contains(a.Text, "by its words alone: a mount made at") {
		t.Errorf("exit %d, %s (%s): %s %s", a.code, a.Verdict, a.Reason, a.Text, a.stderr)
	}
}
