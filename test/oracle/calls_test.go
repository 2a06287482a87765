//go:build linux

package oracle_test

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
)

// Flags of move_mount(2) that x/sys does not have.
const moveBeneath = 0x200

// dirs and files are in every file system that is not empty.
var (
	dirs  = []string{"a", "b", "c", "d", "x", "z", "a/x", "b/x", "b/y", "c/x", "d/x", "a/x/z"}
	files = []string{"f", "a/f"}
)

// furnish makes them in a directory.
func furnish(at int) error {
	for _, d := range dirs {
		if err := unix.Mkdirat(at, d, 0o755); err != nil {
			return fmt.Errorf("make %s: %w", d, err)
		}
	}
	for _, f := range files {
		fd, err := unix.Openat(at, f, unix.O_CREAT|unix.O_CLOEXEC, 0o644)
		if err != nil {
			return fmt.Errorf("make %s: %w", f, err)
		}
		unix.Close(fd)
	}
	return nil
}

// call does an operation on the calling thread.
func call(op predict.Op) error {
	rec := uintptr(0)
	if op.Recursive {
		rec = unix.MS_REC
	}
	switch op.Kind {
	case predict.OpMount:
		if op.Detached || op.Beneath {
			return mountDetached(op)
		}
		return unix.Mount(op.Source, op.Dst, op.FSType, 0, "")
	case predict.OpBind:
		if op.Detached || op.Beneath {
			return bindDetached(op)
		}
		return unix.Mount(op.Src, op.Dst, "", unix.MS_BIND|rec, "")
	case predict.OpMove:
		if op.Detached || op.Beneath {
			return unix.MoveMount(unix.AT_FDCWD, op.Src, unix.AT_FDCWD, op.Dst, unix.MOVE_MOUNT_F_SYMLINKS|unix.MOVE_MOUNT_T_SYMLINKS|beneath(op))
		}
		return unix.Mount(op.Src, op.Dst, "", unix.MS_MOVE, "")
	case predict.OpUmount:
		flags := 0
		if op.Lazy {
			flags = unix.MNT_DETACH
		}
		return unix.Unmount(op.Dst, flags)
	case predict.OpMake:
		return unix.Mount("", op.Dst, "", types[op.Type]|rec, "")
	case predict.OpSetGroup:
		return unix.MoveMount(unix.AT_FDCWD, op.Src, unix.AT_FDCWD, op.Dst, unix.MOVE_MOUNT_SET_GROUP|unix.MOVE_MOUNT_F_SYMLINKS|unix.MOVE_MOUNT_T_SYMLINKS)
	case predict.OpRemount:
		flags := uint(0)
		if op.Recursive {
			flags = unix.AT_RECURSIVE
		}
		err := unix.MountSetattr(unix.AT_FDCWD, op.Dst, flags, attrOf(op))
		if err == unix.ENOSYS && !op.Recursive {
			return reflag(op)
		}
		return err
	case predict.OpRemove:
		return unix.Rmdir(op.Dst)
	case predict.OpPivot:
		return unix.PivotRoot(op.Src, op.Dst)
	case predict.OpChroot:
		if err := unix.Chroot(op.Dst); err != nil {
			return err
		}
		return unix.Chdir("/") // the working directory would keep a mount busy
	}
	return unix.ENOSYS
}

// reflag changes flags of a mount as mount(8) does where there is no
// mount_setattr(2): it sets all of them.
func reflag(op predict.Op) error {
	var st unix.Statfs_t
	if err := unix.Statfs(op.Dst, &st); err != nil {
		return err
	}
	var now predict.Flags
	for _, known := range flags {
		if uint64(st.Flags)&known.st != 0 {
			now |= known.flag
		}
	}
	if op.Flags&atime != 0 {
		now &^= atime
	}
	after, ms := now&^op.Clear|op.Flags, uintptr(0)
	for _, known := range flags {
		if after&known.flag != 0 {
			ms |= uintptr(known.ms)
		}
	}
	if after&atime == 0 {
		ms |= unix.MS_STRICTATIME
	}
	return unix.Mount("", op.Dst, "", unix.MS_REMOUNT|unix.MS_BIND|ms, "")
}

var types = map[predict.Propagation]uintptr{
	predict.Shared: unix.MS_SHARED, predict.Private: unix.MS_PRIVATE, predict.Slaved: unix.MS_SLAVE, predict.Unbindable: unix.MS_UNBINDABLE,
}

// attrOf are the flags of an operation as mount_setattr(2) takes them: how access
// times are kept is one value of three, relatime being 0.
func attrOf(op predict.Op) *unix.MountAttr {
	a := &unix.MountAttr{Attr_set: attrs(op.Flags), Attr_clr: attrs(op.Clear)}
	if (op.Flags|op.Clear)&atime != 0 {
		a.Attr_clr |= unix.MOUNT_ATTR__ATIME
	}
	if op.Flags&atime == 0 && op.Clear&atime != 0 {
		a.Attr_set |= unix.MOUNT_ATTR_STRICTATIME
	}
	return a
}

func attrs(f predict.Flags) (attr uint64) {
	for _, known := range flags {
		if f&known.flag != 0 {
			attr |= known.attr
		}
	}
	return attr
}

func beneath(op predict.Op) int {
	if op.Beneath {
		return moveBeneath
	}
	return 0
}

// mountDetached makes a file system, furnishes it, and attaches it.
func mountDetached(op predict.Op) error {
	fs, err := unix.Fsopen(op.FSType, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fs)
	if err := unix.FsconfigSetString(fs, "source", op.Source); err != nil {
		return err
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return err
	}
	m, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_RELATIME)
	if err != nil {
		return err
	}
	defer unix.Close(m)
	if strings.HasPrefix(op.Source, "full") {
		if err := furnish(m); err != nil {
			return err
		}
	}
	return unix.MoveMount(m, "", unix.AT_FDCWD, op.Dst, unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_SYMLINKS|beneath(op))
}

func bindDetached(op predict.Op) error {
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC)
	if op.Recursive {
		flags |= unix.AT_RECURSIVE
	}
	fd, err := unix.OpenTree(unix.AT_FDCWD, op.Src, flags)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if op.IDMap {
		maps := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(idMaps)}
		if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH|flags&unix.AT_RECURSIVE, &maps); err != nil {
			return err
		}
	}
	return unix.MoveMount(fd, "", unix.AT_FDCWD, op.Dst, unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_SYMLINKS|beneath(op))
}
