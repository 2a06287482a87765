package attach

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// aMomentAgo is a deadline that has passed.
var aMomentAgo = time.Unix(1, 0)

// read sends what is typed, until Close or the end of the user's terminal. It
// waits by poll(2): a read that has begun could not be called off.
func (t *Terminal) read() {
	if t.user == nil {
		return
	}
	b := make([]byte, 4096)
	for {
		fds := []unix.PollFd{{Fd: int32(t.user.Fd()), Events: unix.POLLIN}, {Fd: int32(t.ended.Fd()), Events: unix.POLLIN}}
		_, err := unix.Poll(fds, -1)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil || fds[1].Revents != 0:
			return
		}
		n, err := unix.Read(int(t.user.Fd()), b)
		switch {
		case errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN):
			continue
		case err != nil || n <= 0:
			// The user's terminal was hung up, and so is the container's: its
			// shell reads to the end.
			_ = t.master.Close()
			return
		}
		if _, err := t.master.Write(b[:n]); err != nil {
			return
		}
	}
}

// show copies what the container says, to its end.
func (t *Terminal) show(out io.Writer) {
	b := make([]byte, 32<<10)
	for {
		n, err := t.master.Read(b)
		if n > 0 {
			// Where nobody can be told any more the container still must
			// not wait for a reader.
			_, _ = out.Write(b[:n])
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.showRest(out, b)
			return
		}
		if err != nil { // EIO: nobody has the other end
			return
		}
	}
}

// showRest copies what has come already, and does not wait for more.
func (t *Terminal) showRest(out io.Writer, b []byte) {
	_ = control(t.master, func(fd int) error {
		for {
			n, err := unix.Read(fd, b)
			if n <= 0 && !errors.Is(err, unix.EINTR) {
				return err
			}
			if n > 0 {
				_, _ = out.Write(b[:n])
			}
		}
	})
}
