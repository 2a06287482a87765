package launch

import (
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Credentials belong to threads. Package syscall changes those of all threads,
// which must be stopped for it; of the child only the one is left that executes
// the command.

// Setgroups sets the supplementary groups.
type Setgroups struct{ GIDs []int }

// Call is "setgroups".
func (s *Setgroups) Call() Call { return "setgroups" }

// FlagNames is "".
func (s *Setgroups) FlagNames() string { return "" }

// String is setgroups([3, 4]).
func (s *Setgroups) String() string { return fmt.Sprintf("setgroups(%s)", numbers(s.GIDs)) }

func (s *Setgroups) do(*child) error {
	list := make([]uint32, len(s.GIDs), len(s.GIDs)+1)
	for i, id := range s.GIDs {
		list[i] = uint32(id)
	}
	return bareErrno(unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(list)), uintptr(unsafe.Pointer(unsafe.SliceData(list))), 0))
}

// Setgid sets the group.
type Setgid struct{ GID int }

// Call is "setgid".
func (s *Setgid) Call() Call { return "setgid" }

// FlagNames is "".
func (s *Setgid) FlagNames() string { return "" }

// String is setgid(5).
func (s *Setgid) String() string { return fmt.Sprintf("setgid(%d)", s.GID) }

func (s *Setgid) do(*child) error {
	return bareErrno(unix.RawSyscall(unix.SYS_SETGID, uintptr(s.GID), 0, 0))
}

// Setuid sets the user.
type Setuid struct{ UID int }

// Call is "setuid".
func (s *Setuid) Call() Call { return "setuid" }

// FlagNames is "".
func (s *Setuid) FlagNames() string { return "" }

// String is setuid(5).
func (s *Setuid) String() string { return fmt.Sprintf("setuid(%d)", s.UID) }

func (s *Setuid) do(*child) error {
	return bareErrno(unix.RawSyscall(unix.SYS_SETUID, uintptr(s.UID), 0, 0))
}

func bareErrno(_, _ uintptr, errno unix.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}

func numbers(list []int) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.Itoa(n)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
