//go:build linux

package launch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// layer makes a layer of a root that is somebody else's work: files, and links
// as "-> target".
func layer(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	try(t, os.Chmod(dir, 0o755))
	for name, content := range files {
		full := filepath.Join(dir, name)
		try(t, os.MkdirAll(filepath.Dir(full), 0o755))
		if target, link := strings.CutPrefix(content, "-> "); link {
			try(t, os.Symlink(target, full))
		} else {
			try(t, os.WriteFile(full, []byte(content), 0o644))
		}
	}
	return dir
}

// on puts layers over the root of a container.
func on(s Spec, layers ...string) Spec {
	r := *s.Rootfs
	r.Layers = append(layers, r.Layers...)
	s.Rootfs = &r
	return s
}

// A symbolic link in the root leads nowhere else, however it is written:
// CVE-2021-30465 and those like it.
func TestLinksInTheRootStayInside(t *testing.T) {
	outside, source := t.TempDir(), layer(t, map[string]string{"file": "of the volume"})
	hostile := layer(t, map[string]string{
		"absolute": "-> " + outside,
		"relative": "-> ../../../../../../../../.." + outside,
		"chained":  "-> absolute/sub",
		"there":    "-> /proc/1/root" + outside,
	})
	s := on(container(t, `for d in absolute relative chained; do cat /$d/x/file || exit 1; done; cat "$OUT/x/file"`), hostile)
	s.Env = append(s.Env, "OUT="+outside)
	for _, d := range []string{"/absolute/x", "/relative/y/../x", "/chained/x"} {
		s.Rootfs.Mounts = append(s.Rootfs.Mounts, MountPoint{Target: d, Bind: source})
	}
	got, status := said(t, s)
	if status != 0 || got != strings.Repeat("of the volume", 4) {
		t.Errorf("status %d, it said %q", status, got)
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
		t.Errorf("outside of the root there is %v, %v", entries, err)
	}
	// A link of proc itself is no way out either, though it looks like one.
	s.Rootfs.Mounts[len(s.Rootfs.Mounts)-1].Target = "/there/x"
	if _, err := Run(t.Context(), s, Streams{}); err == nil {
		t.Error("a magic link was followed")
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
		t.Errorf("outside of the root there is %v, %v", entries, err)
	}
}

