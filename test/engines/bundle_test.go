//go:build linux

package engines_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/nsview/nsview/test/mounttable"
)

// sameBundle has nsview start what Docker gave to runc, and compares the mount
// tables. What nsview refuses by name is taken out: the directory of control
// groups, and the hook that makes Docker's network.
func sameBundle(t *testing.T, id string, pid int) {
	t.Helper()
	found, err := filepath.Glob("/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/" + id + "/config.json")
	if err != nil || len(found) != 1 {
		t.Fatalf("the bundle of %s: %v, %v", id, found, err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	var c specs.Spec
	decode(t, string(text), &c)
	c.Hooks, c.Linux.CgroupsPath = nil, ""
	c.Process.Args = []string{"cat", "/proc/self/mountinfo"}
	for i := range c.Linux.Namespaces {
		c.Linux.Namespaces[i].Path = ""
	}
	dir := t.TempDir()
	if text, err = json.Marshal(c); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	if err != nil {
		t.Fatal(err)
	}
	var tables []mounttable.Table
	for _, text := range []string{string(theirs), nsview(t, "run", "--bundle", dir)} {
		table, err := mounttable.Parse(text, strings.NewReplacer(id, "ID"))
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, table)
	}
	text, err = os.ReadFile("differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	known, err := mounttable.ParseDifferences(string(text))
	if err != nil {
		t.Fatal(err)
	}
	runtimes := []string{"docker"}
	if slices.ContainsFunc(tables[0]["/sys/fs/cgroup"], func(m mounttable.Mount) bool { return m.FSType == "tmpfs" }) {
		runtimes = append(runtimes, "docker/v1")
	}
	for _, d := range known.Unexplained(runtimes, "", mounttable.Compare(tables[0], tables[1])) {
		t.Errorf("not explained: docker %s", d)
	}
	for _, u := range known.Unused(runtimes...) {
		t.Errorf("differences.txt: %s: it did not show", u)
	}
}
