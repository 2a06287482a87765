//go:build linux

package propagation_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// kind is what keeps a mount namespace of a topology.
type kind int

const (
	byProcess  kind = iota // a process is in it
	byUser                 // a process in a user namespace of its own
	byFile                 // only a descriptor of ours
	inFlight               // a descriptor that no process has: on its way through a socket
	numOfKinds             // counts them
)

func (k kind) String() string {
	return [...]string{"process", "user namespace", "descriptor", "in flight"}[k]
}

// space is one mount namespace of a topology.
type space struct {
	kind kind
	ino  uint64
	pid  int    // a process in it, 0 for none
	fd   int    // -1 when in flight
	sock [2]int // when in flight
}

// thread runs f on a thread that dies with it.
func thread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

// in runs f on a thread inside the namespace.
func (s *space) in(f func() error) error {
	fd, err := s.open()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return thread(func() error {
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return err
		}
		if err := unix.Setns(fd, unix.CLONE_NEWNS); err != nil {
			return fmt.Errorf("enter mnt:[%d]: %w", s.ino, err)
		}
		return f()
	})
}

// open is a descriptor of the namespace for a moment. What is in flight is
// looked at without taking it off the socket.
func (s *space) open() (int, error) {
	if s.kind != inFlight {
		return unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 0)
	}
	oob := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(s.sock[1], make([]byte, 1), oob, unix.MSG_PEEK|unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("look at what is in flight: %w", err)
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil || len(messages) != 1 {
		return -1, fmt.Errorf("look at what is in flight: %d messages, %w", len(messages), err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return -1, err
	}
	return fds[0], nil
}

// write keeps a file open for writing until the test ends.
func (s *space) write(t testing.TB, name string) {
	t.Helper()
	fd := -1
	err := s.in(func() (err error) {
		fd, err = unix.Open(name, unix.O_CREAT|unix.O_WRONLY|unix.O_CLOEXEC, 0o644)
		return err
	})
	if err != nil {
		t.Fatalf("open %s in mnt:[%d]: %v", name, s.ino, err)
	}
	t.Cleanup(func() { unix.Close(fd) })
}

// clone makes a new namespace out of this one.
func (s *space) clone(t testing.TB, k kind) *space {
	t.Helper()
	n := &space{kind: k, fd: -1}
	err := s.in(func() error {
		if k == byProcess || k == byUser {
			return n.born(t)
		}
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			return err
		}
		return n.keep("/proc/thread-self/ns/mnt")
	})
	if err == nil && k == inFlight {
		err = n.send(t)
	}
	if err != nil {
		t.Fatalf("clone mnt:[%d] for a %v: %v", s.ino, k, err)
	}
	t.Cleanup(func() {
		if n.fd >= 0 {
			unix.Close(n.fd)
		}
	})
	return n
}

// born starts a process in a new namespace, which is copied from that of the
// calling thread. It ends with its input.
func (s *space) born(t testing.TB) error {
	cmd := exec.Command("cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	if s.kind == byUser {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		all := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 65536}}
		cmd.SysProcAttr.UidMappings, cmd.SysProcAttr.GidMappings = all, all
	}
	if _, err := keepAlive(t, cmd); err != nil {
		return err
	}
	s.pid = cmd.Process.Pid
	return s.keep(fmt.Sprintf("/proc/%d/ns/mnt", s.pid))
}

// keepAlive starts a process that lives until the test ends.
func keepAlive(t testing.TB, cmd *exec.Cmd) (io.Reader, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Process.Kill() // only the one started here
		_ = cmd.Wait()
	})
	return out, nil
}

func (s *space) keep(path string) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	s.fd, s.ino = fd, st.Ino
	return nil
}

// send puts the only descriptor into a socket.
func (s *space) send(t testing.TB) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	s.sock = pair
	t.Cleanup(func() {
		unix.Close(pair[0])
		unix.Close(pair[1])
	})
	if err := unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(s.fd), nil, 0); err != nil {
		return err
	}
	unix.Close(s.fd)
	s.fd = -1
	return nil
}

// imprison starts a process whose root is a directory of the namespace.
func (s *space) imprison(t testing.TB, dir string) (int, error) {
	cmd := exec.Command("/proc/self/exe", dir)
	cmd.Env = append(os.Environ(), partVar+"=jail")
	var out io.Reader
	err := s.in(func() (err error) {
		out, err = keepAlive(t, cmd)
		return err
	})
	if err != nil {
		return 0, err
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		return 0, fmt.Errorf("imprison in %s: %q, %w", dir, line, err)
	}
	return cmd.Process.Pid, nil
}
