package kernel

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// ProcDir is an open procfs directory. Its methods make bare system calls: an
// [os.File] would be put on the runtime's poller, which takes the "changed"
// notice of mountinfo away from whoever waits for it (proc_pid_mounts(5)), and
// costs more than the read itself. It is safe for concurrent use.
type ProcDir struct{ fd int }

// OpenProc opens the directory. That processes are in it is for package proc
// to check.
func OpenProc(dir string) (*ProcDir, error) {
	fd, err := openat(unix.AT_FDCWD, dir, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return &ProcDir{fd: fd}, nil
}

// Close closes the directory. Files opened below it stay open.
func (d *ProcDir) Close() error { return unix.Close(d.fd) }

// Owner is the effective user of a process, as the owner of its directory
// (proc(5)).
func (d *ProcDir) Owner(pid int) (uint32, error) {
	var st unix.Stat_t
	err := unix.Fstatat(d.fd, strconv.Itoa(pid), &st, unix.AT_SYMLINK_NOFOLLOW)
	return st.Uid, err
}

// Processes is about how many processes there are, those of other pid
// namespaces included: proc adds their number to the links of its root.
func (d *ProcDir) Processes() int {
	var st unix.Stat_t
	if err := unix.Fstat(d.fd, &st); err != nil || st.Nlink > maxEstimate {
		return 0
	}
	return int(st.Nlink)
}

// maxEstimate is the most processes that Linux has (PID_MAX_LIMIT, proc(5)).
const maxEstimate = 1 << 22

// Tasks is the number of threads of a process: its task directory has a link
// for each, and the two that every directory has (proc_pid_task(5)).
func (d *ProcDir) Tasks(pid int) (int, error) {
	var st unix.Stat_t
	err := unix.Fstatat(d.fd, strconv.Itoa(pid)+"/task", &st, unix.AT_SYMLINK_NOFOLLOW)
	if err != nil {
		return 0, err
	}
	return max(int(st.Nlink)-2, 0), nil
}

// ReadInto reads the whole file into buf from its start, growing it as needed,
// and returns what was read.
func (d *ProcDir) ReadInto(name string, buf []byte) ([]byte, error) {
	fd, err := openat(d.fd, name, unix.O_RDONLY)
	if err != nil {
		return buf[:0], vanished(err)
	}
	defer unix.Close(fd)
	b, err := readAll(fd, buf[:0], wholeInOneRead(name))
	return b, vanished(err)
}

// vanished says in snapshot's word that a process exited between finding its
// file and reading it.
func vanished(err error) error {
	if errors.Is(err, unix.ESRCH) {
		return snapshot.ErrVanished
	}
	return err
}

// wholeInOneRead says whether a read that does not fill the buffer has reached
// the end, so that the read that returns nothing can be saved. The kernel makes
// these files in one piece (single_open; cmdline is copied to the end). Files
// of many records, such as mountinfo, come a page at a time.
func wholeInOneRead(name string) bool {
	switch file := base(name); file {
	case "cmdline", "comm", "cgroup", "stat", "status":
		return file != name // /proc/stat and /proc/cmdline are others
	}
	return false
}

// readAll appends what is left of the file to buf. Once says that a short read
// is the last.
func readAll(fd int, buf []byte, once bool) ([]byte, error) {
	for {
		if cap(buf)-len(buf) < minRead {
			buf = append(make([]byte, 0, max(2*cap(buf), 4096)), buf...)
		}
		n, err := readRetry(fd, buf[len(buf):cap(buf)])
		if err != nil {
			return buf, err
		}
		buf = buf[:len(buf)+n]
		if n == 0 || once && len(buf) < cap(buf) {
			return buf, nil
		}
	}
}

// minRead is the room below which a buffer is grown before it is read into.
const minRead = 512

func readRetry(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Read(fd, p)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

// openat opens close-on-exec, again when a signal got in between.
func openat(dirfd int, name string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(dirfd, name, flags|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// pathError names the operation and the file; a nil cause stays nil.
func pathError(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}
