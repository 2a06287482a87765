package kernel

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What statmount(2) is asked for (linux/mount.h).
const (
	statmountSBBasic       = 0x1
	statmountMntBasic      = 0x2
	statmountMntRoot       = 0x8
	statmountMntPoint      = 0x10
	statmountFSType        = 0x20
	statmountMntOpts       = 0x80
	statmountFSSubtype     = 0x100
	statmountSBSource      = 0x200
	statmountOptSecArray   = 0x800
	statmountSupportedMask = 0x1000
	statmountUIDMap        = 0x2000
	statmountGIDMap        = 0x4000

	lsmtRoot = ^uint64(0) // LSMT_ROOT: all mounts below the reference root
)

// statmountByFD (STATMOUNT_BY_FD, Linux 7.0) asks for the mount that a
// descriptor is on, which need not be in any namespace.
const statmountByFD = 1

// mntIDReq is struct mnt_id_req: param is a mask for statmount(2), the last id
// seen for listmount(2). NsID 0 is the caller's own namespace. Fd matters with
// statmountByFD only.
type mntIDReq struct {
	size  uint32
	fd    uint32
	mntID uint64
	param uint64
	nsID  uint64
}

// statmountHead is struct statmount without the strings at its end. A string
// is an offset into them.
type statmountHead struct {
	size                   uint32
	mntOpts                uint32
	mask                   uint64
	devMajor, devMinor     uint32
	sbMagic                uint64
	sbFlags                uint32
	fsType                 uint32
	mntID, parentID        uint64
	mntIDOld, parentIDOld  uint32
	mntAttr, propagation   uint64
	peerGroup, master      uint64
	propagateFrom          uint64
	mntRoot, mntPoint      uint32
	nsID                   uint64
	fsSubtype, sbSource    uint32
	optNum, optArray       uint32
	optSecNum, optSecArray uint32
	supportedMask          uint64
	uidMapNum, uidMap      uint32
	gidMapNum, gidMap      uint32
	_                      [43]uint64
}

const headSize = 512

var (
	_ [headSize]byte = [unsafe.Sizeof(statmountHead{})]byte{}
	_ [32]byte       = [unsafe.Sizeof(mntIDReq{})]byte{}
)

// statReader asks for one mount after the other of a namespace, into the same
// buffer. With byFD it asks for the mount of a descriptor, and the id is 0.
type statReader struct {
	nsID uint64
	fd   int
	byFD bool
	buf  []byte
}

// The kernel does not tell how large an answer is that did not fit. An overlay
// of 500 layers has 100 KiB of options; maxStat is far beyond what it can make.
const (
	minStat = 4 << 10
	maxStat = 4 << 20
)

// stat asks for one mount. The answer is good until the next.
func (r *statReader) stat(id, mask uint64) (*statmountHead, error) {
	if r.buf == nil {
		r.buf = make([]byte, minStat)
	}
	req := mntIDReq{size: uint32(unsafe.Sizeof(mntIDReq{})), fd: uint32(r.fd), mntID: id, param: mask, nsID: r.nsID}
	for {
		switch errno := r.call(&req); {
		case errno == 0:
			return (*statmountHead)(unsafe.Pointer(&r.buf[0])), nil
		case errno == unix.EOVERFLOW && len(r.buf) < maxStat:
			r.buf = make([]byte, 2*len(r.buf))
		case errno != unix.EINTR:
			return nil, errno
		}
	}
}

// call makes the system call. Options are told by the file system's own code,
// which may wait for others; everything else the kernel knows itself, and the
// scheduler, which takes as long as the call, need not hear of it.
func (r *statReader) call(req *mntIDReq) unix.Errno {
	const told = statmountMntOpts | statmountOptSecArray
	flags := uintptr(0)
	if r.byFD {
		flags = statmountByFD
	}
	var errno unix.Errno
	if req.param&told != 0 {
		_, _, errno = unix.Syscall6(unix.SYS_STATMOUNT, uintptr(unsafe.Pointer(req)),
			uintptr(unsafe.Pointer(&r.buf[0])), uintptr(len(r.buf)), flags, 0, 0)
	} else {
		_, _, errno = unix.RawSyscall6(unix.SYS_STATMOUNT, uintptr(unsafe.Pointer(req)),
			uintptr(unsafe.Pointer(&r.buf[0])), uintptr(len(r.buf)), flags, 0, 0)
	}
	return errno
}

// str is the string at an offset of the last answer, in the buffer.
func (r *statReader) str(offset uint32) []byte {
	b := r.buf[headSize:]
	if int(offset) >= len(b) {
		return nil
	}
	b = b[offset:]
	if end := bytes.IndexByte(b, 0); end >= 0 {
		return b[:end]
	}
	return b
}

// strs is n strings that follow each other from an offset on.
func (r *statReader) strs(offset, n uint32) []string {
	var list []string
	for range n {
		s := r.str(offset)
		list = append(list, string(s))
		offset += uint32(len(s)) + 1
	}
	return list
}

// listmount lists ids below mnt, in ascending order, above last.
func listmount(nsID, mnt, last uint64, ids []uint64) (int, error) {
	req := mntIDReq{size: uint32(unsafe.Sizeof(mntIDReq{})), mntID: mnt, param: last, nsID: nsID}
	for {
		n, _, errno := unix.Syscall6(unix.SYS_LISTMOUNT, uintptr(unsafe.Pointer(&req)),
			uintptr(unsafe.Pointer(&ids[0])), uintptr(len(ids)), 0, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// listAll lists all ids below mnt. One call is a snapshot of the kernel's own,
// so the buffer is grown until one call is enough; only beyond what the kernel
// takes in one call (a million) are there more.
func listAll(nsID, mnt uint64) ([]uint64, error) {
	const most = 1_000_000
	for size := 512; ; size = min(8*size, most) {
		ids := make([]uint64, size)
		n, err := listmount(nsID, mnt, 0, ids)
		if err != nil || n < size {
			return ids[:n], err
		}
		if size == most {
			return listRest(nsID, mnt, ids)
		}
	}
}

func listRest(nsID, mnt uint64, ids []uint64) ([]uint64, error) {
	page := make([]uint64, len(ids))
	for {
		n, err := listmount(nsID, mnt, ids[len(ids)-1], page)
		if err != nil || n == 0 {
			return ids, err
		}
		ids = append(ids, page[:n]...)
	}
}

// mountNSUniqueID is the 64-bit id of a mount namespace, also on kernels that
// do not count its mounts (NS_GET_MNTNS_ID, Linux 6.11).
func mountNSUniqueID(fd int) (uint64, error) {
	var id uint64
	_, err := ioctl(fd, unix.NS_GET_MNTNS_ID, unsafe.Pointer(&id))
	return id, err
}
