package launch

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// nullSlot holds the host's null device.
const nullSlot = "null"

// OpenNull takes the null device of the host, before anything of the root
// counts: a root may hold something else by that name (CVE-2025-31133).
type OpenNull struct{}

// Call is "open".
func (*OpenNull) Call() Call { return "open" }

// FlagNames are those of open(2).
func (*OpenNull) FlagNames() string { return "O_PATH|O_NOFOLLOW" }

// String is open("/dev/null", O_PATH|O_NOFOLLOW) = null.
func (o *OpenNull) String() string {
	return fmt.Sprintf("open(\"/dev/null\", %s) = %s, which is the device 1:3", o.FlagNames(), nullSlot)
}

func (*OpenNull) do(c *child) error {
	fd, err := openDevice("/dev/null", 1, 3)
	if err != nil {
		return err
	}
	c.put(nullSlot, fd)
	return nil
}

// Mask hides a path of the root: a directory under an empty read-only tmpfs,
// anything else under the null device. What is missing needs no mask.
type Mask struct{ Path string }

// Call is "move_mount".
func (m *Mask) Call() Call { return "move_mount" }

// FlagNames are those of move_mount(2).
func (m *Mask) FlagNames() string { return mountAtFlags }

// String is move_mount(null or an empty tmpfs, openat2(rootfs, "/proc/kcore", ...), ...).
func (m *Mask) String() string {
	return fmt.Sprintf("move_mount(null or an empty tmpfs, openat2(rootfs, %q, RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS), %s)", m.Path, m.FlagNames())
}

func (m *Mask) do(c *child) error {
	at, err := c.openIn(m.Path, unix.O_PATH, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(at)
	cover, err := m.cover(c, at)
	if err != nil {
		return err
	}
	defer unix.Close(cover)
	return mountAt(cover, at)
}

// cover is what is mounted over a file or directory.
func (m *Mask) cover(c *child, at int) (int, error) {
	dir, err := isDir(at)
	if err != nil {
		return -1, err
	}
	if dir {
		fs := NewFS{Type: "tmpfs", Source: "tmpfs", Options: []string{"ro"}, Attr: unix.MOUNT_ATTR_RDONLY}
		return fs.make()
	}
	null, err := c.fd(nullSlot)
	if err != nil {
		return -1, err
	}
	fd, err := cloneOf(null, 0)
	if err != nil {
		return -1, refused("open_tree", nullSlot, err)
	}
	// What the host mounts over its null device must not arrive here.
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Propagation: unix.MS_PRIVATE}); err != nil {
		_ = unix.Close(fd)
		return -1, refused("mount_setattr", nullSlot, err)
	}
	return fd, nil
}

// ReadOnlyPath makes a path of the root read-only by a mount of its own. What is
// missing needs none.
type ReadOnlyPath struct{ Path string }

// Call is "mount_setattr".
func (r *ReadOnlyPath) Call() Call { return "mount_setattr" }

// FlagNames is the attribute.
func (r *ReadOnlyPath) FlagNames() string { return "set MOUNT_ATTR_RDONLY" }

// String names the three calls.
func (r *ReadOnlyPath) String() string {
	return fmt.Sprintf("move_mount(mount_setattr(open_tree(rootfs, %q, OPEN_TREE_CLONE|AT_RECURSIVE), %s), the same)", r.Path, r.FlagNames())
}

func (r *ReadOnlyPath) do(c *child) error {
	at, err := c.openIn(r.Path, unix.O_PATH, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(at)
	tree, err := cloneOf(at, unix.AT_RECURSIVE)
	if err != nil {
		return refused("open_tree", quoted(r.Path), err)
	}
	defer unix.Close(tree)
	if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
		return err
	}
	return refused("move_mount", quoted(r.Path), mountAt(tree, at))
}
