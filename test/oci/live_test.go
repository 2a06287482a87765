//go:build linux

package oci_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// asleep is a process in new namespaces, which others can enter.
func asleep(t *testing.T, flags uintptr) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL}
	try(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return fmt.Sprintf("/proc/%d/ns/", cmd.Process.Pid)
}

func TestNamespacesAreJoined(t *testing.T) {
	needsRoot(t)
	ns := asleep(t, unix.CLONE_NEWNET|unix.CLONE_NEWIPC|unix.CLONE_NEWUTS|unix.CLONE_NEWPID|unix.CLONE_NEWCGROUP|unix.CLONE_NEWNS)
	for kind, file := range map[specs.LinuxNamespaceType]string{
		specs.NetworkNamespace: "net", specs.IPCNamespace: "ipc", specs.UTSNamespace: "uts",
		specs.PIDNamespace: "pid", specs.CgroupNamespace: "cgroup", specs.MountNamespace: "mnt",
	} {
		want, err := os.Readlink(ns + file)
		try(t, err)
		got := inside(t, func(c *specs.Spec) {
			found := false
			for i := range c.Linux.Namespaces {
				if c.Linux.Namespaces[i].Type == kind {
					c.Linux.Namespaces[i].Path, found = ns+file, true
				}
			}
			if !found {
				c.Linux.Namespaces = append(c.Linux.Namespaces, specs.LinuxNamespace{Type: kind, Path: ns + file})
			}
		}, "readlink /proc/self/ns/"+file)
		if got != want {
			t.Errorf("%s: the container is in %s, wanted %s", kind, got, want)
		}
	}
}

// hookScript writes what it is given, under its moment's name. The moment is
// its argument, out its variable.
const hookScript = "#!/bin/sh\nread -r state; echo \"$state\" >\"$out/$2\"; readlink /proc/self/ns/mnt >\"$out/$2.ns\"\n"

func TestHooks(t *testing.T) {
	out := t.TempDir()
	try(t, os.Chmod(out, 0o777))
	var ids []string
	dir := newBundle(t, func(c *specs.Spec) {
		mount(c, "/out", out)
		c.Annotations = map[string]string{"key": "value"}
		hook := func(path, to, moment string) []specs.Hook {
			return []specs.Hook{{Path: path, Args: []string{"hook", "-m", moment}, Env: []string{"out=" + to, "PATH=/bin:/usr/bin"}, Timeout: pointer(30)}}
		}
		host := filepath.Join(out, "hook")
		c.Hooks = &specs.Hooks{
			//lint:ignore SA1019 old bundles have it
			Prestart:        hook(host, out, "prestart"),
			CreateRuntime:   hook(host, out, "createRuntime"),
			CreateContainer: hook(host, out, "createContainer"),
			StartContainer:  hook("/hook", "/out", "startContainer"),
			Poststart:       hook(host, out, "poststart"),
			Poststop:        hook(host, out, "poststop"),
		}
		command(c, "ls /out | grep -v ns; readlink /proc/self/ns/mnt; while ! test -e /out/poststart.ns; do :; done")
	})
	try(t, os.WriteFile(filepath.Join(out, "hook"), []byte(hookScript), 0o755))
	try(t, os.WriteFile(filepath.Join(dir, "rootfs/hook"), []byte(hookScript), 0o755))
	said, errs, status := nsview(t, "run", "--bundle", dir)
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, errs)
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	container := lines[len(lines)-1]
	own, err := os.Readlink("/proc/self/ns/mnt")
	try(t, err)
	for moment, want := range map[string]struct {
		status string
		inside bool
	}{
		"prestart": {"creating", false}, "createRuntime": {"creating", false}, "createContainer": {"creating", true},
		"startContainer": {"created", true}, "poststart": {"running", false}, "poststop": {"stopped", false},
	} {
		text, err := os.ReadFile(filepath.Join(out, moment))
		if err != nil {
			t.Errorf("%s: %v", moment, err)
			continue
		}
		var state specs.State
		try(t, json.Unmarshal(text, &state))
		if string(state.Status) != want.status || state.Bundle != dir || state.Annotations["key"] != "value" || state.Version != specs.Version {
			t.Errorf("%s: %s", moment, text)
		}
		switch {
		case want.inside && state.Pid != 1, !want.inside && moment != "poststop" && state.Pid <= 1:
			t.Errorf("%s: pid %d", moment, state.Pid)
		}
		ids = append(ids, state.ID)
		ns, err := os.ReadFile(filepath.Join(out, moment+".ns"))
		try(t, err)
		if in := strings.TrimSpace(string(ns)); want.inside && in != container || !want.inside && in != own {
			t.Errorf("%s ran in %s; the container is %s, the caller %s", moment, in, container, own)
		}
	}
	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Errorf("ids %q", ids)
		}
	}
}

