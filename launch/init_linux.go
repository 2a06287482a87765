package launch

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/launch/pid1"
)

// selfSlot holds the program that is the first process of a container with an
// init.
const selfSlot = "self"

// OpenSelf takes this program along into the root, on a mount that is read-only
// and belongs to nobody: from inside it cannot be overwritten by way of
// /proc/1/exe (CVE-2019-5736).
type OpenSelf struct{}

// Call is "open_tree".
func (*OpenSelf) Call() Call { return "open_tree" }

// FlagNames are those of open_tree(2).
func (*OpenSelf) FlagNames() string { return "OPEN_TREE_CLONE" }

// String is open_tree("/proc/self/exe", OPEN_TREE_CLONE) mount_setattr(MOUNT_ATTR_RDONLY) = self.
func (o *OpenSelf) String() string {
	return fmt.Sprintf("open_tree(\"/proc/self/exe\", %s) mount_setattr(MOUNT_ATTR_RDONLY) = %s", o.FlagNames(), selfSlot)
}

func (*OpenSelf) do(c *child) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, "/proc/self/exe", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return err
	}
	c.put(selfSlot, fd)
	return refused("mount_setattr", "MOUNT_ATTR_RDONLY",
		unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}))
}

// Init makes this program the first process, which starts the command and looks
// after it (package pid1).
type Init struct{ Args, Env []string }

// Call is "execveat".
func (*Init) Call() Call { return "execveat" }

// FlagNames is AT_EMPTY_PATH.
func (*Init) FlagNames() string { return "AT_EMPTY_PATH" }

// String is execveat(self, "", ["nsview-init", "sh"], AT_EMPTY_PATH).
func (i *Init) String() string {
	return fmt.Sprintf("execveat(%s, \"\", %s, %s)", selfSlot, list(pid1.Args(i.Args)), i.FlagNames())
}

func (i *Init) do(c *child) error {
	fd, err := c.fd(selfSlot)
	if err != nil {
		return err
	}
	args, err := syscall.SlicePtrFromStrings(pid1.Args(i.Args))
	if err != nil {
		return err
	}
	env, err := syscall.SlicePtrFromStrings(c.environment(i.Env))
	if err != nil {
		return err
	}
	empty := [1]byte{}
	return bareErrno(unix.RawSyscall6(unix.SYS_EXECVEAT, uintptr(fd), uintptr(unsafe.Pointer(&empty)),
		uintptr(unsafe.Pointer(&args[0])), uintptr(unsafe.Pointer(&env[0])), unix.AT_EMPTY_PATH, 0))
}
