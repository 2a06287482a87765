//go:build linux

// Package watch_test has the kernel judge nsview watch: mounters in several
// namespaces do as they please, and at the end every operation was one event,
// and the tables that the watch kept are those that a new reading finds.
package watch_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/nsview/nsview/test/apart"
)

// The test binary takes these parts, told by its environment:
//
//	(none)   runs itself again on the stage
//	stage    runs the tests in a mount namespace of its own
//	mounter  mounts and unmounts what it is told to
//	confined watches in a user namespace of its own
const partVar = "NSVIEW_WATCH_PART"

// noStage says why nothing can be mounted here.
var noStage string

// The main thread stays where it is: what runs in other namespaces runs on
// threads that die there.
func init() { runtime.LockOSThread() }

func TestMain(m *testing.M) {
	status, err := perform(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "watch: %v\n", err)
		os.Exit(1)
	}
	os.Exit(status)
}

func perform(m *testing.M) (int, error) {
	switch os.Getenv(partVar) {
	case "stage":
		return m.Run(), nil
	case "mounter":
		return 0, mounter(os.Args[1:])
	case "confined":
		return 0, confined(os.Args[1])
	}
	if os.Geteuid() != 0 {
		noStage = "needs root: makes namespaces and mounts"
		return m.Run(), nil
	}
	return apart.Again(partVar + "=stage")
}

func onStage(t *testing.T) {
	t.Helper()
	if noStage != "" {
		t.Skip(noStage)
	}
}
