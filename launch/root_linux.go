package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// OpenRoot keeps a directory by path, to come back to it later.
type OpenRoot struct{ Path, To string }

// Call is "open".
func (o *OpenRoot) Call() Call { return "open" }

// FlagNames are those of open(2).
func (o *OpenRoot) FlagNames() string { return "O_PATH|O_DIRECTORY" }

// String is open("/", O_PATH|O_DIRECTORY) = oldroot.
func (o *OpenRoot) String() string {
	return fmt.Sprintf("open(%q, %s) = %s", o.Path, o.FlagNames(), o.To)
}

func (o *OpenRoot) do(c *child) error {
	fd, err := unix.Open(o.Path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	c.put(o.To, fd)
	return nil
}

// PrivateParent makes the mount private that a path lies on: a mount made on a
// shared one would appear at its peers too, and pivot_root(2) refuses it.
type PrivateParent struct{ Path string }

// Call is "mount_setattr".
func (p *PrivateParent) Call() Call { return "mount_setattr" }

// FlagNames is the propagation.
func (p *PrivateParent) FlagNames() string { return "propagation MS_PRIVATE" }

// String is mount_setattr(the mount that "/srv" lies on, propagation MS_PRIVATE).
func (p *PrivateParent) String() string {
	return fmt.Sprintf("mount_setattr(the mount that %q lies on, %s)", p.Path, p.FlagNames())
}

func (p *PrivateParent) do(*child) error {
	fd, err := unix.Open(p.Path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return refused("open", quoted(p.Path), err)
	}
	defer func() { _ = unix.Close(fd) }()
	for {
		var st unix.Statx_t
		if err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, 0, &st); err != nil {
			return refused("statx", quoted(p.Path), err)
		}
		if st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0 {
			return unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Propagation: unix.MS_PRIVATE})
		}
		up, err := unix.Openat(fd, "..", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return refused("openat", "..", err)
		}
		_ = unix.Close(fd)
		fd = up
	}
}

// EnterRoot mounts the root at a path of the host, in this namespace alone:
// only what is mounted can become a root.
type EnterRoot struct{ Path string }

// Call is "move_mount".
func (e *EnterRoot) Call() Call { return "move_mount" }

// FlagNames are those of move_mount(2).
func (e *EnterRoot) FlagNames() string { return "MOVE_MOUNT_F_EMPTY_PATH" }

// String is move_mount(rootfs, "/srv", MOVE_MOUNT_F_EMPTY_PATH).
func (e *EnterRoot) String() string {
	return fmt.Sprintf("move_mount(%s, %q, %s)", rootSlot, e.Path, e.FlagNames())
}

func (e *EnterRoot) do(c *child) error {
	fd, err := c.fd(rootSlot)
	if err != nil {
		return err
	}
	return unix.MoveMount(fd, "", unix.AT_FDCWD, e.Path, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// Fchdir goes to the directory in a slot.
type Fchdir struct{ Slot string }

// Call is "fchdir".
func (f *Fchdir) Call() Call { return "fchdir" }

// FlagNames is "".
func (f *Fchdir) FlagNames() string { return "" }

// String is fchdir(rootfs).
func (f *Fchdir) String() string { return fmt.Sprintf("fchdir(%s)", f.Slot) }

func (f *Fchdir) do(c *child) error {
	fd, err := c.fd(f.Slot)
	if err != nil {
		return err
	}
	return unix.Fchdir(fd)
}

// PivotRoot makes the working directory the root, and mounts the old root on
// top of it, so that no directory is needed for that (pivot_root(2), NOTES).
type PivotRoot struct{}

// Call is "pivot_root".
func (*PivotRoot) Call() Call { return "pivot_root" }

// FlagNames is "".
func (*PivotRoot) FlagNames() string { return "" }

// String is pivot_root(".", ".").
func (*PivotRoot) String() string { return `pivot_root(".", ".")` }

func (*PivotRoot) do(*child) error { return unix.PivotRoot(".", ".") }

// Detach unmounts the mount at the working directory with all below it.
type Detach struct{}

// Call is "umount2".
func (*Detach) Call() Call { return "umount2" }

// FlagNames is "MNT_DETACH".
func (*Detach) FlagNames() string { return "MNT_DETACH" }

// String is umount2(".", MNT_DETACH).
func (*Detach) String() string { return `umount2(".", MNT_DETACH)` }

func (*Detach) do(*child) error { return unix.Unmount(".", unix.MNT_DETACH) }

// MoveRoot moves the mount of the working directory to /, over the old root.
type MoveRoot struct{}

// Call is "mount".
func (*MoveRoot) Call() Call { return "mount" }

// FlagNames is "MS_MOVE".
func (*MoveRoot) FlagNames() string { return "MS_MOVE" }

// String is mount(".", "/", "", MS_MOVE, "").
func (*MoveRoot) String() string { return `mount(".", "/", "", MS_MOVE, "")` }

func (*MoveRoot) do(*child) error { return unix.Mount(".", "/", "", unix.MS_MOVE, "") }

// Chroot changes the root directory, and nothing in the table of mounts.
type Chroot struct{ Path string }

// Call is "chroot".
func (r *Chroot) Call() Call { return "chroot" }

// FlagNames is "".
func (r *Chroot) FlagNames() string { return "" }

// String is chroot("/srv").
func (r *Chroot) String() string { return fmt.Sprintf("chroot(%q)", r.Path) }

func (r *Chroot) do(*child) error { return unix.Chroot(r.Path) }
