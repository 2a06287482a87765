package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Waiter waits for notices and for changes of mountinfo files. Go's own poller
// would take the changes away: what it is told, whoever else waits is not.
type Waiter struct {
	epoll, wake int
	files       map[int32]int // descriptors of mountinfo, by the caller's number
	events      []unix.EpollEvent
}

// The numbers that descriptors of the waiter itself have.
const (
	wakeToken   = -1
	noticeToken = -2
)

// NewWaiter waits for nothing yet.
func NewWaiter() (*Waiter, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a poll set: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("make a poll set: %w", err)
	}
	w := &Waiter{epoll: epoll, wake: wake, files: map[int32]int{}, events: make([]unix.EpollEvent, 256)}
	if err := w.add(wake, unix.EPOLLIN, wakeToken); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// Close lets go of everything that is waited for.
func (w *Waiter) Close() error {
	for token := range w.files {
		w.Forget(int(token))
	}
	return errors.Join(unix.Close(w.wake), unix.Close(w.epoll))
}

func (w *Waiter) add(fd int, events uint32, token int32) error {
	err := unix.EpollCtl(w.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: token})
	if err != nil {
		return fmt.Errorf("add to a poll set: %w", err)
	}
	return nil
}

// AddNotices waits for notices as well.
func (w *Waiter) AddNotices(n *Notices) error { return w.add(n.fd, unix.EPOLLIN, noticeToken) }

// AddMountinfo waits for changes of a process's mount namespace
// (proc_pid_mounts(5)), which it keeps alive until forgotten. The number, not
// negative, is what Wait calls it.
func (w *Waiter) AddMountinfo(d *ProcDir, pid, number int) error {
	fd, err := openat(d.fd, pidPath(pid, "mountinfo"), unix.O_RDONLY)
	if err != nil {
		return fmt.Errorf("open mountinfo of pid %d: %w", pid, vanished(err))
	}
	if err := w.add(fd, unix.EPOLLPRI, int32(number)); err != nil {
		unix.Close(fd)
		return err
	}
	w.files[int32(number)] = fd
	return nil
}

// Mountinfo reads a file that is waited for, from its start.
func (w *Waiter) Mountinfo(number int, buf []byte) ([]byte, error) {
	fd, ok := w.files[int32(number)]
	if !ok {
		return buf[:0], snapshot.ErrVanished
	}
	if _, err := unix.Seek(fd, 0, unix.SEEK_SET); err != nil {
		return buf[:0], err
	}
	b, err := readAll(fd, buf[:0], false)
	return b, vanished(err)
}

// Forget closes a file that was waited for.
func (w *Waiter) Forget(number int) {
	if fd, ok := w.files[int32(number)]; ok {
		unix.Close(fd) // which takes it out of the set
		delete(w.files, int32(number))
	}
}

// Wake ends a Wait, the next if there is none. It may be called from anywhere.
func (w *Waiter) Wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(w.wake, one[:])
}

// Wait waits at most so long and visits the numbers of the files that changed.
// It says whether there are notices to read.
func (w *Waiter) Wait(limit time.Duration, changed func(number int)) (notices bool, err error) {
	// The kernel counts in milliseconds: rounded up, so that a limit is over
	// when the wait is.
	ms := int((max(limit, 0) + time.Millisecond - 1) / time.Millisecond)
	n, err := unix.EpollWait(w.epoll, w.events, ms)
	if errors.Is(err, unix.EINTR) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("wait for changes of mounts: %w", err)
	}
	for _, e := range w.events[:n] {
		switch e.Fd {
		case wakeToken:
			var count [8]byte
			_, _ = unix.Read(w.wake, count[:])
		case noticeToken:
			notices = true
		default:
			changed(int(e.Fd))
		}
	}
	return notices, nil
}
