//go:build linux

// Package oracle_test has the kernel judge what nsview predicts: random
// operations on mounts are predicted, done with real system calls in throwaway
// namespaces, and every mount table is compared with the one foretold.
package oracle_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The test binary takes these parts, told by its environment:
//
//	(none)  runs itself again on the stage
//	stage   runs the tests in a mount namespace of its own
//	lodger  lives in a user namespace of its own and does what it is told
const (
	partVar  = "NSVIEW_ORACLE_PART"
	baseVar  = "NSVIEW_ORACLE_BASE"
	lodgerOf = "exe" // where a lodger's program is, below the base
)

var duration = flag.Duration("duration", 0, "walk at random for so `LONG`, instead of a number of operations")

// noStage says why nothing can be staged here.
var noStage string

// The main thread stays where it is: what runs in other namespaces runs on
// threads that die there.
func init() { runtime.LockOSThread() }

func TestMain(m *testing.M) {
	status, err := perform(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "oracle: %v\n", err)
		os.Exit(1)
	}
	os.Exit(status)
}

func perform(m *testing.M) (int, error) {
	switch os.Getenv(partVar) {
	case "lodger":
		return 0, live(os.Stdin, os.Stdout)
	case "stage":
		if err := layBase(os.Getenv(baseVar)); err != nil {
			return 0, err
		}
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "nsview-oracle-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	base := filepath.Join(dir, "base")
	if err := os.Mkdir(base, 0o755); err != nil {
		return 0, err
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), partVar+"=stage", baseVar+"="+base)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		// An ordinary user is root in a user namespace, where those are allowed.
		cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	err = cmd.Start()
	if err != nil && os.Geteuid() != 0 {
		noStage = fmt.Sprintf("needs root, or user namespaces for ordinary users: %v", err)
		return m.Run(), nil
	} else if err != nil {
		return 0, err
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// layBase mounts the file system that every walk starts with, furnished, and
// with this program in it for the lodgers.
func layBase(dir string) error {
	if err := unix.Mount("base", dir, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount the base on %s: %w", dir, err)
	}
	at, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(at)
	if err := furnish(at); err != nil {
		return err
	}
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, lodgerOf), program, 0o755)
}

func onStage(t testing.TB) {
	t.Helper()
	if noStage != "" {
		t.Skip(noStage)
	}
}
