//go:build linux

package live_test

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
	said []string // what it printed before it was ready
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
}

// stay ends every script: it stays the same process, which runs nothing else.
const stay = "echo ready; read x || :"

// shell starts an actor that runs a script in new namespaces, then waits. What
// the script prints is in said.
func shell(t *testing.T, unshare uintptr, script string, args ...string) *actor {
	t.Helper()
	return start(t, exec.Command("sh", append([]string{"-c", "set -e\n" + script + "\n" + stay, "sh"}, args...)...), unshare)
}

// roleOf starts an actor that plays a role of this binary.
func roleOf(t *testing.T, role string, unshare uintptr, args ...string) *actor {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	return start(t, cmd, unshare)
}

func start(t *testing.T, cmd *exec.Cmd, unshare uintptr) *actor {
	t.Helper()
	// A pid or time namespace is for children: only clone enters it at once.
	inner := unshare & (unix.CLONE_NEWPID | unix.CLONE_NEWUSER)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unshare &^ inner, Cloneflags: inner}
	if unshare&unix.CLONE_NEWUSER != 0 {
		one := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 65536}}
		cmd.SysProcAttr.UidMappings, cmd.SysProcAttr.GidMappings = one, one
		cmd.SysProcAttr.Cloneflags, cmd.SysProcAttr.Unshareflags = unshare, 0
	}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	try(t, err)
	out, err := cmd.StdoutPipe()
	try(t, err)
	try(t, inOrder(cmd.Start))
	a := &actor{pid: cmd.Process.Pid, cmd: cmd, in: in, out: bufio.NewScanner(out)}
	t.Cleanup(a.dismiss)
	for a.out.Scan() {
		if a.out.Text() == "ready" {
			return a
		}
		a.said = append(a.said, a.out.Text())
	}
	if reason := lineWith(strings.Join(a.said, "\n"), "needs "); reason != "" {
		t.Skip(reason)
	}
	t.Fatalf("the actor was never ready: %q", a.said)
	return nil
}

// ask gives a role a word and returns its answer.
func (a *actor) ask(t *testing.T, word string) string {
	t.Helper()
	_, err := fmt.Fprintln(a.in, word)
	try(t, err)
	if !a.out.Scan() {
		t.Fatalf("the actor did not answer %q: %v", word, a.out.Err())
	}
	return a.out.Text()
}

// nsenter runs a command in an actor's mount namespace.
func nsenter(a *actor, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"-t", a.arg(), "-m", "--"}, args...)...)
}

// dismiss ends the actor and waits until it is gone.
func (a *actor) dismiss() {
	if a.cmd == nil {
		return
	}
	a.in.Close()
	a.cmd.Process.Kill() // only the one started here
	a.cmd.Wait()
	a.cmd = nil
}

func (a *actor) arg() string { return strconv.Itoa(a.pid) }

// ns is the inode number of one of its namespaces.
func (a *actor) ns(t *testing.T, name string) uint64 {
	t.Helper()
	return inoOf(t, fmt.Sprintf("/proc/%d/ns/%s", a.pid, name))
}

// inoOf follows a path to an nsfs file.
func inoOf(t *testing.T, path string) uint64 {
	t.Helper()
	var st unix.Stat_t
	try(t, unix.Stat(path, &st))
	return st.Ino
}
