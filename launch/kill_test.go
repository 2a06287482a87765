//go:build linux

package launch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/launch/capset"
	"github.com/nsview/nsview/test/apart"
)

// killEnv has the test binary start a container and kill itself at one of its
// steps.
const killEnv = "NSVIEW_LAUNCH_TEST_KILL"

// killing says what to start and where to end.
type killing struct {
	Root, Volume string
	Step         int
	Behind       bool
}

// spec is a container in whose empty root everything must be made.
func (k killing) spec() Spec {
	s := Spec{
		Namespaces: Mount | PID | UTS | IPC | Net | Cgroup,
		Root:       Request{Slave, true},
		Rootfs: &Rootfs{
			Path: k.Root, Mounts: DefaultMounts(-1, false), Links: DefaultLinks(),
			Devices: DefaultDevices(os.Geteuid() != 0), Masked: DefaultMasked(), ReadOnlyPaths: DefaultReadOnlyPaths(),
			HostDirs: []MakeDir{{Path: k.Volume, Mode: 0o755}}, ReadOnly: true,
		},
		Dir: "/", User: &Credentials{}, Args: []string{"/bin/nothing"},
	}
	s.Rootfs.Mounts = append(s.Rootfs.Mounts,
		MountPoint{Target: "/deep/er/volume", Bind: k.Volume},
		MountPoint{Target: "/deep/file", Bind: "/proc/version"})
	sets := capset.For(0, true)
	s.Capabilities, s.NoNewPrivileges = &sets, true
	if os.Geteuid() == 0 {
		s.User = &Credentials{UID: 65534, GID: 65534}
	} else {
		s.Namespaces |= User
		s.UIDs, s.GIDs = []IDMap{{0, os.Getuid(), 1}}, []IDMap{{0, os.Getgid(), 1}}
	}
	return s
}

// Before and After end the process without a word.
func (k killing) Before(n int, _ Step, pid int) error { return k.at(n, pid, false) }

func (k killing) After(n int, _ Step, pid int) error { return k.at(n, pid, true) }

func (k killing) at(n, pid int, after bool) error {
	if n == k.Step && after == k.Behind {
		fmt.Println(pid)
		return unix.Kill(os.Getpid(), unix.SIGKILL)
	}
	return nil
}

// killed is the main function of that process.
func killed(what string) {
	var k killing
	if err := json.Unmarshal([]byte(what), &k); err != nil {
		fmt.Println(err)
		return
	}
	_, err := StartWatched(context.Background(), k.spec(), Streams{}, k)
	fmt.Println(0, err)
}

// At whichever step the caller is killed: no process, mount, directory or file
// is left.
func TestNothingIsLeftOfAKilledLauncher(t *testing.T) {
	needsNamespaces(t)
	// Orphans become children of this process, which can then wait for them.
	try(t, unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
	dir := t.TempDir()
	k := killing{Root: dir + "/root", Volume: dir + "/data/volumes/v"}
	try(t, os.Mkdir(k.Root, 0o755))
	steps, err := Plan(k.spec())
	try(t, err)
	before := mountinfo(t, "self")
	for k.Step = 1; k.Step <= len(steps); k.Step++ {
		for _, k.Behind = range []bool{false, true} {
			what, err := json.Marshal(k)
			try(t, err)
			said := runKilled(t, string(what))
			if want := "no such file or directory"; k.Step == len(steps) && k.Behind && !strings.Contains(said, want) {
				t.Errorf("the last step said %q, not %s", said, want)
			}
			left, err := filepath.Glob(dir + "/*/*")
			try(t, err)
			if len(left) > 0 {
				t.Fatalf("killed at step %d (after it: %v), %v: %v is left", k.Step, k.Behind, steps[k.Step-1], left)
			}
		}
	}
	if after := mountinfo(t, "self"); after != before {
		t.Errorf("mounts are left:\n%s\nwere\n%s", after, before)
	}
}

// runKilled waits for the end of the caller and of its child.
func runKilled(t *testing.T, what string) string {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), killEnv+"="+what)
	out, err := cmd.StdoutPipe()
	try(t, err)
	try(t, cmd.Start())
	said, _ := bufio.NewReader(out).ReadString('\n')
	_ = cmd.Wait()
	var pid int
	if _, err := fmt.Sscan(said, &pid); err != nil {
		t.Fatalf("it said %q", said)
	}
	if pid > 0 {
		for {
			_, err := unix.Wait4(pid, nil, 0, nil)
			if !errors.Is(err, unix.EINTR) {
				break // it has ended, or had before its caller
			}
		}
	}
	return said
}

// A step that is refused takes back what those before it have made.
func TestNothingIsLeftOfARefusedStep(t *testing.T) {
	needsNamespaces(t)
	dir := t.TempDir()
	k := killing{Root: dir + "/root", Volume: dir + "/data/v"}
	try(t, os.Mkdir(k.Root, 0o755))
	try(t, os.WriteFile(k.Root+"/file", nil, 0o644))
	for name, change := range map[string]func(*Spec){
		"at the end":    func(*Spec) {},
		"at a mount":    func(s *Spec) { s.Rootfs.Mounts = append(s.Rootfs.Mounts, MountPoint{Target: "/file", FSType: "tmpfs"}) },
		"at the parent": func(s *Spec) { s.Mounted = []ParentAction{{Name: "hook", Do: func(int) error { return unix.EIO }}} },
	} {
		s := k.spec()
		undone := 0
		s.Created = []ParentAction{{Name: "group", Do: func(int) error { return nil }, Undo: func() { undone++ }}}
		change(&s)
		_, err := Run(t.Context(), s, Streams{})
		var step *StepError
		if !errors.As(err, &step) {
			t.Errorf("%s: got %v", name, err)
		}
		left, err := filepath.Glob(dir + "/*/*")
		try(t, err)
		if len(left) != 1 || undone != 1 {
			t.Errorf("%s: %v is left, the parent's step was undone %d times", name, left, undone)
		}
	}
}

// needsNamespaces skips where the caller may not make them.
func needsNamespaces(t *testing.T) {
	t.Helper()
	if err := apart.MayUnshare(); err != nil {
		t.Skipf("needs namespaces: unshare: %v", err)
	}
}
