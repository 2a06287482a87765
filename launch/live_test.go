//go:build linux

package launch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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

// parentEnv has the test binary start a command, say its pid, and wait to be
// killed.
const parentEnv = "NSVIEW_LAUNCH_TEST_PARENT"

func TestMain(m *testing.M) {
	if Dispatch() {
		os.Exit(1)
	}
	if os.Getenv(parentEnv) != "" {
		p, err := Start(context.Background(), Spec{Args: []string{"sleep", "600"}, User: &Credentials{UID: 65534, GID: 65534}}, Streams{})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(p.PID())
		_, _ = p.Wait()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// stageEnv names the test that runs on its stage: a mount namespace made by
// this package, in which everything is shared, as systemd has it.
const stageEnv = "NSVIEW_LAUNCH_TEST_STAGE"

// staged says whether the calling test runs on its stage. If not, it has run
// there when staged returns, and its result is taken over.
func staged(t *testing.T) bool {
	t.Helper()
	if os.Getenv(stageEnv) == t.Name() {
		return true
	}
	needsRoot(t)
	before := mountinfo(t, "self")
	r, w, err := os.Pipe()
	try(t, err)
	defer r.Close()
	spec := Spec{
		Namespaces: Mount,
		Root:       Request{Private, true},
		Mounts: []MountStep{
			{Source: "stage", Target: t.TempDir(), FSType: "tmpfs"},
			Make("/", Request{Shared, true}),
		},
		Args: []string{"/proc/self/exe", "-test.run=^" + t.Name() + "$", "-test.v"},
		Env:  append(os.Environ(), stageEnv+"="+t.Name()),
	}
	p, err := Start(t.Context(), spec, Streams{Out: w, Err: w})
	w.Close()
	try(t, err)
	said, err := io.ReadAll(r)
	try(t, err)
	if state, err := p.Wait(); err != nil || !state.Success() {
		t.Fatalf("on the stage: %v, %v\n%s", state, err, said)
	}
	if after := mountinfo(t, "self"); after != before {
		t.Errorf("the caller's own mounts changed:\n%s\nwere\n%s", after, before)
	}
	return false
}

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes mount namespaces")
	}
	err := exec.Command("unshare", "--mount", "true").Run()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("needs unshare (util-linux)")
	}
	if err != nil {
		t.Skipf("needs CAP_SYS_ADMIN: %v", err)
	}
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mountinfo(t *testing.T, pid string) string {
	t.Helper()
	b, err := os.ReadFile("/proc/" + pid + "/mountinfo")
	try(t, err)
	return string(b)
}

// start starts a command that lives until the test ends.
func start(t *testing.T, spec Spec) *Process {
	t.Helper()
	spec.Args = []string{"sleep", "600"}
	p, err := Start(t.Context(), spec, Streams{})
	try(t, err)
	t.Cleanup(p.Stop)
	return p
}

// tags are the optional fields of the mount at a point, without numbers.
func tags(t *testing.T, pid int, point string) string {
	t.Helper()
	found := "no mount at " + point
	for line := range strings.Lines(mountinfo(t, strconv.Itoa(pid))) {
		fields := strings.Fields(line)
		if fields[4] != point {
			continue
		}
		var names []string
		for _, f := range fields[6:] {
			if f == "-" {
				break
			}
			name, _, _ := strings.Cut(f, ":")
			names = append(names, name)
		}
		found = strings.Join(names, ",")
	}
	return found
}

func TestRootPropagation(t *testing.T) {
	if !staged(t) {
		return
	}
	for _, c := range []struct{ ask, root, below string }{
		{"unchanged", "shared", "shared"},
		{"private", "", "shared"},
		{"rprivate", "", ""},
		{"slave", "master", "shared"},
		{"rslave", "master", "master"},
		{"shared", "shared", "shared"},
		{"rshared", "shared", "shared"},
		{"unbindable", "unbindable", "shared"},
	} {
		r, err := ParseRequest(c.ask)
		try(t, err)
		p := start(t, Spec{Namespaces: Mount, Root: r})
		if root, below := tags(t, p.PID(), "/"), tags(t, p.PID(), "/proc"); root != c.root || below != c.below {
			t.Errorf("%s: / is %q, /proc %q; want %q, %q", c.ask, root, below, c.root, c.below)
		}
	}
}

