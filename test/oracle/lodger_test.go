//go:build linux

package oracle_test

import (
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// lodger is a process in a user namespace of its own, as the house that started
// it sees it.
type lodger struct {
	cmd *exec.Cmd
	to  *gob.Encoder
	in  io.Closer
	out *gob.Decoder
}

// procOf is the descriptor on which a lodger gets the stage's /proc.
const procOf = 3

// lodge starts a lodger in copies of a room's namespaces.
func (h *house) lodge(at *room) (reply, error) {
	l, err := h.spawn(at, unix.CLONE_NEWUSER|unix.CLONE_NEWNS)
	if l == nil {
		return reply{NotTried: err == nil}, err
	}
	h.lodgers = append(h.lodgers, l)
	if err := mapRoot(h.proc, l.cmd.Process.Pid); err != nil {
		return unready(err), nil
	}
	r, err := l.tell(letter{})
	r.PID, r.Lodger = l.cmd.Process.Pid, len(h.lodgers)-1
	return r, err
}

// spawn starts this program as a lodger, in a room's namespaces and new ones. It
// is nil when the program cannot be reached there.
func (h *house) spawn(at *room, flags uintptr) (*lodger, error) {
	if at.do(func() error { return unix.Access("/"+lodgerOf, unix.X_OK) }) != nil {
		return nil, nil
	}
	l := &lodger{cmd: exec.Command("/" + lodgerOf)}
	l.cmd.Env = []string{partVar + "=lodger", "GOMAXPROCS=1", "GOGC=off"}
	l.cmd.Stderr = os.Stderr
	l.cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: flags,
		// The last is what mapping root into a lodger of its own takes.
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SYS_CHROOT, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_PTRACE, unix.CAP_SETFCAP},
		Pdeathsig:   unix.SIGKILL,
	}
	proc, err := unix.Dup(h.proc)
	if err != nil {
		return nil, err
	}
	shared := os.NewFile(uintptr(proc), "proc")
	defer shared.Close()
	l.cmd.ExtraFiles = []*os.File{shared}
	in, err := l.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := at.do(func() error { return inTurn(l.cmd.Start) }); err != nil {
		return nil, err
	}
	l.in, l.to, l.out = in, gob.NewEncoder(in), gob.NewDecoder(out)
	return l, nil
}

// idMaps is the user namespace whose maps mounts are given by this process: root
// stays root. 0 until one is needed.
var idMaps int

// makeMaps makes it, by a lodger that ends at once. A room from which none can be
// started, as after chroot(2), makes none.
func (h *house) makeMaps(at *room) (made bool, err error) {
	l, err := h.spawn(at, unix.CLONE_NEWUSER)
	if l == nil {
		return false, nil
	}
	defer l.close()
	if err := mapRoot(h.proc, l.cmd.Process.Pid); err != nil {
		return false, err
	}
	idMaps, err = unix.Openat(h.proc, fmt.Sprintf("%d/ns/user", l.cmd.Process.Pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false, fmt.Errorf("open its user namespace: %w", err)
	}
	return true, nil
}

// mapRoot makes the root of one user namespace that of the one below.
func mapRoot(proc, pid int) error {
	for _, file := range []struct{ name, text string }{
		{"setgroups", "deny"}, // without it gid_map takes a right over the namespace above
		{"uid_map", "0 0 1"},
		{"gid_map", "0 0 1"},
	} {
		name := fmt.Sprintf("%d/%s", pid, file.name)
		fd, err := unix.Openat(proc, name, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open %s: %w", name, err)
		}
		_, err = unix.Write(fd, []byte(file.text))
		unix.Close(fd)
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// live is the life of a lodger: it waits until it is mapped into its user
// namespace, and does what it is told.
func live(in io.Reader, out io.Writer) error {
	from, to := gob.NewDecoder(in), gob.NewEncoder(out)
	var first letter
	if err := from.Decode(&first); err != nil {
		return err
	}
	h := &house{proc: procOf}
	unix.CloseOnExec(procOf)
	defer h.close()
	r, err := h.opened(h.start(func() error { return nil }))
	if err != nil {
		return err
	}
	if err := to.Encode(r); err != nil {
		return err
	}
	for {
		var l letter
		if err := from.Decode(&l); err != nil {
			return nil // the test is over
		}
		r, err := h.tell(l)
		if err != nil {
			return err
		}
		if err := to.Encode(r); err != nil {
			return err
		}
	}
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
