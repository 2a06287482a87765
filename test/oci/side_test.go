//go:build linux

package oci_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/test/mounttable"
)

// sides are bundles that nsview and other runtimes are given, so that their
// tables can be compared. dir is a directory of the host, with a tmpfs on sub.
var sides = []struct {
	name   string
	change func(c *specs.Spec, dir string)
}{
	{"as runc spec writes it", func(*specs.Spec, string) {}},
	{"read-only root", func(c *specs.Spec, _ string) { c.Root.Readonly = true }},
	{"no network, ipc and uts namespaces", func(c *specs.Spec, _ string) {
		c.Hostname = ""
		c.Linux.Namespaces = slices.DeleteFunc(c.Linux.Namespaces, func(n specs.LinuxNamespace) bool {
			return n.Type == specs.NetworkNamespace || n.Type == specs.IPCNamespace || n.Type == specs.UTSNamespace
		})
	}},
	{"cgroup namespace", func(c *specs.Spec, _ string) {
		c.Linux.Namespaces = append(c.Linux.Namespaces, specs.LinuxNamespace{Type: specs.CgroupNamespace})
	}},
	{"rootfsPropagation shared", func(c *specs.Spec, _ string) { c.Linux.RootfsPropagation = "shared" }},
	{"rootfsPropagation rshared", func(c *specs.Spec, _ string) { c.Linux.RootfsPropagation = "rshared" }},
	{"rootfsPropagation private", func(c *specs.Spec, _ string) { c.Linux.RootfsPropagation = "rprivate" }},
	{"rootfsPropagation slave", func(c *specs.Spec, _ string) { c.Linux.RootfsPropagation = "rslave" }},
	{"no masked and read-only paths", func(c *specs.Spec, _ string) { c.Linux.MaskedPaths, c.Linux.ReadonlyPaths = nil, nil }},
	{"binds", func(c *specs.Spec, dir string) {
		mount(c, "/plain", dir, "bind")
		mount(c, "/tree", dir, "rbind")
		mount(c, "/typed", dir)
		mount(c, "/ro", dir, "rbind", "ro")
		mount(c, "/guarded", dir, "bind", "nosuid", "nodev", "noexec", "noatime")
		mount(c, "/file", dir+"/file", "bind", "ro")
		mount(c, "/deep/er/than/that", dir, "bind")
	}},
	{"binds and their propagation", func(c *specs.Spec, dir string) {
		for _, p := range []string{"private", "slave", "shared", "unbindable"} {
			mount(c, "/"+p, dir, "rbind", p)
			mount(c, "/r"+p, dir, "rbind", "r"+p)
		}
		mount(c, "/both", dir, "rbind", "rslave", "rshared")
	}},
	{"recursive attributes", func(c *specs.Spec, dir string) {
		mount(c, "/rro", dir, "rbind", "rro")
		mount(c, "/rnosuid", dir, "rbind", "rnosuid", "rnodev", "rnoexec")
		mount(c, "/rnoatime", dir, "rbind", "rnoatime")
		mount(c, "/mixed", dir, "rbind", "rro", "nosuid")
	}},
	{"tmpfs", func(c *specs.Spec, _ string) {
		tmpfs(c, "/t", "size=1m", "mode=1777", "nosuid")
		tmpfs(c, "/ro", "ro")
		tmpfs(c, "/over", "size=64k")
		tmpfs(c, "/over/inner", "size=32k")
		tmpfs(c, "/strict", "strictatime", "nodiratime")
		tmpfs(c, "/symlinks", "nosymfollow")
	}},
	{"one upon the other", func(c *specs.Spec, dir string) {
		tmpfs(c, "/t", "size=64k")
		tmpfs(c, "/t", "size=32k")
		mount(c, "/t/x", dir, "bind")
	}},
	{"through links of the root", func(c *specs.Spec, dir string) {
		mount(c, "/absolute/x", dir, "bind")
		mount(c, "/relative/x", dir, "bind")
	}},
	{"user namespace", func(c *specs.Spec, _ string) { asUser(c, 0, 0, 1000) }},
}

// mount adds a bind of the host's.
func mount(c *specs.Spec, at, from string, options ...string) {
	c.Mounts = append(c.Mounts, specs.Mount{Destination: at, Type: "bind", Source: from, Options: append([]string{"bind"}, options...)})
	if len(options) == 0 {
		c.Mounts[len(c.Mounts)-1].Options = []string{"rbind"}
	}
}

func tmpfs(c *specs.Spec, at string, options ...string) {
	c.Mounts = append(c.Mounts, specs.Mount{Destination: at, Type: "tmpfs", Source: "tmpfs", Options: options})
}

