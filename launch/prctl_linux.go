package launch

import "golang.org/x/sys/unix"

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
