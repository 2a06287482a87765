package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// CloneTree takes a copy of the mount that Path lies on, from Path downwards,
// which is not mounted anywhere yet.
type CloneTree struct {
	Path      string
	Recursive bool // with the mounts below it
	To        string
}

// Call is "open_tree".
func (t *CloneTree) Call() Call { return "open_tree" }

// FlagNames are those of open_tree(2).
func (t *CloneTree) FlagNames() string {
	return names(uint64(t.flags()&^unix.OPEN_TREE_CLOEXEC), treeNames)
}

// String is open_tree("/srv", OPEN_TREE_CLONE|AT_RECURSIVE) = volume.
func (t *CloneTree) String() string {
	return fmt.Sprintf("open_tree(%q, %s) = %s", t.Path, t.FlagNames(), t.To)
}

func (t *CloneTree) flags() uint {
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC)
	if t.Recursive {
		flags |= unix.AT_RECURSIVE
	}
	return flags
}

func (t *CloneTree) do(c *child) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, t.Path, t.flags())
	if err != nil {
		return err
	}
	c.put(t.To, fd)
	return nil
}

// cloneOf is a copy of what a descriptor is of, mounted nowhere; more are further
// flags of open_tree(2).
func cloneOf(fd int, more uint) (int, error) {
	return unix.OpenTree(fd, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH|more)
}

// mountAtFlags are the flags of [mountAt], by name.
const mountAtFlags = "MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH"

// mountAt mounts what is mounted nowhere on what another descriptor is of.
func mountAt(tree, at int) error {
	return unix.MoveMount(tree, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
}

// GivenTree is a [CloneTree] that the caller takes and gives to the child: the
// way there is not for whom the child has become.
type GivenTree struct{ CloneTree }

func (t *GivenTree) slot() string { return t.To }

func (t *GivenTree) inParent(int) (int, error) {
	return unix.OpenTree(unix.AT_FDCWD, t.Path, t.flags())
}

// SetAttributes changes the mount in a slot.
type SetAttributes struct {
	Slot        string
	Set, Clear  MountAttr
	Propagation Request // Recursive of it is not used
	Recursive   bool
}

// Call is "mount_setattr".
func (a *SetAttributes) Call() Call { return "mount_setattr" }

// FlagNames are the attributes and the propagation.
func (a *SetAttributes) FlagNames() string {
	text := ""
	add := func(word string) {
		if text != "" {
			text += ", "
		}
		text += word
	}
	if a.Recursive {
		add("AT_RECURSIVE")
	}
	if a.Set != 0 {
		add("set " + a.Set.String())
	}
	if a.Clear != 0 {
		add("clear " + a.Clear.String())
	}
	if a.Propagation.Change != Unchanged {
		add("propagation " + changeFlags[a.Propagation.Change].String())
	}
	return text
}

// String is mount_setattr(volume, set MOUNT_ATTR_RDONLY).
func (a *SetAttributes) String() string {
	return fmt.Sprintf("mount_setattr(%s, %s)", a.Slot, a.FlagNames())
}

func (a *SetAttributes) do(c *child) error {
	fd, err := c.fd(a.Slot)
	if err != nil {
		return err
	}
	if err := a.apply(fd); err != nil {
		return err
	}
	if a.Slot == rootSlot && a.Set&unix.MOUNT_ATTR_RDONLY != 0 {
		c.undo = append(c.undo, func() { // so that what was made in it can be removed
			_ = unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY})
		})
	}
	return nil
}

// apply changes the mount of a descriptor.
func (a *SetAttributes) apply(fd int) error {
	flags := uint(unix.AT_EMPTY_PATH)
	if a.Recursive {
		flags |= unix.AT_RECURSIVE
	}
	return unix.MountSetattr(fd, "", flags, a.attr())
}

func (a *SetAttributes) attr() *unix.MountAttr {
	attr := &unix.MountAttr{Attr_set: uint64(a.Set), Attr_clr: uint64(a.Clear)}
	// One of several settings is chosen by number: all its bits are cleared.
	if a.Set&MountAttr(unix.MOUNT_ATTR__ATIME) != 0 || a.Clear&MountAttr(unix.MOUNT_ATTR__ATIME) != 0 {
		attr.Attr_clr |= unix.MOUNT_ATTR__ATIME
	}
	if a.Propagation.Change != Unchanged {
		attr.Propagation = uint64(changeFlags[a.Propagation.Change])
	}
	return attr
}

// Attach mounts what a slot holds at a path in the root, and makes the mount
// point when it is missing. The slot is empty afterwards.
type Attach struct {
	Slot, Target string
	// Plain wants Target itself, not what a symbolic link there points to.
	Plain bool
	// InProc allows a place inside of a proc file system.
	InProc bool
}

// Call is "move_mount".
func (a *Attach) Call() Call { return "move_mount" }

// FlagNames are those of move_mount(2).
func (a *Attach) FlagNames() string { return mountAtFlags }

// String is move_mount(fs, openat2(rootfs, "/proc", RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS), ...).
func (a *Attach) String() string {
	rules := "RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS"
	if a.Plain {
		rules += "|RESOLVE_NO_SYMLINKS"
	}
	return fmt.Sprintf("move_mount(%s, openat2(rootfs, %q, %s), %s)", a.Slot, a.Target, rules, a.FlagNames())
}

func (a *Attach) do(c *child) error {
	from, err := c.fd(a.Slot)
	if err != nil {
		return err
	}
	to, err := a.target(c, from)
	if err != nil {
		return err
	}
	defer unix.Close(to)
	if err := a.judge(from, to); err != nil {
		return err
	}
	if err := mountAt(from, to); err != nil {
		return err
	}
	c.drop(a.Slot)
	return nil
}

// target opens the mount point: a directory for a directory, a file for a file.
func (a *Attach) target(c *child, from int) (int, error) {
	dir, err := isDir(from)
	if err != nil {
		return -1, err
	}
	if a.Plain {
		fd, err := c.openIn(a.Target, unix.O_PATH, unix.RESOLVE_NO_SYMLINKS)
		if err == nil || errnoOf(err) != unix.ENOENT {
			return fd, err
		}
	}
	if dir {
		return c.makeIn(a.Target, 0o755)
	}
	return c.makeFileIn(a.Target)
}

// judge refuses a file for a directory and the other way round, and a place in a
// proc file system: what is read from there decides about the safety of others
// (CVE-2019-16884, CVE-2019-19921).
func (a *Attach) judge(from, to int) error {
	dir, err := isDir(from)
	if err != nil {
		return err
	}
	if at, err := isDir(to); err != nil {
		return err
	} else if dir != at {
		errno := unix.ENOTDIR
		if at {
			errno = unix.EISDIR
		}
		return refused("openat2", quoted(a.Target), errno)
	}
	if a.InProc {
		return nil
	}
	var fs unix.Statfs_t
	if err := unix.Fstatfs(to, &fs); err != nil {
		return refused("fstatfs", quoted(a.Target), err)
	}
	if fs.Type == unix.PROC_SUPER_MAGIC {
		return refused("move_mount", quoted(a.Target)+" lies in a proc file system", unix.EPERM)
	}
	return nil
}
