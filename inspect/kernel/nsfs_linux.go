package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// The ioctls of nsfs that x/sys/unix lacks (ioctl_nsfs(2), linux/nsfs.h):
// _IOR(0xb7, 10..12, struct mnt_ns_info). They are made from one that it has,
// _IOR(0xb7, 5, __u64), as the bits of direction differ by architecture.
const (
	nsMntGetInfo = unix.NS_GET_MNTNS_ID + (sizeofMntNSInfo-8)<<16 + (10 - 5)
	nsMntGetNext = nsMntGetInfo + 1
	nsMntGetPrev = nsMntGetInfo + 2

	sizeofMntNSInfo = 16
)

// mntNSInfo is struct mnt_ns_info.
type mntNSInfo struct {
	size     uint32
	nrMounts uint32 // without the namespace's root mount
	id       uint64
}

var _ [sizeofMntNSInfo]byte = [unsafe.Sizeof(mntNSInfo{})]byte{}

// cloneFlags are the types as clone(2) and NS_GET_NSTYPE name them.
var cloneFlags = [snapshot.NumTypes]uint32{
	snapshot.Mnt: unix.CLONE_NEWNS, snapshot.PID: unix.CLONE_NEWPID,
	snapshot.Net: unix.CLONE_NEWNET, snapshot.IPC: unix.CLONE_NEWIPC,
	snapshot.UTS: unix.CLONE_NEWUTS, snapshot.User: unix.CLONE_NEWUSER,
	snapshot.Cgroup: unix.CLONE_NEWCGROUP, snapshot.Time: unix.CLONE_NEWTIME,
}

func ioctl(fd int, request uint, arg unsafe.Pointer) (int, error) {
	r, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg))
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}

// mntInfo is the 64-bit id of a mount namespace and the number of its mounts.
func mntInfo(fd int) (mntNSInfo, error) {
	info := mntNSInfo{size: sizeofMntNSInfo}
	_, err := ioctl(fd, nsMntGetInfo, unsafe.Pointer(&info))
	return info, err
}

// mntNeighbour opens the mount namespace with the next (or previous) id.
// ENOENT is the end, EPERM that the caller may not enumerate.
func mntNeighbour(fd int, request uint) (int, mntNSInfo, error) {
	info := mntNSInfo{size: sizeofMntNSInfo}
	next, err := ioctl(fd, request, unsafe.Pointer(&info))
	return next, info, err
}

// uniqueID is the 64-bit id of a namespace of any type.
func uniqueID(fd int) (uint64, error) {
	var id uint64
	_, err := ioctl(fd, unix.NS_GET_ID, unsafe.Pointer(&id))
	return id, err
}

// ownerUID is the user who made a user namespace, as the caller's numbers it.
func ownerUID(fd int) (uint32, error) {
	var uid uint32
	_, err := ioctl(fd, unix.NS_GET_OWNER_UID, unsafe.Pointer(&uid))
	return uid, err
}

// nsID is the namespace's name: device and inode number of its file.
func nsID(fd int) (snapshot.NSID, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return snapshot.NSID{}, err
	}
	return snapshot.NSID{Dev: userDev(uint64(st.Dev)), Ino: st.Ino}, nil
}
