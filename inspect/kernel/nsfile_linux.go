package kernel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// File tells which namespace a file of nsfs is: a link of /proc/PID/ns, or
// such a file mounted elsewhere. Another kind of file is only looked at, never
// opened: opening a device or a pipe may do things.
func (k *Kernel) File(path string) (snapshot.Type, uint64, error) {
	if inProc(path) {
		return nsFile(path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), fileLimit)
	defer cancel()
	r, err := k.ask(ctx, question{Kind: askFile, Path: []byte(path)}, ownView)
	switch {
	case errors.Is(err, errNoAsker):
		return nsFile(path)
	case err != nil:
		return 0, 0, ErrSilent
	}
	return r.Type, r.Ino, r.err()
}

// fileLimit is how long a file named as a namespace may take to be looked at.
const fileLimit = 2 * time.Second

func nsFile(path string) (snapshot.Type, uint64, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, 0, err
	}
	defer unix.Close(fd)
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return 0, 0, err
	}
	if st.Type != unix.NSFS_MAGIC {
		return 0, 0, errors.New("it is no namespace file")
	}
	return typeOf(path)
}

func typeOf(path string) (snapshot.Type, uint64, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return 0, 0, err
	}
	defer unix.Close(fd)
	flag, err := ioctl(fd, unix.NS_GET_NSTYPE, nil)
	if err != nil {
		return 0, 0, fmt.Errorf("ask its type: %w", err)
	}
	id, err := nsID(fd)
	for t, f := range cloneFlags {
		if uint32(flag) == f {
			return snapshot.Type(t), id.Ino, err
		}
	}
	return 0, 0, fmt.Errorf("namespace type %#x is not known", flag)
}
