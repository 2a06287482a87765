package kernel

import (
	"encoding/binary"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// struct dm_ioctl of linux/dm-ioctl.h, as far as it is used.
const (
	dmSize      = 312
	dmVersion   = 4 // the major version; the kernel takes any lower minor one
	dmSizeAt    = 12
	dmOpenAt    = 24
	dmDevAt     = 40
	dmDevStatus = 0xc138fd07 // _IOWR(0xfd, 7, struct dm_ioctl), asm-generic/ioctl.h
)

// MapperOpens is how often a device of device-mapper is open, mounts counted
// (DM_DEV_STATUS, Documentation/admin-guide/device-mapper).
func (k *Kernel) MapperOpens(dev snapshot.Dev, limit time.Duration) (int, error) {
	return within(limit, func() (int, error) {
		fd, err := openat(unix.AT_FDCWD, "/dev/mapper/control", unix.O_RDWR|unix.O_NONBLOCK)
		if err != nil {
			return 0, pathError("open", "/dev/mapper/control", err)
		}
		defer unix.Close(fd)
		ask := mapperRequest(dev)
		if _, err = ioctl(fd, dmDevStatus, unsafe.Pointer(&ask[0])); err != nil {
			return 0, pathError("ask", "/dev/mapper/control", err)
		}
		return int(int32(binary.NativeEndian.Uint32(ask[dmOpenAt:]))), nil
	})
}

// mapperRequest names the device by number, in the encoding of 32-bit dev_t
// (huge_encode_dev of linux/kdev_t.h).
func mapperRequest(dev snapshot.Dev) []byte {
	b := make([]byte, dmSize)
	binary.NativeEndian.PutUint32(b, dmVersion)
	binary.NativeEndian.PutUint32(b[dmSizeAt:], dmSize)
	binary.NativeEndian.PutUint64(b[dmDevAt:], uint64(dev.Minor&0xff|dev.Major<<8|(dev.Minor&^0xff)<<12))
	return b
}
