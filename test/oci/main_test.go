//go:build linux

// Package oci_test holds nsview run --bundle against other runtimes of OCI
// bundles, and against what a container can see of itself.
package oci_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/test/built"
)

// The tests run on a stage: a mount namespace of their own in which all is
// shared, as systemd has it. An ordinary user has none, and needs none: what
// nsview does for one happens in namespaces of the container's own.
const (
	partVar   = "NSVIEW_OCI_PART"
	nsviewVar = "NSVIEW_OCI_NSVIEW"
)

func TestMain(m *testing.M) {
	runtime.LockOSThread()
	status, err := perform(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "oci: %v\n", err)
		status = 1
	}
	os.Exit(status)
}

func perform(m *testing.M) (int, error) {
	if os.Getenv(partVar) == "stage" {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return 1, fmt.Errorf("set the stage: %w", err)
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
			return 1, fmt.Errorf("set the stage: %w", err)
		}
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "nsview-oci-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	name, err := built.Nsview(dir)
	if err != nil {
		return 1, err
	}
	if err := os.Setenv(nsviewVar, name); err != nil {
		return 1, err
	}
	if !superuser() {
		return m.Run(), nil
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), partVar+"=stage")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

func superuser() bool { return os.Geteuid() == 0 }

func needsRoot(t *testing.T) {
	t.Helper()
	if !superuser() {
		t.Skip("needs root: the bundle has no user namespace")
	}
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newBundle makes a bundle: a root of busybox, and the configuration that runc
// spec writes, with what change does to it.
func newBundle(t *testing.T, change func(*specs.Spec)) string {
	t.Helper()
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("needs busybox (package busybox-static)")
	}
	dir := t.TempDir()
	root := filepath.Join(dir, "rootfs")
	for _, d := range []string{"bin", "proc", "dev", "sys", "etc", "tmp"} {
		try(t, os.MkdirAll(filepath.Join(root, d), 0o755))
	}
	program, err := os.ReadFile(busybox)
	try(t, err)
	try(t, os.WriteFile(filepath.Join(root, "bin/busybox"), program, 0o755))
	for _, applet := range []string{"sh", "cat", "ls", "id", "grep", "stat", "mount", "echo", "readlink", "hostname", "sleep", "touch", "pwd", "env", "uname", "test", "wc", "head", "sort"} {
		try(t, os.Symlink("busybox", filepath.Join(root, "bin", applet)))
	}
	c := defaults(t)
	if change != nil {
		change(c)
	}
	writeConfig(t, dir, c)
	return dir
}

func writeConfig(t *testing.T, dir string, c *specs.Spec) {
	t.Helper()
	b, err := json.MarshalIndent(c, "", "\t")
	try(t, err)
	try(t, os.WriteFile(filepath.Join(dir, "config.json"), b, 0o644))
}

// defaults is what runc spec writes, cut down to the process that tests want.
// An ordinary user's has a user namespace.
func defaults(t *testing.T) *specs.Spec {
	t.Helper()
	var c specs.Spec
	text, err := os.ReadFile("testdata/config.json")
	try(t, err)
	try(t, json.Unmarshal(text, &c))
	if !superuser() {
		asUser(&c, os.Geteuid(), os.Getegid(), 1)
	}
	return &c
}

// asUser gives a configuration a user namespace.
func asUser(c *specs.Spec, uid, gid, size int) {
	c.Linux.Namespaces = append(c.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace}, specs.LinuxNamespace{Type: specs.CgroupNamespace})
	c.Linux.UIDMappings = []specs.LinuxIDMapping{{HostID: uint32(uid), Size: uint32(size)}}
	c.Linux.GIDMappings = []specs.LinuxIDMapping{{HostID: uint32(gid), Size: uint32(size)}}
	c.Linux.Resources = nil
	for i := range c.Mounts {
		if c.Mounts[i].Type == "devpts" { // the group tty is not mapped
			c.Mounts[i].Options = []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}
		}
	}
}

// command has the container run a script.
func command(c *specs.Spec, script string) { c.Process.Args = []string{"sh", "-c", script} }

// nsview runs the program and gives what it wrote and its exit status.
func nsview(t *testing.T, args ...string) (out, errs string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Getenv(nsviewVar), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// inside runs a script in a container of the configuration, and gives what it
// wrote.
func inside(t *testing.T, change func(*specs.Spec), script string) string {
	t.Helper()
	dir := newBundle(t, func(c *specs.Spec) {
		if change != nil {
			change(c)
		}
		command(c, script)
	})
	out, errs, status := nsview(t, "run", "--bundle", dir)
	if status != 0 {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	}
	return strings.TrimSpace(out)
}
