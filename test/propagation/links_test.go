//go:build linux

package propagation_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// linked are operations whose paths lead through the links of /proc. HOME and
// OTHER stand for the processes of the two namespaces, SELF for /proc/self.
var linked = []future{
	{name: "files of namespaces", base: "mount --make-private .", ops: "bind /proc/OTHER/ns/mnt BASE/f; bind /proc/HOME/ns/mnt BASE/a/f; bind SELF/ns/mnt BASE/f; bind SELF/ns/net BASE/f; bind SELF/ns/pid_for_children BASE/a/f; bind /proc/OTHER/ns/uts BASE/a; bind /proc/OTHER/ns/mnt BASE/a; bind /proc/OTHER/ns/mnt BASE/none"},
	{name: "of an older namespace", by: 1, base: "mount --make-private .", ops: "bind /proc/HOME/ns/mnt BASE/f; bind /proc/OTHER/ns/mnt BASE/f; rbind /proc/OTHER/ns/user BASE/f"},
	{name: "files of namespaces where they would be copied", base: "mount --make-shared .", second: "mount --make-slave .", ops: "bind /proc/OTHER/ns/mnt BASE/f; bind SELF/ns/net BASE/f; umount BASE/f; make-private BASE; bind /proc/OTHER/ns/mnt BASE/f"},
	{name: "what another namespace has bound", base: "mount --make-private .", second: "mount --bind /proc/self/ns/ipc a/f", ops: "bind /proc/OTHER/rootBASE/a/f BASE/f; bind /proc/OTHER/rootBASE/f BASE/a/f"},
	{name: "mounts of another namespace", base: "mount --make-private .; mount -t tmpfs t a", ops: "bind /proc/OTHER/rootBASE/a BASE/b; rbind /proc/OTHER/root BASE/b; mount tmpfs /proc/OTHER/rootBASE/b; bind BASE/a /proc/OTHER/rootBASE/b; move /proc/OTHER/rootBASE/a BASE/b; umount /proc/OTHER/rootBASE/a; umount -l /proc/OTHER/rootBASE/a; remount ro /proc/OTHER/rootBASE/a"},
	{name: "propagation in another namespace", base: "mount --make-private .; mount -t tmpfs t a", ops: "make-shared /proc/OTHER/rootBASE/a; set-group /proc/OTHER/rootBASE/a BASE/a; mount tmpfs BASE/a; make-unbindable /proc/OTHER/rootBASE"},
	{name: "one's own root directory", base: "mount --make-shared .", ops: "bind SELF/rootBASE/a BASE/b; mount tmpfs SELF/rootBASE/b/x; umount SELF/root/SELF/rootBASE/a/x; umount BASE/b"},
	{name: "another root directory", base: "mount --make-private .; mkdir proc; mount --bind /proc proc", ops: "unshare; chroot BASE; bind SELF/root/a SELF/root/b; bind SELF/ns/mnt /f; chroot /proc/OTHER/rootBASE/c; mount tmpfs /"},
	{name: "ordinary links", base: "mount --make-shared .; ln -s BASE/a abs; ln -s b/.. up; ln -s loop loop; ln -s none dangling; ln -s /proc/self/root/ all", ops: "mount tmpfs BASE/abs/x; mount tmpfs BASE/up/c; mount tmpfs BASE/loop; mount tmpfs BASE/dangling; bind BASE/allBASE/a BASE/b; umount BASE/abs/./x/; bind BASE/f/ BASE/a/f; mount tmpfs BASE/a; mount tmpfs BASE/a/x"},
	{name: "links that are covered since", base: "ln -s b a/l", ops: "mount tmpfs BASE/c; bind BASE/c BASE/a; mount tmpfs BASE/a/l; umount BASE/a; mount tmpfs BASE/a/l"},
	{name: "not below the kernel's own mounts", ops: "bind /proc/OTHER/fd/0 BASE/f; mount tmpfs /proc/OTHER/fd/0; mount tmpfs SELF/ns/net; bind BASE/f SELF/ns/net; umount SELF/ns/net; make-shared SELF/ns/mnt; chroot SELF/ns/mnt; move SELF/ns/net BASE/f; bind SELF/ns/net/x BASE/f; bind SELF/ns/net/ BASE/f"},
	{name: "no such process", ops: "bind /proc/999999999/ns/mnt BASE/f; bind SELF/ns/none BASE/f; bind /proc/OTHER/fd/999 BASE/f; mount tmpfs /proc/999999999/root"},
}

// TestForetoldLinks: what predict says where paths lead through links, with no
// doubt, and what the kernel then does.
func TestForetoldLinks(t *testing.T) {
	for _, f := range linked {
		t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) { f.checkLinks(t) })
	}
}

func (f future) checkLinks(t *testing.T) {
	w := stage(t)
	of := strings.NewReplacer("BASE", w.base)
	w.spaces[0].sh(w, of.Replace(f.base))
	second := w.spaces[0].clone(t, byProcess)
	w.spaces = append(w.spaces, second)
	second.sh(w, of.Replace(f.second))
	who := []string{strconv.Itoa(os.Getpid()), strconv.Itoa(second.pid)}
	line := strings.NewReplacer("BASE", w.base, "HOME", who[0], "OTHER", who[1]).Replace(f.ops)
	told := foretell(t, "-N", who[f.by], strings.ReplaceAll(line, "SELF", "/proc/self"))
	for _, s := range told.Steps {
		if len(s.Doubts) > 0 && !strings.HasPrefix(s.Op, "umount ") { // what keeps it busy may be hidden
			t.Errorf("%s: %q", s.Op, s.Doubts)
		}
	}
	f.compare(w, told, strings.ReplaceAll(line, "SELF", "/proc/thread-self"))
}

// A namespace alone has no process for /proc/self, and what may not be looked at
// is not known: then it could not be told.
func TestForetoldNobody(t *testing.T) {
	w := stage(t)
	for _, op := range []string{"bind /proc/self/ns/net BASE/f", "bind /proc/thread-self/root BASE/a"} {
		told := foretell(t, "-N", fmt.Sprintf("mnt:[%d]", w.spaces[0].ino), strings.ReplaceAll(op, "BASE", w.base))
		if told.code != 3 || len(told.Steps[0].Doubts) == 0 {
			t.Errorf("%s: exit %d, %q", op, told.code, told.Steps[0].Doubts)
		}
	}
}

// What keeps a mount busy is found also when a link of /proc names it.
func TestForetoldBusyByLink(t *testing.T) {
	w := stage(t)
	w.spaces[0].sh(w, "mount -t tmpfs t a; echo x >a/open; ln -s a l")
	file, err := os.Open(w.base + "/a/open")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/proc/self/root" + w.base + "/a", w.base + "/l", fmt.Sprintf("/proc/%d/root%s/b/../l", os.Getpid(), w.base)} {
		if told := foretell(t, "-N", strconv.Itoa(os.Getpid()), "umount "+name); told.code != 1 || told.Steps[0].Result != "EBUSY" {
			t.Errorf("umount %s: exit %d, %s", name, told.code, told.Steps[0].Result)
		}
	}
	file.Close()
	if told := foretell(t, "-N", strconv.Itoa(os.Getpid()), "umount /proc/self/root"+w.base+"/a"); told.Steps[0].Result != "ok" {
		t.Errorf("when nobody uses it: %s", told.Steps[0].Result)
	}
}
