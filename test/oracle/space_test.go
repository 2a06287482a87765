//go:build linux

package oracle_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// A house is a process with threads in mount namespaces: the stage itself, or a
// lodger in a user namespace.
type house struct {
	rooms   []*room
	lodgers []*lodger
	proc    int // the stage's /proc, which the rooms need not have
}

// room is a thread that is in one mount namespace for life.
type room struct {
	work chan func()
	fd   int // of its namespace
	tid  int
	held []int
}

// newHouse is the stage itself.
func newHouse() (*house, error) {
	proc, err := unix.Open("/proc", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /proc: %w", err)
	}
	return &house{proc: proc}, nil
}

// open starts a thread in a new copy of the namespace of one that is there (nil:
// of the process).
func (h *house) open(like *room, settle func() error) (*room, error) {
	return h.start(func() error {
		if like != nil {
			if err := unix.Setns(like.fd, unix.CLONE_NEWNS); err != nil {
				return err
			}
		}
		if err := inTurn(func() error { return unix.Unshare(unix.CLONE_NEWNS) }); err != nil || settle == nil {
			return err
		}
		return settle()
	})
}

// join starts a thread in the namespace of another thread, of any house.
func (h *house) join(tid int) (*room, error) {
	return h.start(func() error {
		fd, err := h.nsOfThread(tid)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.Setns(fd, unix.CLONE_NEWNS)
	})
}

// start starts a thread that goes where it will stay.
func (h *house) start(goes func() error) (*room, error) {
	r := &room{work: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the room
		err := unix.Unshare(unix.CLONE_FS)
		if err == nil {
			err = goes()
		}
		if err == nil {
			r.tid = unix.Gettid()
			r.fd, err = h.nsOfThread(r.tid)
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

// nsOfThread opens the mount namespace of a thread.
func (h *house) nsOfThread(tid int) (int, error) {
	fd, err := unix.Openat(h.proc, fmt.Sprintf("%d/ns/mnt", tid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open the namespace of thread %d: %w", tid, err)
	}
	return fd, nil
}

// do runs something on the thread.
func (r *room) do(f func() error) error {
	done := make(chan error)
	r.work <- func() { done <- f() }
	return <-done
}

// hold opens a path, and keeps it open.
func (r *room) hold(path string, how int) error {
	return r.do(func() error {
		fd, err := unix.Open(path, how|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
		if err == nil {
			r.held = append(r.held, fd)
		}
		return err
	})
}

func (h *house) close() {
	for _, l := range h.lodgers {
		l.close()
	}
	for _, r := range h.rooms {
		close(r.work)
		unix.Close(r.fd)
		for _, fd := range r.held {
			unix.Close(fd)
		}
	}
	h.rooms, h.lodgers = nil, nil
	unix.Close(h.proc)
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
