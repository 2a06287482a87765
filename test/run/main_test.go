//go:build linux

// Package run_test tries nsview run as a user does, with the program itself.
package run_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/test/apart"
	"github.com/nsview/nsview/test/built"
)

// nsview is the program under test, state a home and runtime directory for it.
var nsview, home string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "nsview-run-test")
	if err == nil {
		home = filepath.Join(dir, "home")
		err = errors.Join(os.Mkdir(home, 0o700), os.Chmod(dir, 0o755))
	}
	if err == nil {
		nsview, err = ownNsview(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// ownNsview is a program of these tests alone, whose processes nobody else's are.
func ownNsview(dir string) (string, error) {
	path, err := built.Nsview(dir)
	if err != nil || filepath.Dir(path) == dir {
		return path, err
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	own := filepath.Join(dir, "nsview")
	return own, os.WriteFile(own, program, 0o755)
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: control groups, users besides one's own")
	}
}

// command is nsview run with arguments, in a home of its own.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, nsview, args...)
	cmd.Env = []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + home, "PATH=" + os.Getenv("PATH"), "TERM=vt100"}
	return cmd
}

// result is what came of a program.
type result struct {
	out, err string
	status   int
}

// nsviewSays runs nsview. A host that allows no containers skips the test.
func nsviewSays(t *testing.T, in io.Reader, args ...string) result {
	t.Helper()
	cmd := command(t, args...)
	var out, diag bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &out, &diag
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	r := result{out.String(), diag.String(), cmd.ProcessState.ExitCode()}
	if r.status == 125 && strings.Contains(r.err, "start the container: step 1, clone(") {
		if err := apart.MayUnshare(); err != nil {
			t.Skipf("needs namespaces: unshare: %v", err)
		}
	}
	return r
}

// box runs a script in a container.
func box(t *testing.T, script string, flags ...string) result {
	t.Helper()
	return nsviewSays(t, nil, append(append([]string{"run"}, flags...), "--", "sh", "-c", script)...)
}

// until polls for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	for again := time.Tick(time.Millisecond); !holds(); {
		select {
		case <-again:
		case <-late:
			t.Fatal("waited in vain until " + what)
		}
	}
}

// host is what containers must leave as it was.
type host struct {
	mounts, groups, processes, cache, runtime string
}

// lookAtHost sees the table of mounts, nsview's control groups and processes,
// its cache and what it notes of containers.
func lookAtHost(t *testing.T) host {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	try(t, err)
	return host{
		mounts:    string(mounts),
		groups:    strings.Join(ownGroups(t), "\n"),
		processes: strings.Join(ownProcesses(t), "\n"),
		cache:     files(t, home),
		runtime:   files(t, "/run/nsview"),
	}
}

// ownGroups are the control groups that nsview has made, those of all.
func ownGroups(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, pattern := range []string{"/sys/fs/cgroup/nsview-*.scope", "/sys/fs/cgroup/*/nsview-*.scope"} {
		found, err := filepath.Glob(pattern)
		try(t, err)
		list = append(list, found...)
	}
	return list
}

// ownProcesses are those of the program under test, by number and name. What
// it becomes in a container is its child.
func ownProcesses(t *testing.T) []string {
	t.Helper()
	var list []string
	all, err := filepath.Glob("/proc/[0-9]*/exe")
	try(t, err)
	for _, link := range all {
		if exe, err := os.Readlink(link); err == nil && strings.HasPrefix(exe, nsview) {
			comm, _ := os.ReadFile(filepath.Dir(link) + "/comm")
			list = append(list, link+" "+strings.TrimSpace(string(comm)))
		}
	}
	return list
}

func files(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			fmt.Fprintln(&b, path)
		}
		return err
	})
	try(t, err)
	return b.String()
}

// compare says what is not as it was.
func (before host) compare(t *testing.T) {
	t.Helper()
	after := lookAtHost(t)
	for _, c := range []struct{ what, was, is string }{
		{"the table of mounts", before.mounts, after.mounts},
		{"processes", before.processes, after.processes},
		{"the cache", before.cache, after.cache},
	} {
		if c.was != c.is {
			t.Errorf("%s were\n%s\nand are\n%s", c.what, c.was, c.is)
		}
	}
	// Other tests have containers too, which end like these.
	until(t, "the control groups are gone that there were not before", func() bool {
		return subset(strings.Join(ownGroups(t), "\n"), before.groups)
	})
	until(t, "the notes of containers are gone that there were not before", func() bool {
		return subset(files(t, "/run/nsview"), before.runtime)
	})
}

// subset says whether all lines of one text are in the other.
func subset(lines, of string) bool {
	all := strings.Split(of, "\n")
	for _, line := range strings.Split(lines, "\n") {
		if line != "" && !slices.Contains(all, line) {
			return false
		}
	}
	return true
}

// terminal is a pseudoterminal whose slave a program gets.
func openTerminal(t *testing.T) (keyboard, tty *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("needs terminals: %v", err)
	}
	keyboard = os.NewFile(uintptr(fd), "keyboard")
	try(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	try(t, err)
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	try(t, err)
	t.Cleanup(func() { keyboard.Close(); tty.Close() })
	return keyboard, tty
}
