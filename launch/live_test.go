//go:build linux

package launch

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

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
		Calls: []MountCall{
			{Source: "one", Target: dir, FSType: "tmpfs", Flags: unix.MS_NOSUID, Data: "size=64k"},
			Make(dir, Request{Shared, false}),
			BindCall("/proc", dir, true),
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
	start(t, Spec{Namespaces: Mount, Root: Request{Shared, true}, Calls: []MountCall{{Source: "back", Target: dir, FSType: "tmpfs"}}})
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

// An ordinary user is root in a user namespace of his own, and may mount there.
func TestUserNamespace(t *testing.T) {
	needsNamespaces(t)
	dir := t.TempDir()
	p, err := Start(t.Context(), Spec{
		Namespaces: User | Mount | PID,
		UIDs:       []IDMap{{0, os.Getuid(), 1}}, GIDs: []IDMap{{0, os.Getgid(), 1}},
		Root:  Request{Slave, true},
		Calls: []MountCall{{Source: "mine", Target: dir, FSType: "tmpfs"}},
		User:  &Credentials{},
		Args:  []string{"sleep", "600"},
	}, Streams{})
	try(t, err)
	defer p.Stop()
	if got := tags(t, p.PID(), dir); got != "" {
		t.Errorf("a tmpfs on a slave is %q", got)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	try(t, err)
	if !strings.Contains(string(status), fmt.Sprintf("\nUid:\t%d\t", os.Getuid())) || !strings.Contains(string(status), "\t1\n") {
		t.Errorf("it is not the first process of its namespace under the caller's user:\n%s", status)
	}
}
