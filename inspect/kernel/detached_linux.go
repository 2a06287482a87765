package kernel

import (
	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Detached tells of the mount that another process's descriptor is on, though
// it is in no namespace, what its type, source, root and options are. Where the
// kernel cannot, the answer is [ErrNoStatmount].
func (k *Kernel) Detached(pid, fd int) (snapshot.Mount, error) {
	if !k.Has(StatmountFD) {
		return snapshot.Mount{}, ErrNoStatmount
	}
	own, err := borrow(pid, fd)
	if err != nil {
		return snapshot.Mount{}, err
	}
	defer unix.Close(own)
	r := tableReader{statReader: statReader{fd: own, byFD: true}, same: map[string]string{}}
	sm, err := r.stat(0, tableMask)
	if err != nil {
		return snapshot.Mount{}, err
	}
	return r.mount(sm), nil
}

// hasStatmountFD asks for the mount of a descriptor of "/".
func (k *Kernel) hasStatmountFD() bool {
	fd, err := openat(unix.AT_FDCWD, "/", unix.O_PATH)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	r := statReader{fd: fd, byFD: true}
	_, err = r.stat(0, statmountMntBasic)
	return err == nil
}

// borrow is a copy of another process's descriptor (pidfd_getfd(2)).
func borrow(pid, fd int) (int, error) {
	pidfd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(pidfd)
	return unix.PidfdGetfd(pidfd, fd, 0)
}
