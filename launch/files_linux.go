package launch

import (
	"fmt"
	"path"

	"golang.org/x/sys/unix"
)

// MkdirIn makes a directory in the root, with those above it that are missing.
type MkdirIn struct {
	Path string
	Mode uint32
}

// Call is "mkdirat".
func (m *MkdirIn) Call() Call { return "mkdirat" }

// FlagNames is "".
func (m *MkdirIn) FlagNames() string { return "" }

// String is mkdirat(rootfs, "/work", 0755).
func (m *MkdirIn) String() string { return fmt.Sprintf("mkdirat(rootfs, %q, 0%o)", m.Path, m.Mode) }

func (m *MkdirIn) do(c *child) error {
	fd, err := c.makeIn(m.Path, m.Mode)
	if err == nil {
		_ = unix.Close(fd)
	}
	return err
}

// SymlinkIn makes a symbolic link in the root; one that is there stays.
type SymlinkIn struct{ Target, Path string }

// Call is "symlinkat".
func (s *SymlinkIn) Call() Call { return "symlinkat" }

// FlagNames is "".
func (s *SymlinkIn) FlagNames() string { return "" }

// String is symlinkat("pts/ptmx", rootfs, "/dev/ptmx").
func (s *SymlinkIn) String() string {
	return fmt.Sprintf("symlinkat(%q, rootfs, %q)", s.Target, s.Path)
}

func (s *SymlinkIn) do(c *child) error {
	dir, base := path.Split(s.Path)
	at, err := c.makeIn(dir, 0o755)
	if err != nil {
		return err
	}
	defer unix.Close(at)
	switch err := unix.Symlinkat(s.Target, at, base); err {
	case nil:
		c.noteMade(at, base, 0)
		return nil
	case unix.EEXIST:
		return nil
	default:
		return err
	}
}

// Device makes a device node in the root.
type Device struct {
	Path         string
	Type         byte // 'c', 'b', 'p' (a FIFO), 'u' (as 'c')
	Major, Minor uint32
	Mode         uint32
	UID, GID     int
	// Bind mounts the host's node of the same path there: mknod(2) is not for
	// user namespaces.
	Bind bool
}

// Call is "mknodat", or "move_mount" with Bind.
func (d *Device) Call() Call {
	if d.Bind {
		return "move_mount"
	}
	return "mknodat"
}

// FlagNames are the type and the mode.
func (d *Device) FlagNames() string {
	if d.Bind {
		return mountAtFlags
	}
	kind := map[byte]string{'b': "S_IFBLK", 'p': "S_IFIFO"}[d.Type]
	if kind == "" {
		kind = "S_IFCHR"
	}
	return fmt.Sprintf("%s|0%o", kind, d.Mode)
}

// String is mknodat(rootfs, "/dev/null", S_IFCHR|0666, 1:3).
func (d *Device) String() string {
	if d.Bind {
		return fmt.Sprintf("move_mount(open_tree(%q, OPEN_TREE_CLONE), openat2(rootfs, %q, RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS), %s)", d.Path, d.Path, d.FlagNames())
	}
	return fmt.Sprintf("mknodat(rootfs, %q, %s, %d:%d)", d.Path, d.FlagNames(), d.Major, d.Minor)
}

func (d *Device) do(c *child) error {
	if d.Bind {
		return d.bind(c)
	}
	dir, base := path.Split(d.Path)
	at, err := c.makeIn(dir, 0o755)
	if err != nil {
		return err
	}
	defer unix.Close(at)
	kind := map[byte]uint32{'b': unix.S_IFBLK, 'p': unix.S_IFIFO}[d.Type]
	if kind == 0 {
		kind = unix.S_IFCHR
	}
	if err := unix.Mknodat(at, base, kind|d.Mode, int(unix.Mkdev(d.Major, d.Minor))); err != nil {
		return err
	}
	c.noteMade(at, base, 0)
	if err := unix.Fchownat(at, base, d.UID, d.GID, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return refused("fchownat", quoted(d.Path), err)
	}
	return refused("fchmodat", quoted(d.Path), unix.Fchmodat(at, base, d.Mode, 0)) // the umask took some
}

// bind mounts the host's node, when it is the device that is wanted.
func (d *Device) bind(c *child) error {
	node, err := openDevice(d.Path, d.Major, d.Minor)
	if err != nil {
		return err
	}
	defer unix.Close(node)
	tree, err := cloneOf(node, 0)
	if err != nil {
		return refused("open_tree", quoted(d.Path), err)
	}
	defer unix.Close(tree)
	to, err := c.makeFileIn(d.Path)
	if err != nil {
		return err
	}
	defer unix.Close(to)
	return mountAt(tree, to)
}

// openDevice opens a character device of the host by path alone, and refuses
// what is not that device.
func openDevice(name string, major, minor uint32) (int, error) {
	fd, err := unix.Open(name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, refused("open", quoted(name), err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		_ = unix.Close(fd)
		return -1, refused("fstat", quoted(name), err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != unix.Mkdev(major, minor) {
		_ = unix.Close(fd)
		return -1, refused("fstat", fmt.Sprintf("%q is not the device %d:%d", name, major, minor), unix.ENODEV)
	}
	return fd, nil
}
