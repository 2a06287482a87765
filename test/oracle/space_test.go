//go:build linux

package oracle_test

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
)

// A house is a process with threads in mount namespaces: the stage itself, or a
// lodger in a user namespace.
type house struct {
	rooms []*room
}

// room is a thread that is in a mount namespace of its own for life.
type room struct {
	work chan func()
	fd   int // of its namespace
	tid  int
	held []int
}

// open starts a thread in a new copy of the namespace of one that is there (nil:
// of the process).
func (h *house) open(like *room, settle func() error) (*room, error) {
	r := &room{work: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the room
		err := unix.Unshare(unix.CLONE_FS)
		if err == nil && like != nil {
			err = unix.Setns(like.fd, unix.CLONE_NEWNS)
		}
		if err == nil {
			err = unix.Unshare(unix.CLONE_NEWNS)
		}
		if err == nil {
			// Not through /proc, which the namespace need not have.
			r.tid = unix.Gettid()
			r.fd, err = nsOfThread()
		}
		if err == nil && settle != nil {
			err = settle()
		}
		ready <- err
		if err != nil {
			return
		}
		for f := range r.work {
			f()
		}
	}()
	if err := <-ready; err != nil {
		return nil, err
	}
	h.rooms = append(h.rooms, r)
	return r, nil
}

// nsOfThread opens the mount namespace of the calling thread by its pidfd.
func nsOfThread() (int, error) {
	const pidfdThread = unix.O_EXCL // PIDFD_THREAD, Linux 6.9
	pid, err := unix.PidfdOpen(unix.Gettid(), pidfdThread)
	if err != nil {
		return -1, fmt.Errorf("open the thread: %w", err)
	}
	defer unix.Close(pid)
	return unix.IoctlRetInt(pid, unix.PIDFD_GET_MNT_NAMESPACE)
}

// do runs something on the thread.
func (r *room) do(f func() error) error {
	done := make(chan error)
	r.work <- func() { done <- f() }
	return <-done
}

// hold opens a path, and keeps it open.
func (r *room) hold(path string) error {
	return r.do(func() error {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
		if err == nil {
			r.held = append(r.held, fd)
		}
		return err
	})
}

func (h *house) close() {
	for _, r := range h.rooms {
		close(r.work)
		unix.Close(r.fd)
		for _, fd := range r.held {
			unix.Close(fd)
		}
	}
	h.rooms = nil
}

// letter is what a lodger is told, and reply what it answers.
type letter struct {
	Room  int
	Op    predict.Op
	Clone bool
	Open  string
	Home  bool // leave a chroot
}

type reply struct {
	Errno unix.Errno
	TID   int
	Text  string
}

// lodge is the life of a lodger: it waits until it is mapped into its user
// namespace, and does what it is told.
func lodge(in io.Reader, out io.Writer) error {
	from, to := gob.NewDecoder(in), gob.NewEncoder(out)
	var first letter
	if err := from.Decode(&first); err != nil {
		return err
	}
	h := &house{}
	defer h.close()
	home := &room{work: make(chan func())}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		home.tid = unix.Gettid()
		err := unix.Unshare(unix.CLONE_FS)
		if err == nil {
			home.fd, err = nsOfThread()
		}
		started <- err
		for f := range home.work {
			f()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	h.rooms = append(h.rooms, home)
	if err := to.Encode(reply{TID: home.tid}); err != nil {
		return err
	}
	for {
		var l letter
		if err := from.Decode(&l); err != nil {
			return nil // the test is over
		}
		if err := to.Encode(h.answer(l)); err != nil {
			return err
		}
	}
}

func (h *house) tell(l letter) (reply, error) { return h.answer(l), nil }

func (h *house) answer(l letter) reply {
	var r reply
	var err error
	switch {
	case l.Clone:
		var made *room
		if made, err = h.open(h.rooms[l.Room], nil); err == nil {
			r.TID = made.tid
		}
	case l.Home:
		r := h.rooms[l.Room]
		err = r.do(func() error { return unix.Setns(r.fd, unix.CLONE_NEWNS) })
	case l.Open != "":
		err = h.rooms[l.Room].hold(l.Open)
	default:
		err = h.rooms[l.Room].do(func() error { return call(l.Op) })
	}
	if err != nil && !errors.As(err, &r.Errno) {
		r.Errno, r.Text = unix.EIO, err.Error()
	}
	return r
}

// lodger is a process in a user namespace, as the stage sees it.
type lodger struct {
	cmd *exec.Cmd
	to  *gob.Encoder
	in  io.Closer
	out *gob.Decoder
}

// lodgerIn starts one in copies of a room's namespace. The room need not have
// /proc, so the maps are written from outside.
func lodgerIn(r *room) (*lodger, reply, error) {
	l := &lodger{cmd: exec.Command("/" + lodgerOf)}
	l.cmd.Env = []string{partVar + "=lodger", "GOMAXPROCS=1", "GOGC=off"}
	l.cmd.Stderr = os.Stderr
	l.cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SYS_CHROOT, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_PTRACE},
		Pdeathsig:   unix.SIGKILL,
	}
	in, err := l.cmd.StdinPipe()
	if err != nil {
		return nil, reply{}, err
	}
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, reply{}, err
	}
	if err := r.do(l.cmd.Start); err != nil {
		return nil, reply{}, err
	}
	l.in, l.to, l.out = in, gob.NewEncoder(in), gob.NewDecoder(out)
	proc := filepath.Join("/proc", strconv.Itoa(l.cmd.Process.Pid))
	for _, name := range []string{"uid_map", "gid_map"} {
		if err := os.WriteFile(filepath.Join(proc, name), []byte("0 0 1"), 0); err != nil {
			if name == "gid_map" && errors.Is(err, os.ErrPermission) {
				continue // an ordinary user's group: not needed
			}
			l.close()
			return nil, reply{}, err
		}
	}
	answer, err := l.tell(letter{})
	return l, answer, err
}

func (l *lodger) tell(text letter) (reply, error) {
	if err := l.to.Encode(text); err != nil {
		return reply{}, err
	}
	var r reply
	err := l.out.Decode(&r)
	return r, err
}

func (l *lodger) close() {
	l.in.Close()
	_ = l.cmd.Process.Kill() // only the one started here
	_ = l.cmd.Wait()
}

// settleDown makes the base the root of the calling thread's namespace, and all
// there is.
func settleDown(base string) func() error {
	return func() error {
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			// The root of a namespace that began in rootfs is no mount point.
			if err := privateAll(); err != nil {
				return err
			}
		}
		if err := unix.Chdir(base); err != nil {
			return err
		}
		if unix.PivotRoot(".", ".") == nil {
			if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
				return err
			}
			return unix.Chdir("/")
		}
		if err := clearBut(base); err != nil {
			return err
		}
		if err := unix.Mount(base, "/", "", unix.MS_MOVE, ""); err != nil {
			return fmt.Errorf("move the base to /: %w", err)
		}
		if err := unix.Chroot("."); err != nil {
			return err
		}
		return unix.Chdir("/")
	}
}

func points() ([]string, error) {
	text, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return nil, err
	}
	var list []string
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 4 {
			list = append(list, f[4])
		}
	}
	return list, nil
}

func privateAll() error {
	list, err := points()
	for _, p := range list {
		_ = unix.Mount("", p, "", unix.MS_PRIVATE, "")
	}
	return err
}

func clearBut(base string) error {
	list, err := points()
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] != base {
			_ = unix.Unmount(list[i], unix.MNT_DETACH)
		}
	}
	return err
}
