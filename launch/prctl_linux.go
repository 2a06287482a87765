package launch

import "golang.org/x/sys/unix"

// DieWithParent has the kernel kill the command when the thread that made it
// ends.
type DieWithParent struct{}

// Call is "prctl".
func (*DieWithParent) Call() Call { return "prctl" }

// FlagNames is "".
func (*DieWithParent) FlagNames() string { return "" }

// String is prctl(PR_SET_PDEATHSIG, SIGKILL).
func (*DieWithParent) String() string { return "prctl(PR_SET_PDEATHSIG, SIGKILL)" }

// The parent may have ended before: then nobody is at the other end.
func (*DieWithParent) do(*child) error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return err
	}
	fds := []unix.PollFd{{Fd: talkFD, Events: unix.POLLRDHUP}}
	if n, err := unix.Poll(fds, 0); err == nil && n > 0 && fds[0].Revents&(unix.POLLHUP|unix.POLLRDHUP) != 0 {
		return unix.ESRCH
	}
	return nil
}

// NoNewPrivileges keeps the command from gaining rights by execve(2).
type NoNewPrivileges struct{}

// Call is "prctl".
func (*NoNewPrivileges) Call() Call { return "prctl" }

// FlagNames is "".
func (*NoNewPrivileges) FlagNames() string { return "" }

// String is prctl(PR_SET_NO_NEW_PRIVS, 1).
func (*NoNewPrivileges) String() string { return "prctl(PR_SET_NO_NEW_PRIVS, 1)" }

func (*NoNewPrivileges) do(*child) error {
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}

// Setsid makes the command the leader of a session of its own.
type Setsid struct{}

// Call is "setsid".
func (*Setsid) Call() Call { return "setsid" }

// FlagNames is "".
func (*Setsid) FlagNames() string { return "" }

// String is setsid().
func (*Setsid) String() string { return "setsid()" }

func (*Setsid) do(*child) error {
	_, err := unix.Setsid()
	return err
}
