package launch

import (
	"errors"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// rootSlot holds the directory that becomes the command's root.
const rootSlot = "rootfs"

// inRoot is how paths in the root are followed: as the command will follow
// them, whatever symbolic links somebody has put there (openat2(2)). What is
// found is held by descriptor, so that it stays the same until it is used.
const inRoot = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS

// openIn opens a path in the root. more are further rules of resolution.
func (c *child) openIn(name string, flags uint64, more uint64) (int, error) {
	root, err := c.fd(rootSlot)
	if err != nil {
		return -1, err
	}
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: inRoot | more}
	for range 100 { // EAGAIN: a rename elsewhere made the kernel unsure of ".."
		var fd int
		fd, err = unix.Openat2(root, name, &how)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return fd, refused("openat2", quoted(name), err)
		}
	}
	return -1, refused("openat2", quoted(name), err)
}

// maxLinks is how many symbolic links lead on, as in path_resolution(7).
const maxLinks = 40

// makeIn opens a directory in the root, and makes what is missing of it, also
// behind symbolic links that lead to nothing yet.
func (c *child) makeIn(name string, mode uint32) (int, error) { return c.makeBehind(name, mode, 0) }

func (c *child) makeBehind(name string, mode uint32, links int) (int, error) {
	at, err := c.openIn("/", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return -1, err
	}
	sofar := ""
	for part := range strings.SplitSeq(name, "/") {
		if part == "" {
			continue
		}
		above := sofar
		sofar += "/" + part // not shortened: ".." behind a link leads elsewhere
		next, err := c.openIn(sofar, unix.O_PATH|unix.O_DIRECTORY, 0)
		if errors.Is(err, unix.ENOENT) {
			if err = c.makeOne(at, above, part, mode, links); err == nil {
				next, err = c.openIn(sofar, unix.O_PATH|unix.O_DIRECTORY, 0)
			}
		}
		_ = unix.Close(at)
		if err != nil {
			return -1, err
		}
		at = next
	}
	return at, nil
}

// makeOne makes a directory, or the one that a symbolic link of that name leads
// to.
func (c *child) makeOne(at int, above, name string, mode uint32, links int) error {
	b := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(at, name, b)
	if err != nil { // not a link, or nothing
		return c.mkdirAt(at, name, mode)
	}
	if links == maxLinks {
		return refused("openat2", quoted(above+"/"+name), unix.ELOOP)
	}
	target := string(b[:n])
	if !strings.HasPrefix(target, "/") {
		target = above + "/" + target
	}
	made, err := c.makeBehind(target, mode, links+1)
	if err == nil {
		_ = unix.Close(made)
	}
	return err
}

// mkdirAt makes a directory and notes to remove it when a later step fails.
func (c *child) mkdirAt(dir int, name string, mode uint32) error {
	if err := unix.Mkdirat(dir, name, mode); err != nil && !errors.Is(err, unix.EEXIST) {
		return refused("mkdirat", quoted(name), err)
	} else if err == nil {
		c.noteMade(dir, name, unix.AT_REMOVEDIR)
	}
	return nil
}

// noteMade has a new file removed when a later step fails. What was mounted on
// it meanwhile is unmounted first.
func (c *child) noteMade(dir int, name string, how int) {
	at := c.keepDir(dir)
	if at < 0 {
		return
	}
	c.undo = append(c.undo, func() {
		if unix.Fchdir(at) == nil {
			for unix.Unmount(name, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW) == nil {
			}
		}
		_ = unix.Unlinkat(at, name, how)
	})
}

// keepDir keeps a directory open until the command starts, each once: above 64
// descriptors the kernel would wait for all processors to make room for more.
// It is -1 when that is not possible.
func (c *child) keepDir(dir int) int {
	var st unix.Stat_t
	if unix.Fstat(dir, &st) != nil {
		return -1
	}
	place := [2]uint64{st.Dev, st.Ino}
	if at, known := c.kept[place]; known {
		return at
	}
	at, err := unix.FcntlInt(uintptr(dir), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	c.kept[place] = at
	return at
}

// makeFileIn opens a file in the root by path alone, and makes an empty one
// when it is missing.
func (c *child) makeFileIn(name string) (int, error) {
	fd, err := c.openIn(name, unix.O_PATH, 0)
	if !errors.Is(err, unix.ENOENT) {
		return fd, err
	}
	dir, base := path.Split(path.Clean("/" + name))
	at, err := c.makeIn(dir, 0o755)
	if err != nil {
		return -1, err
	}
	defer unix.Close(at)
	made, err := unix.Openat(at, base, unix.O_CREAT|unix.O_EXCL|unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o644)
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return -1, refused("openat", quoted(name), err)
	}
	if err == nil {
		_ = unix.Close(made)
		c.noteMade(at, base, 0)
	}
	return c.openIn(name, unix.O_PATH, 0)
}

// isDir says whether a descriptor is of a directory.
func isDir(fd int) (bool, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return false, refused("fstat", "", err)
	}
	return st.Mode&unix.S_IFMT == unix.S_IFDIR, nil
}
