package kernel

import (
	"encoding/hex"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Superblock is what a block device says of the file system on it.
type Superblock struct {
	Type  string // "" is none that is known here
	UUID  string // as blkid(8) writes it
	Label string
}

// layout is where a file system has its magic number (linux/magic.h), UUID and
// label, as they lie on the device.
type layout struct {
	name      string
	at        int64
	magic     string
	uuid      int64
	label     int64
	labelSize int
}

// layouts are those of the file systems that show in /sys/fs whether they are
// in use.
var layouts = []layout{
	{"ext4", 1024 + 56, "\x53\xef", 1024 + 104, 1024 + 120, 16},
	{"xfs", 0, "XFSB", 32, 108, 12},
	{"btrfs", 65536 + 64, "_BHRfS_M", 65536 + 32, 65536 + 299, 256},
	{"f2fs", 1024, "\x10\x20\xf5\xf2", 1024 + 108, 0, 0}, // its label is in UTF-16
	{"erofs", 1024, "\xe2\xe1\xf5\xe0", 1024 + 48, 1024 + 64, 16},
}

// SuperblockOf reads the first blocks of a block device. Nothing but the device
// itself is asked, within the limit.
func (k *Kernel) SuperblockOf(device string, want snapshot.Dev, limit time.Duration) (Superblock, error) {
	return within(limit, func() (Superblock, error) {
		fd, err := openat(unix.AT_FDCWD, device, unix.O_RDONLY|unix.O_NONBLOCK)
		if err != nil {
			return Superblock{}, pathError("open", device, err)
		}
		defer unix.Close(fd)
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFBLK || userDev(st.Rdev) != want {
			return Superblock{}, pathError("read", device, unix.ENODEV)
		}
		return superblockAt(func(b []byte, at int64) bool {
			n, err := unix.Pread(fd, b, at)
			return err == nil && n == len(b) // a device may be smaller than that
		}), nil
	})
}

func superblockAt(read func(b []byte, at int64) bool) Superblock {
	for _, l := range layouts {
		magic, uuid, label := make([]byte, len(l.magic)), make([]byte, 16), make([]byte, l.labelSize)
		if !read(magic, l.at) || string(magic) != l.magic || !read(uuid, l.uuid) {
			continue
		}
		if l.labelSize > 0 && !read(label, l.label) {
			continue
		}
		return Superblock{Type: l.name, UUID: uuidText(uuid), Label: unix.ByteSliceToString(label)}
	}
	return Superblock{}
}

// uuidText is a UUID as it is written (RFC 9562).
func uuidText(b []byte) string {
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
