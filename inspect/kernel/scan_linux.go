package kernel

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// linkScan reads the namespace links of many processes or threads. It holds
// all the memory that takes, so that one process costs system calls and
// nothing else.
type linkScan struct {
	types snapshot.TypeSet
	dents [direntRoom]byte
	path  [64]byte
	text  [64]byte
	links [snapshot.NumTypes]uint64
}

// direntRoom is small on purpose: what listing some 150 processes brings into
// the processor's cache is still there when their links are read. With room for
// all of a large host at once, reading the links takes a tenth longer.
const direntRoom = 4 << 10

var scans = sync.Pool{New: func() any { return new(linkScan) }}

// manyTypes is the number of links from which it pays to open PID/ns first and
// to read them relative to it.
const manyTypes = 3

// checkEvery is after how many processes it is looked whether to go on.
const checkEvery = 256

// ScanLinks visits every process once, in ascending order, with the inode
// numbers of its namespace links of the wanted types; visit must not keep the
// pointer. A link that is not there (a kernel without time namespaces, most of
// a zombie's) is 0. A process that shows none is visited with
// [snapshot.ErrZombie], [snapshot.ErrVanished] or the errno, which for a
// refusal is an [io/fs.ErrPermission].
func (d *ProcDir) ScanLinks(ctx context.Context, types snapshot.TypeSet, visit func(pid int, links *[snapshot.NumTypes]uint64, err error)) error {
	fd, err := openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return pathError("open", ".", err)
	}
	defer unix.Close(fd)
	s := scans.Get().(*linkScan)
	defer scans.Put(s)
	s.types = types
	seen := 0
	err = eachEntry(fd, s.dents[:], func(name []byte, _ byte) error {
		pid, ok := number(name)
		if !ok {
			return nil
		}
		if seen++; seen%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		errno := s.read(fd, name)
		visit(pid, &s.links, s.verdict(fd, name, errno))
		return nil
	})
	return pathErrorOr(ctx, err)
}

// TaskLinks visits the threads of a process, its leader among them, with the
// inode numbers of their namespace links. Threads that show none are left out.
func (d *ProcDir) TaskLinks(pid int, types snapshot.TypeSet, visit func(tid int, links *[snapshot.NumTypes]uint64)) error {
	name := pidPath(pid, "task")
	fd, err := openat(d.fd, name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return pathError("open", name, err)
	}
	defer unix.Close(fd)
	s := scans.Get().(*linkScan)
	defer scans.Put(s)
	s.types = types
	err = eachEntry(fd, s.dents[:], func(name []byte, _ byte) error {
		if tid, ok := number(name); ok && s.read(fd, name) == 0 {
			visit(tid, &s.links)
		}
		return nil
	})
	return pathError("readdir", name, err)
}

// pathErrorOr is the context's own error, or where reading the directory
// ended.
func pathErrorOr(ctx context.Context, err error) error {
	if err != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	return pathError("readdir", ".", err)
}

// read fills s.links with what the entry shows of the wanted types, and says
// why when that is nothing.
func (s *linkScan) read(dirfd int, entry []byte) unix.Errno {
	s.links = [snapshot.NumTypes]uint64{}
	n := copy(s.path[:], entry)
	n += copy(s.path[n:], "/ns/")
	if s.types.Len() < manyTypes {
		return s.readEach(dirfd, n)
	}
	s.path[n-1] = 0
	fd, _, errno := unix.RawSyscall6(unix.SYS_OPENAT, uintptr(dirfd), uintptr(unsafe.Pointer(&s.path[0])),
		unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	errno = s.readEach(int(fd), 0)
	unix.RawSyscall(unix.SYS_CLOSE, fd, 0, 0)
	return errno
}

// readEach reads the links named by the first n bytes of s.path and a type.
// One permission covers all links of a process (ptrace(2), PTRACE_MODE_READ),
// so the first refusal is the answer.
func (s *linkScan) readEach(dirfd, n int) unix.Errno {
	found, failed := false, unix.Errno(0)
	for t := range snapshot.Type(snapshot.NumTypes) {
		if !s.types.Has(t) {
			continue
		}
		s.path[n+copy(s.path[n:], t.String())] = 0
		text, errno := s.readlink(dirfd)
		if !found && (errno == unix.EACCES || errno == unix.EPERM) {
			return errno
		}
		if errno != 0 {
			failed = errno
			continue
		}
		_, s.links[t], _ = parseLink(text)
		found = true
	}
	if found {
		return 0
	}
	return failed
}

// readlink reads the link that s.path names.
func (s *linkScan) readlink(dirfd int) ([]byte, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_READLINKAT, uintptr(dirfd), uintptr(unsafe.Pointer(&s.path[0])),
		uintptr(unsafe.Pointer(&s.text[0])), uintptr(len(s.text)), 0, 0)
	if errno != 0 {
		return nil, errno
	}
	return s.text[:n], 0
}

// verdict says what a process is that shows no link. Both a zombie's links and
// those of a process that is gone do not exist, but the zombie itself does.
func (s *linkScan) verdict(dirfd int, entry []byte, errno unix.Errno) error {
	switch errno {
	case 0:
		return nil
	case unix.ENOENT, unix.ESRCH:
		s.path[copy(s.path[:], entry)] = 0
		_, _, errno = unix.RawSyscall(unix.SYS_FACCESSAT, uintptr(dirfd), uintptr(unsafe.Pointer(&s.path[0])), unix.F_OK)
		if errno == 0 {
			return snapshot.ErrZombie
		}
		return snapshot.ErrVanished
	}
	return errno
}

// eachEntry hands every entry of the directory to f, until f returns an error.
func eachEntry(fd int, buf []byte, f func(name []byte, kind byte) error) error {
	for {
		n, err := unix.Getdents(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return err
		}
		if err := eachIn(buf[:n], f); err != nil {
			return err
		}
	}
}

// Where the fields of struct linux_dirent64 lie (getdents64(2)).
const (
	direntLen  = 16
	direntType = 18
	direntName = 19
)

func eachIn(b []byte, f func(name []byte, kind byte) error) error {
	for len(b) > direntName {
		size := int(binary.NativeEndian.Uint16(b[direntLen:]))
		name := b[direntName:size]
		for i, c := range name {
			if c == 0 {
				name = name[:i]
				break
			}
		}
		if string(name) != "." && string(name) != ".." {
			if err := f(name, b[direntType]); err != nil {
				return err
			}
		}
		b = b[size:]
	}
	return nil
}