// other is another runtime. adapt takes away what it cannot do on this host.
type other struct {
	name, version string   // the one that differences.txt is about
	under         []string // a command that starts it
	args          []string
	adapt         func(*specs.Spec)
}

var others = []other{
	{"runc", "1.1.5", nil, nil, func(*specs.Spec) {}},
	// On hosts with both versions of control groups crun 1.8 starts nothing, so
	// that it must not see one of them.
	{"crun", "1.8.1", []string{
		"unshare", "--mount", "--propagation", "slave", "sh", "-c",
		`umount -l /sys/fs/cgroup/unified 2>/dev/null; exec "$0" "$@"`,
	}, []string{"--cgroup-manager=disabled"}, func(c *specs.Spec) {
		c.Linux.Resources = nil
		c.Mounts = slices.DeleteFunc(c.Mounts, func(m specs.Mount) bool { return m.Type == "cgroup" })
		// It fails with EINVAL on two changes of propagation, on access times
		// below a mount, and on links that are not followed.
		c.Mounts = slices.DeleteFunc(c.Mounts, func(m specs.Mount) bool {
			return slices.Contains([]string{"/both", "/rnoatime", "/symlinks"}, m.Destination)
		})
	}},
}

func TestSideBySide(t *testing.T) {
	needsRoot(t)
	text, err := os.ReadFile("differences.txt")
	try(t, err)
	differences, err := mounttable.ParseDifferences(string(text))
	try(t, err)
	var ran []string
	for _, o := range others {
		t.Run(o.name, func(t *testing.T) {
			program := o.find(t)
			names := o.names()
			for _, side := range sides {
				t.Run(side.name, func(t *testing.T) {
					list := compare(t, program, o, side.change)
					for _, d := range differences.Unexplained(names, side.name, list) {
						t.Errorf("not explained: %s (%s) %s", o.name, side.name, d)
					}
				})
			}
			ran = append(ran, names...)
		})
	}
	// Entries are for all bundles together.
	if whole := !strings.Contains(flag.Lookup("test.run").Value.String(), "/"); whole && !t.Failed() {
		for _, u := range differences.Unused(ran...) {
			t.Errorf("differences.txt: %s: it did not show", u)
		}
	}
}

// find is the runtime's program, if it is the version that the file is about.
func (o other) find(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath(o.name)
	if err != nil {
		t.Skipf("needs %s (package %s)", o.name, o.name)
	}
	text, err := exec.CommandContext(t.Context(), program, "--version").Output()
	try(t, err)
	if first, _, _ := strings.Cut(string(text), "\n"); !strings.Contains(first, o.version) {
		t.Skipf("needs %s %s, this is %q: another version has other differences", o.name, o.version, first)
	}
	return program
}

// names are those of the runtime in differences.txt: on a host with control
// groups of version 1 there are more differences.
func (o other) names() []string {
	names := []string{o.name}
	var fs unix.Statfs_t
	if err := unix.Statfs("/sys/fs/cgroup", &fs); err == nil && fs.Type != unix.CGROUP2_SUPER_MAGIC {
		names = append(names, o.name+"/v1")
	}
	return names
}

// hostDir is a directory of the stage with a file, and a tmpfs on sub.
func hostDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	try(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755))
	try(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	if superuser() {
		mountTmpfs(t, filepath.Join(dir, "sub"))
	}
	return dir
}

func compare(t *testing.T, program string, o other, change func(*specs.Spec, string)) []string {
	t.Helper()
	shared := hostDir(t)
	var tables []mounttable.Table
	for _, run := range []func(string) *exec.Cmd{
		func(dir string) *exec.Cmd {
			args := append(slices.Clone(o.under), program, "--root", filepath.Join(dir, "state"))
			args = slices.Concat(args, o.args, []string{"run", "--bundle", dir, fmt.Sprintf("nsview-oci-%d", os.Getpid())})
			return exec.CommandContext(t.Context(), args[0], args[1:]...)
		},
		func(dir string) *exec.Cmd {
			return exec.CommandContext(t.Context(), os.Getenv(nsviewVar), "run", "--bundle", dir)
		},
	} {
		dir := newBundle(t, func(c *specs.Spec) {
			change(c, shared)
			o.adapt(c)
		})
		for name, to := range map[string]string{"absolute": "/tmp", "relative": "../../../tmp"} {
			try(t, os.Symlink(to, filepath.Join(dir, "rootfs", name)))
		}
		var out, errs bytes.Buffer
		cmd := run(dir)
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, errs.String())
		}
		table, err := mounttable.Parse(out.String(), strings.NewReplacer(dir, "BUNDLE", shared, "SHARED"))
		if err != nil {
			t.Fatalf("%s: %v\n%s%s", cmd, err, out.String(), errs.String())
		}
		tables = append(tables, table)
	}
	return mounttable.Compare(tables[0], tables[1])
}
