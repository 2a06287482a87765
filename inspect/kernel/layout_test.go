//go:build linux

package kernel

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// What mkfs writes is read where the layouts say that it is.
func TestLayouts(t *testing.T) {
	const uuid = "12345678-9abc-4def-8123-456789abcdef"
	for name, args := range map[string][]string{
		"ext4":  {"mkfs.ext4", "-q", "-U", uuid, "-L", "a label"},
		"btrfs": {"mkfs.btrfs", "-q", "-U", uuid, "-L", "a label"},
		"xfs":   {"mkfs.xfs", "-q", "-m", "uuid=" + uuid, "-L", "a label"},
		"f2fs":  {"mkfs.f2fs", "-q", "-U", uuid},
		"erofs": {"mkfs.erofs", "-U", uuid},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := exec.LookPath(args[0])
			if err != nil {
				t.Skipf("needs the program %s", args[0])
			}
			dir := t.TempDir()
			image := filepath.Join(dir, "image")
			args = append(args[1:], image)
			if name == "erofs" {
				args = append(args, t.TempDir()) // what is in it
			} else {
				try(t, os.WriteFile(image, nil, 0o600))
				try(t, os.Truncate(image, 400<<20))
			}
			if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
				t.Fatalf("%s %q: %v\n%s", program, args, err, out)
			}
			f, err := os.Open(image)
			try(t, err)
			defer f.Close()
			got := superblockAt(func(b []byte, at int64) bool {
				n, _ := f.ReadAt(b, at)
				return n == len(b)
			})
			want := Superblock{Type: name, UUID: uuid, Label: "a label"}
			if name == "f2fs" || name == "erofs" { // given none
				want.Label = ""
			}
			if got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
	if got := superblockAt(func([]byte, int64) bool { return false }); got != (Superblock{}) {
		t.Errorf("of a device that is too small: %+v", got)
	}
}

// The request has the size that its ioctl number says, and the number of the
// device as the kernel packs it.
func TestMapperRequest(t *testing.T) {
	if size := dmDevStatus >> 16 & 0x3fff; size != dmSize || len(mapperRequest(snapshot.Dev{})) != dmSize {
		t.Errorf("the number of the ioctl says %d bytes", size)
	}
	b := mapperRequest(snapshot.Dev{Major: 253, Minor: 0x12345})
	if got := binary.NativeEndian.Uint64(b[dmDevAt:]); got != 0x1230fd45 {
		t.Errorf("the device is %#x", got)
	}
}

// A mount that is in no namespace: where the kernel tells, it tells what it is
// of; where it cannot, nothing is made up.
func TestDetached(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	dir := t.TempDir()
	try(t, unix.Mount("detached", dir, "tmpfs", 0, ""))
	fd, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	try(t, err)
	defer unix.Close(fd)
	try(t, unix.Unmount(dir, unix.MNT_DETACH))
	m, err := k.Detached(os.Getpid(), fd)
	switch {
	case !k.Has(StatmountFD) && !errors.Is(err, ErrNoStatmount):
		t.Errorf("without %v: %+v, %v", StatmountFD, m, err)
	case k.Has(StatmountFD) && (err != nil || m.FSType != "tmpfs" || m.Source != "detached" || m.Root != "/"):
		t.Errorf("%+v, %v", m, err)
	}
}
