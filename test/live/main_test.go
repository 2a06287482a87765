//go:build linux

// Package live_test holds the built nsview against the running kernel and its
// peers: every scene is made by processes of its own, nothing is mounted in the
// namespace the tests are started in.
package live_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/test/built"
)

// The test binary takes these parts, told by its environment:
//
//	(none)  builds nsview and runs itself again on the stage
//	stage   runs the tests in a mount namespace of its own
//	quiet   runs one test in a pid namespace of its own, where nothing else runs
//
// A role is a child that makes a scene which no shell can make.
const (
	partVar   = "NSVIEW_LIVE_PART"
	nsviewVar = "NSVIEW_LIVE_NSVIEW"
	roleVar   = "NSVIEW_LIVE_ROLE"
)

// noStage says why tests that make scenes cannot run here.
var noStage string

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		os.Exit(play(role, os.Args[1:]))
	}
	status, err := perform(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "live: %v\n", err)
		os.Exit(1)
	}
	os.Exit(status)
}

func perform(m *testing.M) (int, error) {
	switch os.Getenv(partVar) {
	case "stage":
		return m.Run(), nil
	case "quiet":
		// The machine's own /proc is not for this pid namespace.
		if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
			return 0, fmt.Errorf("mount the quiet host's proc: %w", err)
		}
		return m.Run(), nil
	}
	if os.Geteuid() != 0 {
		noStage = "needs root: makes namespaces and mounts"
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "nsview-live-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := build(dir); err != nil {
		return 0, err
	}
	return again("stage", os.Args[1:], unix.CLONE_NEWNS)
}

// build makes the program under test, reachable for ordinary users too.
func build(dir string) error {
	name, err := built.Nsview(dir)
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	return os.Setenv(nsviewVar, name)
}

// again runs this binary as another part in namespaces of its own; mounts made
// there reach no other namespace, as Go makes them private.
func again(part string, args []string, flags uintptr) (int, error) {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), partVar+"="+part)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: flags &^ unix.CLONE_NEWPID, Cloneflags: flags & unix.CLONE_NEWPID}
	if err := inOrder(cmd.Start); err != nil {
		return 0, err
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// inOrder starts a process on one CPU. Each CPU has its own batch of namespace
// ids, and a namespace's file can be mounted only where the id is lower: with
// one CPU, in all namespaces that were made before.
func inOrder(start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return err
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if all.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	defer func() { _ = unix.SchedSetaffinity(0, &all) }()
	return start()
}

// onStage skips a test that cannot make scenes here.
func onStage(t *testing.T) {
	t.Helper()
	if noStage != "" {
		t.Skip(noStage)
	}
}

// quiet says whether the calling test runs on a quiet host: a pid namespace
// with its own /proc. If not, it has run there when quiet returns.
func quiet(t *testing.T) bool {
	t.Helper()
	if os.Getenv(partVar) == "quiet" {
		return true
	}
	onStage(t)
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=120s")
	cmd.Env = append(os.Environ(), partVar+"=quiet")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS, Cloneflags: unix.CLONE_NEWPID}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("on the quiet host: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "--- SKIP: "+t.Name()) {
		t.Skip(lineWith(string(out), "needs "))
	}
	return false
}

func needsProgram(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("needs the program %s", name)
		}
	}
}