func TestMountsAreMadeInOrder(t *testing.T) {
	if !staged(t) {
		return
	}
	dir := t.TempDir()
	upper, lower := dir+"/upper", dir+"/lower"
	p := start(t, Spec{
		Namespaces: Mount,
		Root:       Request{Slave, true},
		Mounts: []MountStep{
			{Source: "one", Target: dir, FSType: "tmpfs", Flags: unix.MS_NOSUID, Data: "size=64k"},
			Make(dir, Request{Shared, false}),
			Bind("/proc", dir, true),
		},
	})
	if got := tags(t, p.PID(), dir); got != "shared,master" {
		t.Errorf("a bind of a slave below a shared mount is %q", got)
	}
	if strings.Contains(mountinfo(t, "self"), " one ") {
		t.Errorf("a mount of a slave came back: %s %s", upper, lower)
	}
}

func TestSharedMountsComeBack(t *testing.T) {
	if !staged(t) {
		return
	}
	dir := t.TempDir()
	t.Cleanup(func() { try(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	start(t, Spec{Namespaces: Mount, Root: Request{Shared, true}, Mounts: []MountStep{{Source: "back", Target: dir, FSType: "tmpfs"}}})
	if !strings.Contains(mountinfo(t, "self"), dir+" ") {
		t.Error("a mount below a shared one did not come back")
	}
}

func TestEveryNamespace(t *testing.T) {
	needsRoot(t)
	for name, set := range map[string]Namespaces{
		"mnt": Mount, "pid": PID, "net": Net, "ipc": IPC, "uts": UTS, "user": User, "cgroup": Cgroup, "time": Time,
	} {
		spec := Spec{Namespaces: set}
		if set == User {
			spec.UIDs, spec.GIDs = []IDMap{{0, 0, 1}}, []IDMap{{0, 0, 1}}
		}
		p := start(t, spec)
		for _, other := range []string{"mnt", "pid", "net", "ipc", "uts", "user", "cgroup", "time"} {
			own, err := os.Readlink("/proc/self/ns/" + other)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			try(t, err)
			its, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", p.PID(), other))
			try(t, err)
			if (own != its) != (name == other) {
				t.Errorf("new %s: %s is %s, the caller's is %s", name, other, its, own)
			}
		}
	}
}

func TestRefusedStep(t *testing.T) {
	if !staged(t) {
		return
	}
	fds, dir := openFiles(t), t.TempDir()
	_, err := Start(t.Context(), Spec{
		Namespaces: Mount | PID,
		Root:       Request{Private, true},
		Mounts: []MountStep{
			{Source: "gone", Target: dir, FSType: "tmpfs"},
			{Target: dir, Flags: unix.MS_MOVE | unix.MS_SHARED},
		},
		Args: []string{"true"},
	}, Streams{})
	var step *StepError
	if !errors.As(err, &step) || !errors.Is(err, unix.EINVAL) {
		t.Fatalf("got %v", err)
	}
	if step.Step != 4 || step.Call != CallMount || step.Flags != "MS_MOVE|MS_SHARED" {
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
		if !errors.As(err, &step) || !errors.Is(err, want) || step.Call != CallExecve {
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
	if !errors.As(err, &step) || step.Step != 1 || step.Call != CallClone {
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

// openFiles lists the descriptors, with those that the runtime opens for its
// own use as soon as there is a pipe.
func openFiles(t *testing.T) []string {
	t.Helper()
	r, w, err := os.Pipe()
	try(t, err)
	r.Close()
	w.Close()
	entries, err := os.ReadDir("/proc/self/fd")
	try(t, err)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

// nothingLeft compares descriptors, and looks for children not waited for.
func nothingLeft(t *testing.T, before []string) {
	t.Helper()
	if after := openFiles(t); len(after) > len(before) {
		t.Errorf("descriptors %v are left of %v", after, before)
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); !errors.Is(err, unix.ECHILD) {
		t.Errorf("a child is left: %d, %v", pid, err)
	}
}
