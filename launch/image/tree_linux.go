package image

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// tree is the directory that a layer is unpacked to. Names in it are followed
// as a process with that root would follow them: no link leads out of it
// (openat2(2), RESOLVE_IN_ROOT).
type tree struct {
	root  int
	user  bool    // without the rights of the superuser
	below []*tree // the layers below, the uppermost first
}

// makeTree makes a directory to unpack to.
func makeTree(dir string, below []string) (*tree, error) {
	if err := unix.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make %s: %w", dir, err)
	}
	if err := unix.Chmod(dir, 0o755); err != nil { // whatever the umask
		return nil, fmt.Errorf("make %s: %w", dir, err)
	}
	t, err := openTree(dir)
	for i := len(below) - 1; i >= 0 && err == nil; i-- {
		var lower *tree
		if lower, err = openTree(below[i]); err == nil {
			t.below = append(t.below, lower)
		}
	}
	if err != nil {
		t.close()
	}
	return t, err
}

func openTree(dir string) (*tree, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return &tree{root: fd, user: os.Geteuid() != 0}, nil
}

func (t *tree) close() {
	if t == nil {
		return
	}
	for _, lower := range t.below {
		lower.close()
	}
	_ = unix.Close(t.root)
}

// splitName is where a name of the archive belongs: a clean path and its last
// part, "" for the root itself. Names that lead upwards are refused.
func splitName(name string) (dir, base string, err error) {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", "", fmt.Errorf("the name %q leads out of the image", name)
		}
	}
	dir, base = path.Split(path.Clean("/" + name))
	return dir, base, nil
}

// dir opens a directory, and makes what is missing of it: archives need not
// mention it.
func (t *tree) dir(name string) (int, error) { return t.makeDir(name, maxLinks) }

// maxLinks is how many symbolic links the kernel follows, path_resolution(7).
const maxLinks = 40

func (t *tree) makeDir(name string, links int) (int, error) {
	fd, err := t.open(name)
	if !errors.Is(err, unix.ENOENT) || name == "/" {
		return fd, err
	}
	above, base := path.Split(path.Clean(name))
	parent, err := t.makeDir(path.Clean(above), links)
	if err != nil {
		return -1, err
	}
	defer unix.Close(parent)
	to := make([]byte, unix.PathMax)
	// A link whose target is in a layer below.
	if n, err := unix.Readlinkat(parent, base, to); err == nil && links > 0 {
		target := string(to[:n])
		if !path.IsAbs(target) {
			target = path.Join(above, target)
		}
		fd, err := t.makeDir(path.Clean(target), links-1)
		if err != nil {
			return -1, err
		}
		_ = unix.Close(fd)
		return t.open(name)
	}
	if err := unix.Mkdirat(parent, base, 0o700); err != nil {
		return -1, err
	}
	if err := t.likeBelow(parent, base, name); err != nil {
		return -1, err
	}
	return t.open(name)
}

// likeBelow gives a directory that the archive does not mention the owner and
// mode that it has in the layers below, as it will cover that one.
func (t *tree) likeBelow(parent int, base, name string) error {
	for _, lower := range t.below {
		var s unix.Stat_t
		fd, err := lower.open(name)
		if err != nil {
			continue
		}
		err = unix.Fstat(fd, &s)
		_ = unix.Close(fd)
		if err == nil && !t.user {
			err = unix.Fchownat(parent, base, int(s.Uid), int(s.Gid), unix.AT_SYMLINK_NOFOLLOW)
		}
		if err != nil {
			return err
		}
		if t.user {
			s.Mode |= 0o700 // or nothing could be made in it
		}
		return unix.Fchmodat(parent, base, s.Mode&0o7777, 0)
	}
	return unix.Fchmodat(parent, base, 0o755, 0)
}

func (t *tree) open(name string) (int, error) {
	how := unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV,
	}
	for range 100 { // EAGAIN: a rename elsewhere made the kernel unsure of ".."
		fd, err := unix.Openat2(t.root, name, &how)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
	return -1, unix.EAGAIN
}

// What lies at a name.
type kind int

const (
	nothing kind = iota
	directory
	whiteout // as overlayfs has it: a character device 0:0
	other
)

// look says what lies at a name, without following it.
func look(dir int, base string) (kind, error) {
	var s unix.Stat_t
	err := unix.Fstatat(dir, base, &s, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case errors.Is(err, unix.ENOENT):
		return nothing, nil
	case err != nil:
		return nothing, err
	case s.Mode&unix.S_IFMT == unix.S_IFDIR:
		return directory, nil
	case s.Mode&unix.S_IFMT == unix.S_IFCHR && s.Rdev == 0:
		return whiteout, nil
	}
	return other, nil
}

// discard removes what an earlier entry of the layer left at a name.
func discard(dir int, base string, found kind) error {
	switch found {
	case nothing:
		return nil
	case directory:
		return removeAll(procPath(dir, base))
	}
	return unix.Unlinkat(dir, base, 0)
}

// procPath is a path to a name in an open directory, for functions that take
// no descriptors.
func procPath(dir int, base string) string { return fmt.Sprintf("/proc/self/fd/%d/%s", dir, base) }

// hide makes the whiteout that overlayfs understands. Since Linux 5.8 anybody
// may make it.
func hide(dir int, base string) error {
	found, err := look(dir, base)
	if err != nil {
		return err
	}
	switch found {
	case nothing:
		return unix.Mknodat(dir, base, unix.S_IFCHR, 0)
	case directory:
		// The layer has a directory of its own there, and nothing below it.
		return opaque(dir, base)
	}
	return nil // a file of the layer itself hides what is below
}

// opaque has overlayfs show nothing of the layers below in a directory. What
// is mounted with userxattr, as in user namespaces, has its own attribute.
func opaque(dir int, base string) error {
	p := procPath(dir, base)
	userErr := unix.Lsetxattr(p, "user.overlay.opaque", []byte("y"), 0)
	trustedErr := unix.Lsetxattr(p, "trusted.overlay.opaque", []byte("y"), 0)
	if userErr != nil && trustedErr != nil {
		return fmt.Errorf("mark it as opaque: %w", userErr)
	}
	return nil
}
