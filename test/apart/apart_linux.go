// Package apart starts a test binary again where it may mount: in a mount
// namespace of its own.
package apart

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Again runs this binary with its own arguments and settings added to its
// environment, NAME=VALUE, in a mount namespace of its own, and returns its exit
// status. Go makes all mounts there private: nothing reaches the caller's
// namespace.
func Again(settings ...string) (status int, err error) {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), settings...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// MayUnshare says whether the caller may make mount and network namespaces, an
// ordinary user in a user namespace. It is asked of unshare(1), so that a mistake
// of nsview's own is not taken for a refusal.
func MayUnshare() error {
	args := []string{"--mount", "--net", "true"}
	if os.Geteuid() != 0 {
		args = append([]string{"--user"}, args...)
	}
	return exec.Command("unshare", args...).Run()
}
