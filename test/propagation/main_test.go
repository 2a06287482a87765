//go:build linux

// Package propagation_test has the kernel judge what nsview says of mount
// propagation: random topologies are made, explain is asked, the mount is made,
// and every mount table is read again.
package propagation_test

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/test/apart"
	"github.com/nsview/nsview/test/built"
)

// The test binary takes these parts, told by its environment:
//
//	(none)  builds nsview and runs itself again on the stage
//	stage   runs the tests in a mount namespace of its own
//	jail    is a process with a root directory of its own, in a scene
const (
	partVar   = "NSVIEW_PROPAGATION_PART"
	nsviewVar = "NSVIEW_PROPAGATION_NSVIEW"
)

var (
	oneSeed = flag.Uint64("seed", 0, "run only the topology that grows from `SEED`")
	rounds  = flag.Int("topologies", 60, "how many `TOPOLOGIES` grow from the fixed seeds")
)

// noStage says why topologies cannot be made here.
var noStage string

// The main thread stays where it is: what runs in other namespaces runs on
// threads that die there.
func init() { runtime.LockOSThread() }

func TestMain(m *testing.M) {
	flag.Parse()
	status, err := perform(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "propagation: %v\n", err)
		os.Exit(1)
	}
	os.Exit(status)
}

func perform(m *testing.M) (int, error) {
	switch os.Getenv(partVar) {
	case "stage":
		return m.Run(), nil
	case "jail":
		return 0, jail(os.Args[1])
	}
	if os.Geteuid() != 0 {
		noStage = "needs root: makes namespaces and mounts"
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "nsview-propagation-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	name, err := built.Nsview(dir)
	if err != nil {
		return 0, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // ordinary users run it too
		return 0, err
	}
	return apart.Again(partVar+"=stage", nsviewVar+"="+name)
}

// jail takes a directory for its root and stays until its input ends.
func jail(dir string) error {
	if err := unix.Chroot(dir); err != nil {
		return fmt.Errorf("change root to %s: %w", dir, err)
	}
	if err := unix.Chdir("/"); err != nil {
		return fmt.Errorf("change to the new root: %w", err)
	}
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // it ends with the test
	return nil
}
