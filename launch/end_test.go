//go:build linux

package launch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRefusedStep(t *testing.T) {
	if !staged(t) {
		return
	}
	fds, dir := openFiles(t), t.TempDir()
	_, err := Start(t.Context(), Spec{
		Namespaces: Mount | PID,
		Root:       Request{Private, true},
		Calls: []MountCall{
			{Source: "gone", Target: dir, FSType: "tmpfs"},
			{Target: dir, Flags: unix.MS_MOVE | unix.MS_SHARED},
		},
		Args: []string{"true"},
	}, Streams{})
	var step *StepError
	if !errors.As(err, &step) || !errors.Is(err, unix.EINVAL) {
		t.Fatalf("got %v", err)
	}
	if step.Step != 4 || step.Call != "mount" || step.Flags != "MS_MOVE|MS_SHARED" {
		t.Errorf("got %+v", step)
	}
	want := fmt.Sprintf(`step 4, mount("", %q, "", MS_MOVE|MS_SHARED, ""): invalid argument`, dir)
	if err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	nothingLeft(t, fds)
}

func TestRefusedCommand(t *testing.T) {
	fds := openFiles(t)
	plain := filepath.Join(t.TempDir(), "plain")
	try(t, os.WriteFile(plain, []byte("text"), 0o644))
	for command, want := range map[string]error{
		"nsview-no-such-command": unix.ENOENT, "/": unix.EACCES, plain: unix.EACCES,
	} {
		_, err := Start(t.Context(), Spec{Args: []string{command}}, Streams{})
		var step *StepError
		if !errors.As(err, &step) || !errors.Is(err, want) || step.Call != "execve" {
			t.Errorf("%s: got %v", command, err)
		}
	}
	nothingLeft(t, fds)
}

func TestRefusedClone(t *testing.T) {
	fds := openFiles(t)
	_, err := Start(t.Context(), Spec{
		Namespaces: User, UIDs: []IDMap{{0, 0, 1}, {0, 1, 1}}, GIDs: []IDMap{{0, 0, 1}}, Args: []string{"true"},
	}, Streams{})
	var step *StepError
	if !errors.As(err, &step) || step.Step != 1 || step.Call != "clone" {
		t.Fatalf("maps that overlap: got %v", err)
	}
	var errno unix.Errno
	if !errors.As(err, &errno) {
		t.Errorf("no errno in %v", err)
	}
	nothingLeft(t, fds)
}

func TestRunSaysHowTheCommandEnded(t *testing.T) {
	fds := openFiles(t)
	out, err := os.CreateTemp(t.TempDir(), "")
	try(t, err)
	defer out.Close()
	spec := Spec{Dir: "/proc", Args: []string{"sh", "-c", `echo "$A $(pwd)" "$(ls /proc/$$/fd | wc -l)"; exit 7`}, Env: []string{"A=b c", "PATH=" + defaultPath}}
	state, err := Run(t.Context(), spec, Streams{Out: out})
	if err != nil || state.ExitCode() != 7 {
		t.Errorf("got %v, %v", state, err)
	}
	said, err := os.ReadFile(out.Name())
	try(t, err)
	if fields := strings.Fields(string(said)); len(fields) != 4 || fields[2] != "/proc" || fields[1] != "c" {
		t.Errorf("it said %q", said)
	}
	nothingLeft(t, append(fds, "the output"))
}

func TestStopAndContext(t *testing.T) {
	fds := openFiles(t)
	p := start(t, Spec{})
	p.Stop()
	state, err := p.Wait()
	if err != nil || state.Sys().(syscall.WaitStatus).Signal() != unix.SIGKILL {
		t.Errorf("stopped: %v, %v", state, err)
	}
	p.Stop() // does no harm
	ctx, cancel := context.WithCancel(t.Context())
	p, err = Start(ctx, Spec{Args: []string{"sleep", "600"}}, Streams{})
	try(t, err)
	cancel()
	if state, err := p.Wait(); err != nil || state.Success() {
		t.Errorf("with its context ended: %v, %v", state, err)
	}
	nothingLeft(t, fds)
}

// The kernel ends the command with its parent, also when the command runs as
// another user, which undoes what was set before.
func TestTheCommandDiesWithItsParent(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes the user")
	}
	parent := exec.Command("/proc/self/exe")
	parent.Env = append(os.Environ(), parentEnv+"=1")
	out, err := parent.StdoutPipe()
	try(t, err)
	try(t, parent.Start())
	line, _ := bufio.NewReader(out).ReadString('\n')
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the parent said %q", line)
	}
	pidfd, err := unix.PidfdOpen(pid, 0)
	try(t, err)
	defer unix.Close(pidfd)
	try(t, parent.Process.Kill())
	_ = parent.Wait()
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, int((10 * time.Second).Milliseconds()))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n != 1 {
			t.Errorf("the command outlives its parent: %v", err)
		}
		return
	}
}

func TestPeopleAndPlaces(t *testing.T) {
	needsRoot(t)
	out, err := os.CreateTemp(t.TempDir(), "")
	try(t, err)
	defer out.Close()
	_, err = Run(t.Context(), Spec{
		User: &Credentials{UID: 1234, GID: 1235, Groups: []int{7}}, Chroot: "/", Dir: "/proc",
		Args: []string{"sh", "-c", "id -u; id -g; id -G; pwd"},
	}, Streams{Out: out})
	try(t, err)
	said, err := os.ReadFile(out.Name())
	try(t, err)
	if !bytes.Equal(said, []byte("1234\n1235\n1235 7\n/proc\n")) {
		t.Errorf("it said %q", said)
	}
}
