//go:build linux

package oci_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// What a bundle has wrong is said in one line, and nothing is left behind.
func TestRefused(t *testing.T) {
	before, err := os.ReadFile("/proc/self/mountinfo")
	try(t, err)
	for name, test := range map[string]struct {
		change func(*specs.Spec)
		want   string
	}{
		"root missing":       {func(c *specs.Spec) { c.Root.Path = "nowhere" }, "root.path: "},
		"root is a file":     {func(c *specs.Spec) { c.Root.Path = "config.json" }, "is no directory"},
		"source missing":     {func(c *specs.Spec) { mount(c, "/x", "/not/there", "ro") }, "mounts[7].source: /not/there: no such file or directory"},
		"AppArmor":           {func(c *specs.Spec) { c.Process.ApparmorProfile = "docker-default" }, "process.apparmorProfile: AppArmor profiles are not applied"},
		"cgroupsPath":        {func(c *specs.Spec) { c.Linux.CgroupsPath = "/mine" }, "linux.cgroupsPath: "},
		"unknown call":       {func(c *specs.Spec) { c.Linux.Seccomp = &specs.LinuxSeccomp{DefaultAction: "SCMP_ACT_SING"} }, "linux.seccomp: "},
		"unknown capability": {func(c *specs.Spec) { c.Process.Capabilities.Bounding = []string{"CAP_FLY"} }, "process.capabilities.bounding: "},
		"namespace missing": {func(c *specs.Spec) {
			c.Linux.Namespaces[1] = specs.LinuxNamespace{Type: c.Linux.Namespaces[1].Type, Path: "/not/there"}
		}, "linux.namespaces[1].path: /not/there: no such file or directory"},
		"user namespace to join": {func(c *specs.Spec) {
			c.Linux.Namespaces = append([]specs.LinuxNamespace{{Type: specs.MountNamespace}}, specs.LinuxNamespace{Type: specs.UserNamespace, Path: "/proc/self/ns/user"})
			c.Linux.UIDMappings, c.Linux.GIDMappings, c.Hostname = nil, nil, ""
		}, "linux.namespaces[1].path: nsview cannot enter a user namespace"},
		"file system unknown": {func(c *specs.Spec) {
			c.Mounts = append(c.Mounts, specs.Mount{Destination: "/x", Type: "nofs"})
		}, "fsopen(\"nofs\")"},
		"file over directory": {func(c *specs.Spec) { mount(c, "/bin", "config.json") }, "\"/bin\""},
		"hook missing": {func(c *specs.Spec) {
			c.Hooks = &specs.Hooks{CreateRuntime: []specs.Hook{{Path: "/not/there"}}}
		}, "hook createRuntime \"/not/there\""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := newBundle(t, test.change)
			out, errs, status := nsview(t, "run", "--bundle", dir)
			first, rest, _ := strings.Cut(errs, "\n")
			if status != 125 || out != "" || !strings.Contains(first, test.want) || rest != "" && !strings.HasPrefix(rest, "nsview: hint: ") {
				t.Errorf("exit status %d, %q; want 125 and %q in one line", status, errs, test.want)
			}
			if list, err := os.ReadDir(filepath.Join(dir, "rootfs")); err != nil || len(list) != 6 {
				t.Errorf("left in the root: %v, %v", list, err)
			}
		})
	}
	if after, err := os.ReadFile("/proc/self/mountinfo"); err != nil || string(after) != string(before) {
		t.Errorf("the mount table has changed: %v\n%s\nwas\n%s", err, after, before)
	}
}
