//go:build linux

// Package holders_test holds `nsview holders` against the running kernel: what
// keeps a file system busy is staged, and the answer compared with what
// umount(2) and an exclusive open of the device then do. Nothing is mounted in
// the namespace the tests are started in.
package holders_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/nsview/nsview/test/apart"
	"github.com/nsview/nsview/test/built"
)

// The test binary takes these parts, told by its environment: without one it
// builds nsview and runs itself again as the stage, in a mount namespace of its
// own; a role is a process of a scene.
const (
	stageVar  = "NSVIEW_HOLDERS_STAGE"
	nsviewVar = "NSVIEW_HOLDERS_NSVIEW"
	roleVar   = "NSVIEW_HOLDERS_ROLE"
)

// noStage says why nothing can be staged here.
var noStage string

// The main goroutine stays on the main thread, whose namespaces are those of
// the process.
func init() { runtime.LockOSThread() }

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		os.Exit(play(role, os.Args[1:]))
	}
	status, err := perform(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "holders: %v\n", err)
		os.Exit(1)
	}
	os.Exit(status)
}

func perform(m *testing.M) (int, error) {
	if os.Getenv(stageVar) != "" {
		return m.Run(), nil
	}
	if os.Geteuid() != 0 {
		noStage = "needs root: makes namespaces, mounts and loop devices"
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "nsview-holders-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := build(dir); err != nil {
		return 0, err
	}
	return apart.Again(stageVar + "=1")
}

func build(dir string) error {
	name, err := built.Nsview(dir)
	if err != nil {
		return err
	}
	return os.Setenv(nsviewVar, name)
}

func needsStage(t *testing.T, programs ...string) {
	t.Helper()
	if noStage != "" {
		t.Skip(noStage)
	}
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("needs the program %s", name)
		}
	}
}
