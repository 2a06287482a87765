package launch

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// self is this program, also when its file has gone.
const self = "/proc/self/exe"

// farFD is where the descriptor of the program is kept: package syscall moves
// lower ones about on the way to the child. Below 64 the kernel need not make
// room, for which it would wait for all processors (files_struct).
const farFD = 48

// guardedSelf is this program as the child gets to execute it: for as long as
// the child is in the container, a process there could open the child's
// /proc/PID/exe and write to the program of the host (CVE-2019-5736). A copy of
// its mount that is read-only and mounted nowhere costs nothing, but is for the
// privileged; another user who may write to the program gives the child a copy
// of it, in memory.
func guardedSelf() (*os.File, error) {
	tree, err := readOnlySelf()
	if err == nil {
		return far(tree)
	}
	if unix.Access(self, unix.W_OK) != nil && !ownsSelf() {
		return nil, nil // nobody there may write to it
	}
	fd, err := copyOfSelf("nsview")
	if err != nil {
		return nil, fmt.Errorf("protect the program from what it starts: %w", err)
	}
	return far(fd)
}

// AttachSelf mounts the guarded program at its own place, until the old root
// goes with all that is in it. Nothing depends on it but time: to remove a mount
// the kernel waits for all processors, and so it does so once.
type AttachSelf struct{ Path string }

// Call is "move_mount".
func (*AttachSelf) Call() Call { return "move_mount" }

// FlagNames are those of move_mount(2).
func (*AttachSelf) FlagNames() string { return "MOVE_MOUNT_F_EMPTY_PATH" }

// String is move_mount(open_tree("/proc/self/exe", 0), "/usr/bin/nsview", MOVE_MOUNT_F_EMPTY_PATH).
func (a *AttachSelf) String() string {
	return fmt.Sprintf("move_mount(open_tree(%q, 0), %q, %s)", self, a.Path, a.FlagNames())
}

func (a *AttachSelf) do(*child) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, self, unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	defer unix.Close(fd)
	_ = unix.MoveMount(fd, "", unix.AT_FDCWD, a.Path, unix.MOVE_MOUNT_F_EMPTY_PATH)
	return nil
}

func readOnlySelf() (int, error) {
	tree, err := unix.OpenTree(unix.AT_FDCWD, self, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return -1, err
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY, Propagation: unix.MS_PRIVATE}
	if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH, &attr); err != nil {
		_ = unix.Close(tree)
		return -1, err
	}
	return tree, nil
}

// ownsSelf says whether the user may allow himself to write to the program.
func ownsSelf() bool {
	var st unix.Stat_t
	return unix.Stat(self, &st) == nil && int(st.Uid) == os.Geteuid()
}

// copyOfSelf is the program in memory, by that name, which nobody can change any
// more.
func copyOfSelf(name string) (int, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	to, err := unix.MemfdCreate(name, flags|unix.MFD_EXEC)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3 all are executable
		to, err = unix.MemfdCreate(name, flags)
	}
	if err != nil {
		return -1, refused("memfd_create", "", err)
	}
	if err := fillAndSeal(to); err != nil {
		_ = unix.Close(to)
		return -1, err
	}
	return to, nil
}

func fillAndSeal(to int) error {
	from, err := unix.Open(self, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return refused("open", quoted(self), err)
	}
	defer unix.Close(from)
	for n := 1; n > 0; {
		n, err = unix.Sendfile(to, from, nil, 1<<30)
		if errors.Is(err, unix.EINTR) {
			n = 1
		} else if err != nil {
			return refused("sendfile", "", err)
		}
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	_, err = unix.FcntlInt(uintptr(to), unix.F_ADD_SEALS, seals)
	return refused("fcntl", "F_ADD_SEALS", err)
}

func far(fd int) (*os.File, error) {
	moved, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, farFD)
	_ = unix.Close(fd)
	if err != nil {
		return nil, fmt.Errorf("protect the program from what it starts: %w", err)
	}
	return os.NewFile(uintptr(moved), "self"), nil
}
