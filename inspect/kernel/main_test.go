//go:build linux

package kernel

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// childEnv asks the binary to be a process to look at: it changes its root to
// the directory given, says so, and waits until its input is closed.
const childEnv = "NSVIEW_KERNEL_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir, ok := os.LookupEnv(childEnv); ok {
		if err := unix.Chroot(dir); err != nil && dir != "/" {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child starts such a process and returns its pid.
func child(t *testing.T, dir string, attr *syscall.SysProcAttr) int {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.SysProcAttr = attr
	in, err := cmd.StdinPipe()
	try(t, err)
	out, err := cmd.StdoutPipe()
	try(t, err)
	if err := cmd.Start(); err != nil {
		t.Skipf("needs to start a child with %+v: %v", attr, err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "ready\n" {
		t.Fatalf("child: %q, %v", line, err)
	}
	return cmd.Process.Pid
}

// Tests that mount run twice: the test itself starts this binary again in a
// mount namespace of its own, where only that test runs. Nothing is ever
// mounted in the namespace the tests were started in.
const stagedEnv = "NSVIEW_KERNEL_TEST_STAGED"

// staged says whether the calling test runs on the stage. If not, it has run
// there when staged returns, and its result is taken over.
func staged(t *testing.T) bool {
	t.Helper()
	if os.Getenv(stagedEnv) == t.Name() {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Fatal(err)
		}
		return true
	}
	needsAdmin(t)
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), stagedEnv+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("on the stage: %v\n%s", err, out)
	}
	if reason, skipped := strings.CutPrefix(lineWith(string(out), "needs "), "needs "); skipped {
		t.Skip("needs " + reason)
	}
	return false
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if i := strings.Index(line, part); i >= 0 {
			return strings.TrimSpace(line[i:])
		}
	}
	return ""
}

func needsAdmin(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 || unix.Access("/proc/self/ns/mnt", unix.R_OK) != nil || !maySetns() {
		t.Skip("needs CAP_SYS_ADMIN: mounts and enters namespaces")
	}
}

func maySetns() bool {
	fd, err := unix.Open("/proc/self/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return inside(fd, func() error { return nil }) == nil
}

func openProc(t testing.TB) *ProcDir {
	t.Helper()
	d, err := OpenProc("/proc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func newKernel(t *testing.T) *Kernel { return New(openProc(t)) }

func needs(t *testing.T, k *Kernel, f Feature) {
	t.Helper()
	if !k.Has(f) {
		t.Skipf("needs %v: Linux %s", f, f.Since())
	}
}

func ownRef(t *testing.T, d *ProcDir) snapshot.Ref {
	t.Helper()
	ino, err := d.ReadLinkIno("self/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	return snapshot.Ref{Type: snapshot.Mnt, Ino: ino, PID: os.Getpid()}
}

// another makes a mount namespace that no process is in, a copy of the current
// one changed by setup. It is held by the descriptor until the test ends.
func another(t *testing.T, setup func() error) int {
	t.Helper()
	fd := loose(t, setup)
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// loose is another whose descriptor the test closes itself. The thread that
// made it leaves it again, as nobody knows when a thread is gone for good.
func loose(t *testing.T, setup func() error) (fd int) {
	t.Helper()
	d := openProc(t) // setup may take /proc away
	home, err := openat(d.fd, "self/ns/mnt", unix.O_RDONLY)
	try(t, err)
	defer unix.Close(home)
	made := make(chan error, 1)
	onOwnThread(func() {
		err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS)
		if err == nil && setup != nil {
			err = setup()
		}
		if err == nil {
			fd, err = openat(d.fd, "thread-self/ns/mnt", unix.O_RDONLY)
		}
		if err == nil {
			err = unix.Setns(home, unix.CLONE_NEWNS)
		}
		made <- err
	})
	try(t, <-made)
	return fd
}

func heldRef(t *testing.T, fd int) snapshot.Ref {
	t.Helper()
	id, err := nsID(fd)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot.Ref{Type: snapshot.Mnt, Ino: id.Ino, Hold: &snapshot.Hold{Kind: snapshot.HoldFD, PID: os.Getpid(), FD: fd}}
}

// try runs f and fails the test by its error.
func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// stageDir is a directory to mount below, on a tmpfs of its own.
func stageDir(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	try(t, unix.Mount("stage", dir, "tmpfs", 0, options))
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}
