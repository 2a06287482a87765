package kernel

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// LoopBacking asks a loop device which file is behind it (loop(4)). The kernel
// asks the file's own file system, which may be dead.
func (k *Kernel) LoopBacking(device string, limit time.Duration) (snapshot.Dev, uint64, error) {
	info, err := within(limit, func() (info unix.LoopInfo64, err error) {
		fd, err := openat(unix.AT_FDCWD, device, unix.O_RDONLY|unix.O_NONBLOCK)
		if err != nil {
			return info, pathError("open", device, err)
		}
		defer unix.Close(fd)
		_, err = ioctl(fd, unix.LOOP_GET_STATUS64, unsafe.Pointer(&info))
		return info, pathError("ask", device, err)
	})
	return userDev(info.Device), info.Inode, err
}

// userDev takes a device number as system calls give it apart.
func userDev(dev uint64) snapshot.Dev {
	return snapshot.Dev{Major: unix.Major(dev), Minor: unix.Minor(dev)}
}

// Unread is the number of bytes of events that wait behind another process's
// descriptor (pidfd_getfd(2), FIONREAD of fanotify(7)).
func (k *Kernel) Unread(pid, fd int) (int, error) {
	own, err := borrow(pid, fd)
	if err != nil {
		return 0, err
	}
	defer unix.Close(own)
	return unix.IoctlGetInt(own, unix.TIOCINQ)
}
