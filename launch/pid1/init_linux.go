package pid1

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Name is what the init is called among processes.
const Name = "nsview-init"

// Args are the arguments, the program's name among them, that make an init of
// this program which runs a command.
func Args(command []string) []string { return append([]string{Name, "--"}, command...) }

// The statuses of a command that could not be started, as of shells and docker
// run.
const (
	statusNotRun   = 126
	statusNotFound = 127
)

// Dispatch is the init's whole life when this process is one, and false at
// once when it is not. The status is what to exit with.
func Dispatch() (status int, ok bool) {
	if len(os.Args) < 3 || os.Args[0] != Name || os.Args[1] != "--" {
		return 0, false
	}
	// The kernel calls it after a descriptor. Without proc it stays so.
	_ = os.WriteFile("/proc/self/comm", []byte(Name), 0)
	// From here on, so that none is lost that comes while the command starts.
	signals := make(chan os.Signal, 256)
	signal.Notify(signals)
	pid, err := start(os.Args[2:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "nsview: start %q: %v\n", os.Args[2], err)
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, syscall.ENOENT) {
			return statusNotFound, true
		}
		return statusNotRun, true
	}
	for s := range signals {
		switch s {
		case syscall.SIGCHLD:
			if status, ended := reap(pid); ended {
				return status, true
			}
		case syscall.SIGURG: // the Go runtime's own
		case syscall.SIGTTIN, syscall.SIGTTOU: // about the init itself
		default:
			if sig, ok := s.(syscall.Signal); ok {
				// A command that has just ended shows as SIGCHLD.
				_ = syscall.Kill(pid, sig)
			}
		}
	}
	return 0, true // signals end with the process only
}

// start starts the command, in a group of processes of its own, which gets the
// terminal if there is one.
func start(args []string) (int, error) {
	path, err := exec.LookPath(args[0])
	if err != nil {
		var cause *exec.Error
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return 0, err
	}
	_, err = unix.IoctlGetInt(0, unix.TIOCGPGRP)
	pid, _, err := syscall.StartProcess(path, args, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Setpgid: true, Foreground: err == nil, Ctty: 0},
	})
	return pid, err
}

// reap takes leave of all children that have ended, and says whether the
// command was among them, and how it ended.
func reap(command int) (status int, ended bool) {
	for {
		var how syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &how, syscall.WNOHANG, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil || pid <= 0:
			return status, ended
		case pid != command:
			continue
		}
		status, ended = how.ExitStatus(), true
		if how.Signaled() {
			status = 128 + int(how.Signal())
		}
	}
}
