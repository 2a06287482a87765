//go:build linux

package holders_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// disk is an ext4 on a loop device, mounted at point below a shared mount.
type disk struct {
	dir   string // below it everything of the scene lies; shared
	dev   string
	point string
}

// newDisk stages one. The image lies outside of dir, so that nothing of the
// scene keeps what it is on.
func newDisk(t *testing.T) *disk {
	t.Helper()
	needsStage(t, "mkfs.ext4", "losetup")
	dir := t.TempDir()
	image := filepath.Join(t.TempDir(), "image")
	d := &disk{dir: dir, point: filepath.Join(dir, "m")}
	try(t, unix.Mount("scene", dir, "tmpfs", 0, ""))
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	try(t, unix.Mount("", dir, "", unix.MS_SHARED, ""))
	try(t, os.Mkdir(d.point, 0o755))
	d.dev = loopOver(t, image)
	command(t, "mkfs.ext4", "-q", "-O", "^has_journal", d.dev)
	d.mount(t, d.point)
	return d
}

// loopOver makes an image and a loop device over it.
func loopOver(t *testing.T, image string) string {
	t.Helper()
	f, err := os.Create(image)
	try(t, err)
	try(t, f.Truncate(16<<20))
	try(t, f.Close())
	dev := command(t, "losetup", "-f", "--show", image)
	t.Cleanup(func() { exec.Command("losetup", "-d", dev).Run() })
	return dev
}

func (d *disk) mount(t *testing.T, point string) {
	t.Helper()
	try(t, unix.Mount(d.dev, point, "ext4", 0, ""))
	t.Cleanup(func() { unix.Unmount(point, unix.MNT_DETACH) })
}

// path is a path on the file system.
func (d *disk) path(name string) string { return filepath.Join(d.point, name) }

// file makes a file there.
func (d *disk) file(t *testing.T, name string) string {
	t.Helper()
	try(t, os.WriteFile(d.path(name), []byte("some bytes"), 0o755))
	return d.path(name)
}

// busy says whether the kernel has the device in use.
func (d *disk) busy(t *testing.T) bool {
	t.Helper()
	fd, err := unix.Open(d.dev, unix.O_RDONLY|unix.O_EXCL|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.EBUSY) {
		return true
	}
	try(t, err)
	unix.Close(fd)
	return false
}

// umount says whether umount(2) of a path is refused as busy.
func umountBusy(t *testing.T, path string) bool {
	t.Helper()
	err := unix.Unmount(path, 0)
	if !errors.Is(err, unix.EBUSY) {
		try(t, err)
	}
	return err != nil
}

// command runs a program and returns what it printed.
func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
