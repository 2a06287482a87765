package kernel

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Socket is a unix socket as sock_diag(7) tells of it.
type Socket struct {
	Ino    uint64       // of the socket, as in the text of a descriptor's link
	Dev    snapshot.Dev // of the file system it is bound on; zero when it is not
	File   uint64       // inode number there
	Path   string
	Unread bool // messages wait in it
}

// Sockets visits the unix sockets of a network namespace.
func (k *Kernel) Sockets(ref snapshot.Ref, visit func(Socket)) error {
	ns, err := k.open(ref)
	if err != nil {
		return err
	}
	defer unix.Close(ns)
	answer := make(chan error, 1)
	onOwnThread(func() {
		if err := unix.Setns(ns, unix.CLONE_NEWNET); err != nil {
			answer <- fmt.Errorf("enter network namespace: %w", err)
			return
		}
		answer <- dumpSockets(visit)
	})
	if err := <-answer; err != nil {
		return fmt.Errorf("list unix sockets of %s: %w", name(ref), err)
	}
	return nil
}

// From linux/sock_diag.h and linux/unix_diag.h, which x/sys/unix lacks.
const (
	sockDiagByFamily = 20
	udiagShow        = 0x01 | 0x02 | 0x10 // name, place, lengths of queues
	unixDiagName     = 0
	unixDiagVFS      = 1
	unixDiagRQLen    = 4
	sizeofUnixReq    = 24
	sizeofUnixMsg    = 16
)

func dumpSockets(visit func(Socket)) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, socketRequest(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	buf := make([]byte, 64<<10)
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if done, err := eachSocket(buf[:n], visit); done || err != nil {
			return err
		}
	}
}

func socketRequest() []byte {
	b := make([]byte, unix.SizeofNlMsghdr+sizeofUnixReq)
	e := binary.NativeEndian
	e.PutUint32(b[0:], uint32(len(b)))
	e.PutUint16(b[4:], sockDiagByFamily)
	e.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	r := b[unix.SizeofNlMsghdr:]
	r[0] = unix.AF_UNIX
	e.PutUint32(r[4:], ^uint32(0)) // every state
	e.PutUint32(r[12:], udiagShow)
	return b
}

// eachSocket takes one datagram of netlink messages apart (netlink(7)).
func eachSocket(b []byte, visit func(Socket)) (done bool, err error) {
	e := binary.NativeEndian
	for len(b) >= unix.SizeofNlMsghdr {
		size := int(e.Uint32(b))
		if size < unix.SizeofNlMsghdr || size > len(b) {
			return true, unix.EBADMSG
		}
		body := b[unix.SizeofNlMsghdr:size]
		switch e.Uint16(b[4:]) {
		case unix.NLMSG_DONE:
			return true, nil
		case unix.NLMSG_ERROR:
			if len(body) >= 4 {
				return true, unix.Errno(-int32(e.Uint32(body)))
			}
			return true, unix.EBADMSG
		case sockDiagByFamily:
			if len(body) >= sizeofUnixMsg {
				visit(socketOf(body))
			}
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return false, nil
}

func socketOf(body []byte) Socket {
	e := binary.NativeEndian
	s := Socket{Ino: uint64(e.Uint32(body[4:]))}
	for b := body[sizeofUnixMsg:]; len(b) >= 4; {
		size := int(e.Uint16(b))
		if size < 4 || size > len(b) {
			break
		}
		value := b[4:size]
		switch e.Uint16(b[2:]) {
		case unixDiagName:
			s.Path = unix.ByteSliceToString(value) // an abstract name starts with a zero byte, and is no path
		case unixDiagVFS:
			if len(value) >= 8 {
				dev := e.Uint32(value[4:])
				s.File = uint64(e.Uint32(value))
				s.Dev = snapshot.Dev{Major: dev >> 20, Minor: dev & (1<<20 - 1)}
			}
		case unixDiagRQLen:
			s.Unread = len(value) >= 4 && e.Uint32(value) > 0
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return s
}
