//go:build linux

package sweep

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// dyingEnv names a directory that the test binary makes, has removed at its
// end, and is killed over.
const dyingEnv = "NSVIEW_SWEEP_TEST_DYING"

func TestMain(m *testing.M) {
	if Dispatch() {
		os.Exit(0)
	}
	if dir := os.Getenv(dyingEnv); dir != "" {
		s, err := Start()
		if err == nil {
			err = s.Add(Dir, dir)
		}
		if err == nil {
			err = os.MkdirAll(dir+"/below", 0o755)
		}
		fmt.Println("ready", err)
		select {}
	}
	os.Exit(m.Run())
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func gone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func TestCloseRemovesInReverse(t *testing.T) {
	dir := t.TempDir()
	s, err := Start()
	try(t, err)
	tree, file := dir+"/tree", dir+"/tree/of/file"
	try(t, s.Add(Dir, tree))
	try(t, s.Add(File, file))
	try(t, s.Add(File, dir+"/never made"))
	try(t, os.MkdirAll(tree+"/of/many/dirs", 0o755))
	try(t, os.WriteFile(file, nil, 0o600))
	try(t, os.WriteFile(tree+"/of/many/"+strings.Repeat("x", 255), nil, 0o600))
	try(t, os.Symlink("/", tree+"/of/link"))
	try(t, os.MkdirAll(tree+"/of/closed", 0o755))
	try(t, os.WriteFile(tree+"/of/closed/in", nil, 0o600))
	try(t, os.Chmod(tree+"/of/closed", 0))
	try(t, s.Close())
	try(t, s.Close()) // once more does no harm
	if !gone(tree) {
		t.Error("the tree is still there")
	}
	if s.Add(Dir, "relative") == nil || s.Add(Dir, "/with\x00nul") == nil {
		t.Error("bad paths are no error")
	}
}

func TestWhatCannotBeRemovedIsSaid(t *testing.T) {
	s, err := Start()
	try(t, err)
	try(t, s.Add(Dir, "/dev/null"))
	if err := s.Close(); err == nil || err.Error() != "tidy up: remove /dev/null: not a directory" {
		t.Errorf("got %v", err)
	}
}

func TestAfterSIGKILL(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dir")
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), dyingEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	try(t, err)
	try(t, cmd.Start())
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready <nil>\n" {
		t.Fatalf("it said %q", line)
	}
	if gone(dir) {
		t.Fatal("there is nothing to remove")
	}
	try(t, cmd.Process.Kill())
	_ = cmd.Wait()
	late := time.After(20 * time.Second)
	for again := time.Tick(time.Millisecond); !gone(dir); {
		select {
		case <-again:
		case <-late:
			t.Fatal("the directory outlives the program")
		}
	}
}

// A mount below is not gone through, and what is mounted there stays.
func TestMountsAreNotEntered(t *testing.T) {
	if os.Getenv("NSVIEW_SWEEP_TEST_MOUNT") == "" {
		if os.Geteuid() != 0 {
			t.Skip("needs root: mounts in a mount namespace of its own")
		}
		exe, err := os.Executable()
		try(t, err)
		cmd := exec.Command("unshare", "--mount", "--propagation", "private", exe, "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), "NSVIEW_SWEEP_TEST_MOUNT=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	dir := t.TempDir()
	data, tree := dir+"/data", dir+"/tree"
	try(t, os.MkdirAll(data, 0o755))
	try(t, os.WriteFile(data+"/precious", nil, 0o600))
	try(t, os.MkdirAll(tree+"/mnt", 0o755))
	try(t, unix.Mount(data, tree+"/mnt", "", unix.MS_BIND, "")) // of the same file system
	err := removeDir(tree)
	if err == nil || gone(data+"/precious") {
		t.Errorf("data behind a mount: gone %v, error %v", gone(data+"/precious"), err)
	}
	try(t, unix.Unmount(tree+"/mnt", 0))
	try(t, removeDir(tree))
}

// groupHome is a place for control groups of tests, of each version.
func groupHomes(t *testing.T) []string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes control groups")
	}
	var homes []string
	for _, home := range []string{"/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"} {
		if gone(home + "/cgroup.procs") {
			continue
		}
		if err := unix.Access(home, unix.W_OK); err == nil {
			homes = append(homes, home)
		}
	}
	if len(homes) == 0 {
		t.Skip("needs control groups below /sys/fs/cgroup that can be written")
	}
	return homes
}

// Processes in the group and below it are killed, and waited for.
func TestGroupWithProcesses(t *testing.T) {
	for _, home := range groupHomes(t) {
		dir := fmt.Sprintf("%s/nsview-sweep-test-%d", home, os.Getpid())
		try(t, os.MkdirAll(dir+"/below", 0o755))
		var started []*exec.Cmd
		for _, group := range []string{dir, dir + "/below"} {
			cmd := exec.Command("sleep", "600")
			try(t, cmd.Start())
			try(t, os.WriteFile(group+"/cgroup.procs", fmt.Append(nil, cmd.Process.Pid), 0))
			started = append(started, cmd)
		}
		s, err := Start()
		try(t, err)
		try(t, s.Add(Group, dir))
		waited := make(chan struct{})
		go func() {
			for _, cmd := range started {
				_ = cmd.Wait()
			}
			close(waited)
		}()
		if err := s.Close(); err != nil || !gone(dir) {
			t.Errorf("%s: %v, gone: %v", dir, err, gone(dir))
		}
		<-waited
	}
}
