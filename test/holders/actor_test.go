//go:build linux

package holders_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// actor is a process of a scene. It lives until it is dismissed or the test
// ends.
type actor struct {
	pid  int
	said []string // before it was ready
	cmd  *exec.Cmd
	in   io.WriteCloser
}

// act starts an actor in namespaces of its own; what is mounted there is
// private unless the role makes the namespace itself.
func act(t *testing.T, role string, unshare uintptr, args ...string) *actor {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unshare &^ unix.CLONE_NEWPID, Cloneflags: unshare & unix.CLONE_NEWPID}
	if unshare&unix.CLONE_NEWUSER != 0 {
		root := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unshare, UidMappings: root, GidMappings: root}
	}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	try(t, err)
	out, err := cmd.StdoutPipe()
	try(t, err)
	try(t, cmd.Start())
	a := &actor{pid: cmd.Process.Pid, cmd: cmd, in: in}
	t.Cleanup(a.dismiss)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "ready" {
			return a
		}
		a.said = append(a.said, lines.Text())
	}
	a.dismiss()
	text := strings.Join(a.said, "; ")
	if _, reason, ok := strings.Cut(text, "needs "); ok {
		t.Skip("needs " + reason)
	}
	t.Fatalf("role %s: %s", role, text)
	return nil
}

// dismiss ends the actor and waits until it is gone. One that undoes something
// does so when its input ends.
func (a *actor) dismiss() {
	if a.cmd == nil {
		return
	}
	a.in.Close()
	a.cmd.Wait()
	a.cmd = nil
}

func pidText(a *actor) string { return strconv.Itoa(a.pid) }

// ns is the number of the actor's mount namespace.
func (a *actor) ns(t *testing.T) uint64 {
	t.Helper()
	return inoOf(t, fmt.Sprintf("/proc/%d/ns/mnt", a.pid))
}

func inoOf(t *testing.T, path string) uint64 {
	t.Helper()
	var st unix.Stat_t
	try(t, unix.Stat(path, &st))
	return st.Ino
}

// undo is what a role does before it ends.
var undo []func()

// play runs a role, says so, and waits until its input ends.
func play(role string, args []string) int {
	err := roles[role](args)
	if err == nil {
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
	} else {
		fmt.Println(err)
	}
	for _, f := range undo {
		f()
	}
	if err != nil {
		return 1
	}
	return 0
}
