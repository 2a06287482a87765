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

// OpenSelf takes a copy of this program along into the root, in memory and
// sealed: what is inside cannot overwrite the host's by way of /proc/1/exe
// (CVE-2019-5736), and needs no way to where the host has it.
type OpenSelf struct{}

// Call is "memfd_create".
func (*OpenSelf) Call() Call { return "memfd_create" }

// FlagNames are those of memfd_create(2).
func (*OpenSelf) FlagNames() string { return "MFD_ALLOW_SEALING|MFD_EXEC" }

// String is memfd_create("nsview-init", MFD_ALLOW_SEALING|MFD_EXEC) sendfile("/proc/self/exe") = self.
func (o *OpenSelf) String() string {
	return fmt.Sprintf("memfd_create(%q, %s) sendfile(\"/proc/self/exe\") = %s", pid1.Name, o.FlagNames(), selfSlot)
}

func (*OpenSelf) do(c *child) error {
	fd, err := copyOfSelf(pid1.Name)
	if err != nil {
		return err
	}
	c.put(selfSlot, fd)
	return nil
}

// Init makes this program the first process, which starts the command and looks
// after it (package pid1).
type Init struct {
	Args, Env []string
	Bound     bool // as that of [Execve]
}

// Call is "execveat".
func (*Init) Call() Call { return "execveat" }

// FlagNames is AT_EMPTY_PATH.
func (*Init) FlagNames() string { return "AT_EMPTY_PATH" }

// String is execveat(self, "", ["nsview-init", "--", "sh"], AT_EMPTY_PATH).
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
	return bound(i.Bound, func() error {
		return bareErrno(unix.RawSyscall6(unix.SYS_EXECVEAT, uintptr(fd), uintptr(unsafe.Pointer(&empty)),
			uintptr(unsafe.Pointer(&args[0])), uintptr(unsafe.Pointer(&env[0])), unix.AT_EMPTY_PATH, 0))
	})
}
