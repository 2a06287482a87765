//go:build linux

package propagation_test

import (
	"os"
	"path"

	"golang.org/x/sys/unix"
)

func (w *topology) mountFS(_ *space, _, b string) error {
	if err := unix.Mount("more", b, "tmpfs", 0, ""); err != nil {
		return err
	}
	return furnish(b)
}

func (w *topology) bind(_ *space, a, b string) error {
	return unix.Mount(a, b, "", unix.MS_BIND, "")
}

func (w *topology) rbind(s *space, a, b string) error {
	if mountsBelow(w.base) > mostMounts {
		return did("(too many mounts to rbind)")
	}
	return unix.Mount(a, b, "", unix.MS_BIND|unix.MS_REC, "")
}

func (w *topology) bindFile(_ *space, a, b string) error {
	return unix.Mount(path.Join(a, "f"), path.Join(b, "f"), "", unix.MS_BIND, "")
}

// propagate changes the mount that serves a place, which need not be one.
func (w *topology) propagate(_ *space, a, _ string) error {
	types := []struct {
		flag uintptr
		name string
	}{
		{unix.MS_SHARED, "make-shared"},
		{unix.MS_SHARED, "make-shared"},
		{unix.MS_SLAVE, "make-slave"},
		{unix.MS_PRIVATE, "make-private"},
		{unix.MS_UNBINDABLE, "make-unbindable"},
	}
	c := pick(w, types)
	if w.rnd.IntN(3) == 0 {
		c.flag, c.name = c.flag|unix.MS_REC, "r"+c.name
	}
	for a != w.base && unix.Mount("", a, "", c.flag, "") != nil {
		a = path.Dir(a)
	}
	if a == w.base {
		if err := unix.Mount("", a, "", c.flag, ""); err != nil {
			return err
		}
	}
	return did(c.name + " " + a)
}

func (w *topology) unmount(_ *space, a, _ string) error {
	if a == w.base {
		return did("(the base stays)")
	}
	return unix.Unmount(a, unix.MNT_DETACH)
}

func (w *topology) move(_ *space, a, b string) error {
	return unix.Mount(a, b, "", unix.MS_MOVE, "")
}

// moveBeneath is MOVE_MOUNT_BENEATH (Linux 6.5), which x/sys does not have.
const moveBeneath = 0x200

func (w *topology) beneath(_ *space, _, b string) error {
	fd, err := newFS("tucked")
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.MoveMount(fd, "", unix.AT_FDCWD, b, unix.MOVE_MOUNT_F_EMPTY_PATH|moveBeneath)
}

// newFS is a tmpfs that is mounted nowhere yet.
func newFS(source string) (int, error) {
	fs, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fs)
	if err := unix.FsconfigSetString(fs, "source", source); err != nil {
		return -1, err
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return -1, err
	}
	return unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
}

// remove takes a directory away, which may be the root or a mount point of
// mounts elsewhere.
func (w *topology) remove(_ *space, a, _ string) error {
	if a == w.base {
		return did("(the base stays)")
	}
	return unix.Rmdir(a)
}

// detach keeps a tree that is in no namespace but in the groups of what it was
// copied from.
func (w *topology) detach(_ *space, a, _ string) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, a, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err == nil {
		w.held = append(w.held, fd)
	}
	return err
}

func (w *topology) attach(_ *space, _, b string) error {
	if len(w.held) == 0 {
		return did("(nothing to attach)")
	}
	fd := w.held[len(w.held)-1]
	w.held = w.held[:len(w.held)-1]
	defer unix.Close(fd)
	return unix.MoveMount(fd, "", unix.AT_FDCWD, b, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// mountsBelow counts the mounts that the calling thread has below a directory.
func mountsBelow(dir string) int {
	text, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return 0
	}
	return countField(string(text), dir)
}
