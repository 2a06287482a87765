package kernel

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// open opens the namespace that r refers to, and makes sure that it is the one
// (any, if r.Ino is 0). While the descriptor is open its inode number is not
// used again.
func (k *Kernel) open(r snapshot.Ref) (int, error) {
	fd, err := k.reach(r)
	if err != nil {
		if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENOENT) {
			err = ErrGone
		}
		return -1, fmt.Errorf("open %s: %w", name(r), err)
	}
	id, err := nsID(fd)
	if err == nil && r.Ino != 0 && id.Ino != r.Ino {
		err = ErrGone
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("open %s: %w", name(r), err)
	}
	return fd, nil
}

// reach opens what r points to. The own mount namespace needs no way: its
// processes may belong to others who cannot be looked at.
func (k *Kernel) reach(r snapshot.Ref) (int, error) {
	switch {
	case r.Type == snapshot.Mnt && r.Ino != 0 && r.Ino == k.own().Ino:
		return k.openOwn(snapshot.Mnt)
	case r.PID != 0:
		return openat(k.proc.fd, pidPath(r.PID, "ns/"+r.Type.String()), unix.O_RDONLY)
	case r.Hold == nil:
		return k.openWalked(r)
	case r.Hold.Kind == snapshot.HoldBind:
		return k.openBind(r)
	}
	path, err := holdPath(r.Type, r.Hold)
	if err != nil {
		return -1, err
	}
	return openat(k.proc.fd, path, unix.O_RDONLY)
}

// holdPath is where /proc shows what a process holds.
func holdPath(t snapshot.Type, h *snapshot.Hold) (string, error) {
	switch h.Kind {
	case snapshot.HoldThread:
		return pidPath(h.PID, "task/"+strconv.Itoa(h.TID)+"/ns/"+t.String()), nil
	case snapshot.HoldChild:
		return pidPath(h.PID, "ns/"+t.String()+"_for_children"), nil
	case snapshot.HoldFD:
		return pidPath(h.PID, "fd/"+strconv.Itoa(h.FD)), nil
	}
	return "", fmt.Errorf("no way through a holder of kind %q", h.Kind)
}

// openWalked finds the namespace in the kernel's own enumeration.
func (k *Kernel) openWalked(r snapshot.Ref) (int, error) {
	if r.Type != snapshot.Mnt {
		return openListed(r)
	}
	fd, failed := -1, error(nil)
	err := k.walkMounts(func(at int, _ mntNSInfo) bool {
		if id, err := nsID(at); err == nil && id.Ino == r.Ino {
			fd, failed = unix.FcntlInt(uintptr(at), unix.F_DUPFD_CLOEXEC, 0)
			return false
		}
		return true
	}, closeNow)
	if err == nil && fd < 0 && failed == nil {
		failed = ErrGone
	}
	return fd, errors.Join(err, failed)
}

func openListed(r snapshot.Ref) (int, error) {
	var unique uint64
	err := listType(r.Type, func(n snapshot.Namespace) bool {
		if n.ID.Ino == r.Ino {
			unique = n.UniqueID
		}
		return unique == 0
	})
	if err == nil && unique == 0 {
		err = ErrGone
	}
	if err != nil {
		return -1, err
	}
	return openByID(unique)
}

// openBind opens the nsfs file mounted at r.Hold.Path in the mount namespace
// r.In, the own one if nil.
func (k *Kernel) openBind(r snapshot.Ref) (fd int, err error) {
	if r.In == nil {
		return openNSFile(r.Hold.Path, r.Ino)
	}
	in, err := k.open(*r.In)
	if err != nil {
		return -1, err
	}
	defer unix.Close(in)
	err = inside(in, func() error {
		fd, err = openNSFile(r.Hold.Path, r.Ino)
		return err
	})
	return fd, err
}

// openNSFile opens a file by its path when its inode number is the one
// expected. It looks first, by what the kernel knows without asking the file
// system's server, as opening something else may wait or have effects.
func openNSFile(path string, ino uint64) (int, error) {
	if !strings.HasPrefix(path, "/") {
		return -1, fmt.Errorf("mount point %q is no absolute path", path)
	}
	seen, err := openat(unix.AT_FDCWD, path, unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return -1, err
	}
	defer unix.Close(seen)
	st, err := glance(seen, "", unix.AT_EMPTY_PATH, unix.STATX_INO|unix.STATX_TYPE)
	if err != nil {
		return -1, err
	}
	if st.Ino != ino || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return -1, ErrGone
	}
	return openat(unix.AT_FDCWD, path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK)
}
