//go:build linux

package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/launch/pid1"
)

// parentEnv has the test binary start a command, say its pid, and wait to be
// killed.
const parentEnv = "NSVIEW_LAUNCH_TEST_PARENT"

func TestMain(m *testing.M) {
	if Dispatch() {
		os.Exit(1)
	}
	if status, was := pid1.Dispatch(); was {
		os.Exit(status)
	}
	if what := os.Getenv(killEnv); what != "" {
		killed(what)
		return
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
	status := m.Run()
	if ownRootDir != "" {
		_ = os.RemoveAll(ownRootDir)
	}
	os.Exit(status)
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
		Calls: []MountCall{
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
