package launch

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Filter is a compiled seccomp profile (package seccomp).
type Filter struct {
	Code  string // an array of struct sock_filter
	Flags uint64 // SECCOMP_FILTER_FLAG_*
}

// Call is "seccomp".
func (*Filter) Call() Call { return "seccomp" }

// FlagNames are those of seccomp(2).
func (f *Filter) FlagNames() string {
	return names(f.Flags, []flagName{
		{unix.SECCOMP_FILTER_FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG"},
		{unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"},
	})
}

// String is seccomp(SECCOMP_SET_MODE_FILTER, 0, 721 instructions).
func (f *Filter) String() string {
	return fmt.Sprintf("seccomp(SECCOMP_SET_MODE_FILTER, %s, %d instructions)", f.FlagNames(), f.length())
}

func (f *Filter) length() int { return len(f.Code) / unix.SizeofSockFilter }

// do loads the filter for this thread alone, which is the one that executes.
func (f *Filter) do(*child) error {
	if f.length() == 0 {
		return unix.EINVAL
	}
	code := []byte(f.Code)
	prog := unix.SockFprog{Len: uint16(f.length()), Filter: (*unix.SockFilter)(unsafe.Pointer(unsafe.SliceData(code)))}
	return bareErrno(unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(f.Flags), uintptr(unsafe.Pointer(&prog))))
}
