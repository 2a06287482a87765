//go:build linux

package cgroup

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/launch/sweep"
)

// actEnv has the test binary, once it is in a group, do something there.
const actEnv = "NSVIEW_CGROUP_TEST_ACT"

func TestMain(m *testing.M) {
	if sweep.Dispatch() {
		os.Exit(0)
	}
	if act := os.Getenv(actEnv); act != "" {
		var b [1]byte
		_, _ = os.Stdin.Read(b[:]) // until it is in the group
		switch act {
		case "memory":
			hold := make([]byte, 256<<20)
			for i := range hold {
				hold[i] = 1
			}
			fmt.Println("held", len(hold))
		case "processes":
			var err error
			for range 20 {
				cmd := exec.Command("sleep", "600")
				cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
				err = errors.Join(err, cmd.Start())
			}
			fmt.Println("started", errors.Is(err, unix.EAGAIN))
		case "devices":
			dir, _ := os.MkdirTemp("", "")
			defer os.RemoveAll(dir)
			// RAM disk 0 and the kernel's memory: devices of the host.
			for node, mode := range map[string]uint32{"block": unix.S_IFBLK, "char": unix.S_IFCHR} {
				err := unix.Mknod(dir+"/"+node, mode|0o600, int(unix.Mkdev(1, 1)))
				_, err2 := os.Open(dir + "/" + node)
				fmt.Println("made", err, "opened", errors.Is(err2, unix.EPERM))
			}
			_, err := os.Open("/dev/null")
			fmt.Println("null", err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// made makes a group that is removed when the test ends.
func made(t *testing.T, r *specs.LinuxResources) *Group {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes control groups")
	}
	g, err := New(fmt.Sprintf("test%d", os.Getpid()), r)
	if errors.Is(err, ErrUnavailable) {
		t.Skipf("needs control groups: %v", err)
	}
	try(t, err)
	s, err := sweep.Start()
	try(t, err)
	for _, dir := range g.Dirs() {
		try(t, s.Add(sweep.Group, dir))
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		for _, dir := range g.Dirs() {
			if _, err := os.Lstat(dir); err == nil {
				t.Errorf("%s is left", dir)
			}
		}
	})
	try(t, g.Create())
	return g
}

// inside has the test binary act in the group.
func inside(t *testing.T, g *Group, act string) (said string, state *os.ProcessState) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), actEnv+"="+act)
	in, err := cmd.StdinPipe()
	try(t, err)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	try(t, cmd.Start())
	try(t, g.Join(cmd.Process.Pid))
	try(t, in.Close())
	_ = cmd.Wait()
	return out.String(), cmd.ProcessState
}

func to[T any](v T) *T { return &v }

func TestMemoryIsLimited(t *testing.T) {
	g := made(t, &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: to(int64(64 << 20))}})
	said, state := inside(t, g, "memory")
	if status, ok := state.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL || said != "" {
		t.Errorf("256 MiB under a limit of 64: %v %s", state, said)
	}
}

func TestProcessesAreLimited(t *testing.T) {
	g := made(t, &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: to(int64(12))}})
	if said, state := inside(t, g, "processes"); said != "started true\n" {
		t.Errorf("20 processes under a limit of 12: %s, %v", said, state)
	}
}

func TestCPUTimeIsLimited(t *testing.T) {
	g := made(t, &specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: to(int64(50000)), Period: to(uint64(100000))}})
	for _, dir := range g.Dirs() {
		for file, want := range map[string]string{"cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000", "cpu.max": "50000 100000"} {
			if b, err := os.ReadFile(filepath.Join(dir, file)); err == nil && strings.TrimSpace(string(b)) != want && strings.Contains(dir, "cpu") {
				t.Errorf("%s/%s is %s", dir, file, b)
			}
		}
	}
	if !cgroups.IsCgroup2UnifiedMode() && len(g.Dirs()) != 3 {
		t.Errorf("the directories are %v", g.Dirs())
	}
}

// Whoever may make device nodes still cannot open the host's devices by them.
func TestDevicesOfTheHostAreOutOfReach(t *testing.T) {
	g := made(t, nil)
	said, state := inside(t, g, "devices")
	if strings.Count(said, "made <nil> opened true\n") != 2 || !strings.Contains(said, "null <nil>\n") {
		t.Errorf("it said %s, %v", said, state)
	}
}

// On version 2 alone, which a mount namespace of its own can show.
func TestVersionTwo(t *testing.T) {
	if os.Getenv("NSVIEW_CGROUP_TEST_V2") == "" {
		if os.Geteuid() != 0 {
			t.Skip("needs root: mounts cgroup2 in a mount namespace of its own")
		}
		exe, err := os.Executable()
		try(t, err)
		cmd := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-c",
			`mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$0" "$@"`, exe, "-test.run=^TestVersionTwo$", "-test.v")
		cmd.Env = append(os.Environ(), "NSVIEW_CGROUP_TEST_V2=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	g := made(t, nil)
	said, state := inside(t, g, "devices")
	if !strings.Contains(said, "null <nil>\n") {
		t.Errorf("it said %s, %v", said, state)
	}
	if strings.Count(said, "opened true\n") != 2 {
		t.Errorf("devices of the host are in reach: %s", said)
	}
	controllers, err := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
	try(t, err)
	if strings.Contains(string(controllers), "memory") {
		return
	}
	other, err := New("test-limited", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: to(int64(1 << 30))}})
	try(t, err)
	defer os.Remove(other.Dirs()[0])
	if err := other.Create(); err == nil || !strings.Contains(err.Error(), "/sys/fs/cgroup/nsview-test-limited.scope") {
		t.Errorf("a limit without its controller: %v", err)
	}
}

func TestOrdinaryUser(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("needs an ordinary user")
	}
	if _, err := New("x", nil); !errors.Is(err, ErrUnavailable) {
		t.Skipf("needs a user without a control group of their own: %v", err)
	}
	_, err := New("x", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: to(int64(1 << 30))}})
	if err == nil || !strings.HasPrefix(err.Error(), "limit the container's memory: no control group can be made here: make a directory in /sys/fs/cgroup") {
		t.Errorf("got %v", err)
	}
}

func TestRefusedByName(t *testing.T) {
	for want, r := range map[string]*specs.LinuxResources{
		"resources.network": {Network: &specs.LinuxNetwork{}},
		"resources.rdma":    {Rdma: map[string]specs.LinuxRdma{"mlx5_1": {}}},
		//lint:ignore SA1019 who still has it is told
		"resources.memory.kernel ":                 {Memory: &specs.LinuxMemory{Kernel: to(int64(1))}},
		"resources.memory.kernelTCP":               {Memory: &specs.LinuxMemory{KernelTCP: to(int64(1))}},
		"resources.blockIO.weightDevice":           {BlockIO: &specs.LinuxBlockIO{WeightDevice: make([]specs.LinuxWeightDevice, 1)}},
		`resources.devices: unknown type "x"`:      {Devices: []specs.LinuxDeviceCgroup{{Type: "x"}}},
		`resources.devices: unknown access "read"`: {Devices: []specs.LinuxDeviceCgroup{{Access: "read"}}},
	} {
		if _, err := New("x", r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
