//go:build linux

package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// short is an entry in one line.
func short(e Entry, err error) string {
	switch l := e.Link; {
	case err != nil:
		return err.Error()
	case l == nil:
		return fmt.Sprintf("%s file=%v", e.Path, e.File)
	case !l.Magic:
		return "to " + string(l.Text)
	case l.NS != 0:
		return fmt.Sprintf("%v:[%d]", l.Type, l.NS)
	case l.Inner:
		return "inner"
	default:
		return fmt.Sprintf("%s deleted=%v", l.Path, l.Deleted)
	}
}

func TestEntry(t *testing.T) {
	k := newKernel(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	try(t, err)
	try(t, os.WriteFile(filepath.Join(dir, "f\xff"), nil, 0o644))
	try(t, os.Symlink("f\n\xff", filepath.Join(dir, "l")))
	try(t, os.Symlink("/proc/self/cwd", filepath.Join(dir, "through")))
	pid := os.Getpid()
	proc := fmt.Sprintf("/proc/%d/", pid)
	var pipe [2]int
	try(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	gone := filepath.Join(dir, "gone")
	try(t, os.Mkdir(gone, 0o755))
	deleted, err := unix.Open(gone, unix.O_PATH|unix.O_CLOEXEC, 0)
	try(t, err)
	try(t, os.Remove(gone))
	var net unix.Stat_t
	try(t, unix.Stat("/proc/self/ns/net", &net))
	cwd, err := os.Getwd()
	try(t, err)
	own := snapshot.Ref{Type: snapshot.Mnt, Ino: k.own().Ino, PID: pid}
	for _, c := range []struct{ path, want string }{
		{"/", "/ file=false"},
		{dir, dir + " file=false"},
		{dir + "/f\xff", dir + "/f\xff file=true"},
		{dir + "/l", "to f\n\xff"},
		{dir + "/through", "to /proc/self/cwd"},
		{dir + "/none", unix.ENOENT.Error()},
		{dir + "/f\xff/x", unix.ENOTDIR.Error()},
		{"/proc/self", "to " + strconv.Itoa(pid)},
		{"/proc/thread-self", fmt.Sprintf("to %d/task/%d", pid, pid)},
		{"/proc/mounts", "to self/mounts"},
		{proc + "ns/net", fmt.Sprintf("net:[%d]", net.Ino)},
		{proc + "cwd", cwd + " deleted=false"},
		{fmt.Sprintf("%sfd/%d", proc, pipe[0]), "inner"},
		{fmt.Sprintf("%sfd/%d", proc, deleted), gone + " deleted=true"},
		{proc + "fd/99999", unix.ENOENT.Error()},
		{proc + "stat", proc + "stat file=true"},
	} {
		if got := short(k.Entry(t.Context(), own, pid, c.path, time.Minute)); got != c.want {
			t.Errorf("%q: %q; want %q", c.path, got, c.want)
		}
	}
	if e, err := k.Entry(t.Context(), own, 0, "/proc/self", time.Minute); err == nil {
		t.Errorf("/proc/self of nobody: %s", short(e, err))
	}
}

// "/proc/self" is a number of the pid namespace whose /proc it is.
func TestSelfInAnotherProc(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	dir := t.TempDir()
	first := child(t, "/", &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS})
	if first == 1 {
		t.Fatal("the child's number is that of its own namespace")
	}
	mountProcOf(t, first, dir)
	own := snapshot.Ref{Type: snapshot.Mnt, Ino: k.own().Ino, PID: os.Getpid()}
	for _, c := range []struct {
		who  int
		path string
		want string
	}{
		{first, dir + "/self", "to 1"},
		{first, dir + "/thread-self", "to 1/task/1"},
		{first, "/proc/self", "to " + strconv.Itoa(first)},
		{os.Getpid(), dir + "/self", unix.ENOENT.Error()},
	} {
		if got := short(k.Entry(t.Context(), own, c.who, c.path, time.Minute)); got != c.want {
			t.Errorf("%s for %d: %q; want %q", c.path, c.who, got, c.want)
		}
	}
}

// mountProcOf mounts the proc file system of a process's pid namespace.
func mountProcOf(t *testing.T, pid int, dir string) {
	t.Helper()
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/ns/pid", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	try(t, err)
	defer unix.Close(fd)
	done := make(chan error)
	onOwnThread(func() {
		done <- func() error {
			fs, err := unix.Fsopen("proc", unix.FSOPEN_CLOEXEC)
			if err != nil {
				return err
			}
			defer unix.Close(fs)
			if err := unix.FsconfigSetFd(fs, "pidns", fd); err != nil { // Linux 6.18
				return err
			}
			if err := unix.FsconfigCreate(fs); err != nil {
				return err
			}
			m, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
			if err != nil {
				return err
			}
			defer unix.Close(m)
			return unix.MoveMount(m, "", unix.AT_FDCWD, dir, unix.MOVE_MOUNT_F_EMPTY_PATH)
		}()
	})
	if err := <-done; err != nil {
		t.Skipf("needs to mount the /proc of another pid namespace: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
}