// A hook that fails ends the container; those of poststop are run all the same.
func TestHooksThatFail(t *testing.T) {
	for _, moment := range []string{"createRuntime", "createContainer", "startContainer", "poststart"} {
		out := t.TempDir()
		dir := newBundle(t, func(c *specs.Spec) {
			fail := []specs.Hook{{Path: "/bin/sh", Args: []string{"sh", "-c", "echo sorry; exit 3"}, Env: []string{"PATH=/bin"}}}
			c.Hooks = &specs.Hooks{Poststop: []specs.Hook{{Path: "/bin/sh", Args: []string{"sh", "-c", "echo stopped >" + out + "/stopped"}}}}
			switch moment {
			case "createRuntime":
				c.Hooks.CreateRuntime = fail
			case "createContainer":
				c.Hooks.CreateContainer = fail
			case "startContainer":
				c.Hooks.StartContainer = fail
			case "poststart":
				c.Hooks.Poststart = fail
			}
			command(c, "sleep 600")
		})
		_, errs, status := nsview(t, "run", "--bundle", dir)
		if status != 125 || !strings.Contains(errs, "exit status 3") || !strings.Contains(errs, "sorry") {
			t.Errorf("%s: exit status %d: %s", moment, status, errs)
		}
		if _, err := os.Stat(out + "/stopped"); err != nil {
			t.Errorf("%s: poststop: %v", moment, err)
		}
	}
	dir := newBundle(t, func(c *specs.Spec) {
		c.Hooks = &specs.Hooks{CreateRuntime: []specs.Hook{{Path: "/bin/sleep", Args: []string{"sleep", "600"}, Timeout: pointer(1)}}}
	})
	if _, errs, status := nsview(t, "run", "--bundle", dir); status != 125 || !strings.Contains(errs, "no end within 1s") {
		t.Errorf("timeout: exit status %d: %s", status, errs)
	}
}