// What others take for /proc is a proc file system, or nothing starts
// (CVE-2019-19921, CVE-2019-16884).
func TestProcIsWhatItClaims(t *testing.T) {
	source := layer(t, map[string]string{"sys/kernel/msgmax": "0", "attr/exec": ""})
	refused := func(name string, s Spec, want string) {
		t.Helper()
		_, err := Run(t.Context(), s, Streams{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	refused("a link", on(container(t, "true"), layer(t, map[string]string{"proc": "-> /elsewhere"})), "too many levels of symbolic links")
	refused("a file", on(container(t, "true"), layer(t, map[string]string{"proc": "text"})), "not a directory")

	s := container(t, "true")
	s.Rootfs.Mounts = append(s.Rootfs.Mounts, MountPoint{Target: "/proc/self/attr", Bind: source})
	refused("a mount inside of proc", s, "lies in a proc file system")

	s = container(t, "true")
	s.Rootfs.Mounts = append(s.Rootfs.Mounts, MountPoint{Target: "/proc", Bind: source})
	s.Rootfs.Masked, s.Rootfs.ReadOnlyPaths = nil, nil
	s.Sysctls = []Sysctl{{"kernel.msgmax", "1234"}}
	if _, err := Run(t.Context(), s, Streams{}); err == nil {
		b, _ := os.ReadFile(source + "/sys/kernel/msgmax")
		t.Errorf("a directory is mounted at /proc, and a setting is written to it: %q", b)
	}
}

// No descriptor of the host is open in the container, and the working directory
// cannot be one (CVE-2024-21626).
func TestNoDescriptorsOfTheHost(t *testing.T) {
	leak, err := unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY, 0) // not closed by execve
	try(t, err)
	defer unix.Close(leak)
	got, _ := said(t, container(t, `cd /proc/self/fd && echo *; ls -l /proc/self/fd | grep -c " /$"`))
	if got != "0 1 2 3\n0\n" && got != "0 1 2\n0\n" && got != "0 1 10 2\n0\n" { // the shell's own
		t.Errorf("open in the container: %q", got)
	}
	// Those of the root itself are as good as a path; from others the way up
	// would lead to the host's root.
	const script = `test "$(stat -c %d:%i /proc/self/cwd/../../../../../../../..)" = "$(stat -c %d:%i /)"`
	outside := 0
	for fd := 3; fd < 40; fd++ {
		s := container(t, script)
		s.Dir = fmt.Sprintf("/proc/self/fd/%d", fd)
		state, err := Run(t.Context(), s, Streams{})
		switch {
		case err != nil && strings.Contains(err.Error(), "lies outside of the root"):
			outside++
		case err == nil && !state.Success():
			t.Errorf("%s became the working directory", s.Dir)
		}
	}
	if outside == 0 {
		t.Error("no descriptor leads outside while the child is at work: the test tests nothing")
	}
}

// held keeps what a child executes.
type held struct {
	t  *testing.T
	fd int
}

func (h *held) Before(int, Step, int) error { return nil }

func (h *held) After(n int, _ Step, pid int) error {
	if n != 1 {
		return nil
	}
	var err error
	h.fd, err = unix.Open(fmt.Sprintf("/proc/%d/exe", pid), unix.O_PATH|unix.O_CLOEXEC, 0)
	return err
}

// Whoever gets hold of /proc/PID/exe of the child cannot write to the program
// of the host (CVE-2019-5736).
func TestTheProgramCannotBeOverwritten(t *testing.T) {
	h := &held{t, -1}
	p, err := StartWatched(t.Context(), container(t, "true"), Streams{}, h)
	try(t, err)
	_, _ = p.Wait()
	defer unix.Close(h.fd)
	var fs unix.Statfs_t
	try(t, unix.Fstatfs(h.fd, &fs))
	path := fmt.Sprintf("/proc/self/fd/%d", h.fd)
	link, err := os.Readlink(path)
	try(t, err)
	switch readOnly, inMemory := fs.Flags&unix.ST_RDONLY != 0, strings.HasPrefix(link, "/memfd:"); {
	case os.Geteuid() == 0 && !readOnly:
		t.Errorf("%s can be written to by root", link)
	case ownsSelf() && !readOnly && !inMemory:
		t.Errorf("%s is the user's own program", link)
	}
	if fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0); err == nil {
		unix.Close(fd)
		t.Errorf("%s was opened for writing", link)
	}
	// The mount of it cannot be made writable again: it is in no namespace.
	attr := unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(h.fd, "", unix.AT_EMPTY_PATH, &attr); err == nil && fs.Flags&unix.ST_RDONLY != 0 {
		t.Error("the mount was made writable again")
	}
}

// The copy in memory is whole, and sealed.
func TestCopyOfTheProgram(t *testing.T) {
	fd, err := copyOfSelf("copy")
	try(t, err)
	defer unix.Close(fd)
	var own, copied unix.Stat_t
	try(t, unix.Stat(self, &own))
	try(t, unix.Fstat(fd, &copied))
	if own.Size != copied.Size {
		t.Errorf("%d bytes of %d", copied.Size, own.Size)
	}
	if _, err := unix.Write(fd, []byte("x")); !errors.Is(err, unix.EPERM) {
		t.Errorf("written to: %v", err)
	}
}

// A mask is the null device of the host, whatever the root calls so, and lies
// on what the path leads to inside (CVE-2025-31133).
func TestMasksCannotBeRedirected(t *testing.T) {
	hostile := layer(t, map[string]string{
		"dev/null":      "-> ../etc/evil",
		"etc/evil":      "evil",
		"etc/secret":    "secret",
		"etc/link":      "-> /etc/secret2",
		"etc/secret2":   "secret",
		"etc/dir/below": "secret",
	})
	s := on(container(t, `for f in /etc/secret /etc/link /etc/secret2; do stat -L -c "%F %t:%T" $f; cat $f; done; ls -A /etc/dir; touch /etc/dir/x; cat /etc/evil`), hostile)
	// Without /dev of its own: the root's is what there is.
	var mounts []MountPoint
	for _, m := range s.Rootfs.Mounts {
		if !strings.HasPrefix(m.Target, "/dev") {
			mounts = append(mounts, m)
		}
	}
	s.Rootfs.Mounts, s.Rootfs.Devices, s.Rootfs.Links = mounts, nil, nil
	s.Rootfs.Masked = []string{"/etc/secret", "/etc/link", "/etc/dir", "/etc/missing"}
	got, _ := said(t, s)
	null := "character special file 1:3\n"
	want := null + null + null + "touch: cannot touch '/etc/dir/x': Read-only file system\nevil"
	if got != want {
		t.Errorf("it said\n%s\nwant\n%s", got, want)
	}
}
