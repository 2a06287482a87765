//go:build linux

package seccomp

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

const filtered = "under the filter"

// tryCalls loads the default profile in this process and says what the kernel
// answers then.
func tryCalls() {
	runtime.LockOSThread()
	p, err := Default(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := Compile(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	prog := unix.SockFprog{Len: uint16(len(program.Code) / unix.SizeofSockFilter), Filter: (*unix.SockFilter)(unsafe.Pointer(&program.Code[0]))}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		fmt.Println("no new privileges:", err)
		return
	}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(program.Flags), uintptr(unsafe.Pointer(&prog))); errno != 0 {
		fmt.Println("load:", errno)
		return
	}
	_, _, personality := unix.RawSyscall(unix.SYS_PERSONALITY, 0x1234, 0, 0)
	_, _, current := unix.RawSyscall(unix.SYS_PERSONALITY, 0xffffffff, 0, 0)
	_, _, clone3 := unix.RawSyscall(unix.SYS_CLONE3, 0, 0, 0)
	_, _, future := unix.RawSyscall(9999, 0, 0, 0)
	_, vsock := unix.Socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0)
	fmt.Println(int(personality), int(current), int(clone3), int(future), vsock == unix.EPERM, unix.Unshare(unix.CLONE_NEWUTS) == unix.EPERM)
}

// The kernel takes the program and does what the profile says, for any user.
func TestKernelObeys(t *testing.T) {
	out, err := exec.Command("/proc/self/exe", filtered).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := fmt.Sprintf("%d 0 %d %d true true", unix.EPERM, unix.ENOSYS, unix.ENOSYS)
	if got := strings.TrimSpace(string(out)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
