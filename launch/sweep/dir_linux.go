package sweep

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// removeDir removes a directory and what is in it. Every step down is refused
// at a mount point, also one of the same file system: what a container had
// mounted there is somebody's data.
func removeDir(path string) error {
	fd, err := unix.Open(path, unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := emptyDir(fd); err != nil {
		return err
	}
	return unix.Rmdir(path)
}

// emptyDir removes all entries of the directory that it is given open, and
// closes it. The first error counts, and does not keep the rest from going.
func emptyDir(fd int) error {
	dir := os.NewFile(uintptr(fd), "")
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	for _, name := range names {
		if one := removeEntry(fd, name); one != nil && err == nil {
			err = one
		}
	}
	return err
}

func removeEntry(at int, name string) error {
	err := unix.Unlinkat(at, name, 0)
	if !errors.Is(err, unix.EISDIR) {
		return notGone(err)
	}
	if err = unix.Unlinkat(at, name, unix.AT_REMOVEDIR); !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.EACCES) {
		return notGone(err)
	}
	how := unix.OpenHow{
		Flags:   unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_RDONLY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_NO_XDEV | unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS,
	}
	fd, err := unix.Openat2(at, name, &how)
	if errors.Is(err, unix.EACCES) {
		// One's own, without permission: overlayfs makes its work/work so.
		if err = unix.Fchmodat(at, name, 0o700, 0); err != nil {
			return err
		}
		fd, err = unix.Openat2(at, name, &how)
	}
	if err != nil {
		return err
	}
	if err := emptyDir(fd); err != nil {
		return err
	}
	return notGone(unix.Unlinkat(at, name, unix.AT_REMOVEDIR))
}

// notGone is an error but that somebody was faster.
func notGone(err error) error {
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}