// TestPropagation: what is mounted on the host after the start arrives as the
// options say, and what the container mounts comes out where they allow it.
func TestPropagation(t *testing.T) {
	needsRoot(t)
	for options, want := range map[string]struct{ arrives, comesOut bool }{
		"rprivate": {}, "rslave": {arrives: true}, "rshared": {arrives: true, comesOut: true}, "": {arrives: true},
	} {
		t.Run("option "+options, func(t *testing.T) {
			host := hostDir(t)
			for _, d := range []string{"from-host", "from-container"} {
				try(t, os.Mkdir(filepath.Join(host, d), 0o755))
			}
			for _, f := range []string{"ready", "go"} {
				try(t, unix.Mkfifo(filepath.Join(host, f), 0o600))
			}
			dir := newBundle(t, func(c *specs.Spec) {
				list := []string{"rbind"}
				if options != "" {
					list = append(list, options)
					// A shared mount is what its master is, only where / was not
					// made a slave before.
					c.Linux.RootfsPropagation = map[bool]string{true: "rshared", false: ""}[options == "rshared"]
				}
				mount(c, "/data", host, list...)
				c.Process.Capabilities = &specs.LinuxCapabilities{Bounding: []string{"CAP_SYS_ADMIN"}, Permitted: []string{"CAP_SYS_ADMIN"}, Effective: []string{"CAP_SYS_ADMIN"}}
				c.Process.NoNewPrivileges = false
				command(c, "busybox mount -t tmpfs inner /data/from-container && echo >/data/ready && cat /data/go && grep -c /data/from-host /proc/self/mountinfo; true")
			})
			cmd := exec.CommandContext(t.Context(), os.Getenv(nsviewVar), "run", "--bundle", dir)
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, os.Stderr
			try(t, cmd.Start())
			_, err := os.ReadFile(filepath.Join(host, "ready")) // waits for the container
			try(t, err)
			own, err := os.ReadFile("/proc/self/mountinfo")
			try(t, err)
			if got := strings.Contains(string(own), host+"/from-container "); got != want.comesOut {
				t.Errorf("the container's mount is seen here: %v, want %v", got, want.comesOut)
			}
			mountTmpfs(t, filepath.Join(host, "from-host"))
			try(t, os.WriteFile(filepath.Join(host, "go"), nil, 0o600))
			try(t, cmd.Wait())
			if got := strings.TrimSpace(out.String()) == "1"; got != want.arrives {
				t.Errorf("the host's mount has arrived: %v (%q), want %v", got, out.String(), want.arrives)
			}
			if want.comesOut {
				try(t, unix.Unmount(filepath.Join(host, "from-container"), unix.MNT_DETACH))
			}
		})
	}
}

// A mount with idmap shows the owners of files by other ids.
func TestOwnersAreMapped(t *testing.T) {
	needsRoot(t)
	host := t.TempDir()
	try(t, os.Chmod(host, 0o777))
	try(t, os.WriteFile(filepath.Join(host, "f"), nil, 0o644))
	try(t, os.Chown(filepath.Join(host, "f"), 5, 6))
	for option, change := range map[string]func(*specs.Spec){
		"idmap": nil, "ridmap": nil, "idmap of the container": func(c *specs.Spec) { asUser(c, 0, 0, 1000) },
	} {
		got := inside(t, func(c *specs.Spec) {
			word, _, own := strings.Cut(option, " ")
			mount(c, "/data", host, word)
			if own {
				change(c)
				return
			}
			m := &c.Mounts[len(c.Mounts)-1]
			m.UIDMappings = []specs.LinuxIDMapping{{HostID: 1000, Size: 10}}
			m.GIDMappings = []specs.LinuxIDMapping{{HostID: 2000, Size: 10}}
		}, "stat -c %u:%g /data/f")
		want := "1005:2006"
		if change != nil {
			want = "5:6"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", option, got, want)
		}
	}
}

// TestNoPlaceOutside: symbolic links in a hostile root lead no mount outside.
func TestNoPlaceOutside(t *testing.T) {
	host := t.TempDir()
	try(t, os.Mkdir(filepath.Join(host, "proc"), 0o755))
	dir := newBundle(t, func(c *specs.Spec) {
		tmpfs(c, "/link/made", "size=4k")
		command(c, "grep -c ' "+host+"/made ' /proc/self/mountinfo")
	})
	try(t, os.Symlink(host, filepath.Join(dir, "rootfs/link")))
	out, errs, status := nsview(t, "run", "--bundle", dir)
	if status != 0 || strings.TrimSpace(out) != strconv.Itoa(1) {
		t.Errorf("exit status %d: %s%s", status, out, errs)
	}
	if list, err := os.ReadDir(host); err != nil || len(list) != 1 {
		t.Errorf("made outside: %v, %v", list, err)
	}
	// What should be proc must be no link at all.
	dir = newBundle(t, nil)
	try(t, os.Remove(filepath.Join(dir, "rootfs/proc")))
	try(t, os.Symlink("/tmp", filepath.Join(dir, "rootfs/proc")))
	if out, errs, status := nsview(t, "run", "--bundle", dir); status != 125 {
		t.Errorf("proc behind a link: exit status %d: %s%s", status, out, errs)
	}
}
