package launch

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// socket is one end of a conversation of the two processes. It is used by system
// calls alone: Go's poller would start a thread.
type socket int

// Read reads what the other end has sent, and returns io.EOF when that is gone.
func (s socket) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(int(s), b)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, err
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// Write sends. Another end that is gone is an error and no signal.
func (s socket) Write(b []byte) (int, error) {
	for done := 0; ; {
		n, err := unix.SendmsgN(int(s), b[done:], nil, nil, unix.MSG_NOSIGNAL)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return done, err
		}
		if done += n; done == len(b) {
			return done, nil
		}
	}
}

// give sends a descriptor, with one byte.
func (s socket) give(fd int) error {
	return unix.Sendmsg(int(s), []byte{'g'}, unix.UnixRights(fd), nil, unix.MSG_NOSIGNAL)
}

// take receives the descriptor that was given; EBADMSG is something else, and
// io.EOF the end. flags are those of recvmsg(2).
func (s socket) take(flags int) (int, error) {
	var b [1]byte
	room := make([]byte, unix.CmsgSpace(4)) // one descriptor
	for {
		n, used, _, _, err := unix.Recvmsg(int(s), b[:], room, flags|unix.MSG_CMSG_CLOEXEC)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return -1, err
		case n == 0:
			return -1, io.EOF
		}
		messages, err := unix.ParseSocketControlMessage(room[:used])
		if err != nil || len(messages) != 1 {
			return -1, unix.EBADMSG
		}
		fds, err := unix.ParseUnixRights(&messages[0])
		if err != nil || len(fds) != 1 {
			return -1, unix.EBADMSG
		}
		return fds[0], nil
	}
}
