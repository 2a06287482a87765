package launch

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Call names a system call, as the manual does: "mount", "openat2".
type Call string

// Action is what a step does: one system call with its arguments, or the few
// that belong together (fsopen, fsconfig and fsmount make one file system). It
// is a pointer to a plain struct: the type decides which calls are made, the
// exported fields are their arguments, and the whole can be sent to the child.
//
// A new action is one file, and a row in [actions] when the child does it.
type Action interface {
	// Call is the system call; the last one, of several.
	Call() Call
	// FlagNames spells out the flags of the call, "" for one that has none.
	FlagNames() string
	// String is the action as a dry run prints it. Strings are quoted as Go
	// does, so that nothing in them reaches a terminal raw.
	String() string
}

// childAction is one that the child does.
type childAction interface {
	Action
	// do makes the call. The error is an errno, or a *[CallError] when it is
	// clearer to name another call than Call.
	do(c *child) error
}

// actions are those that the child can do. On the wire they go by the names of
// their types.
func actions() []childAction {
	return []childAction{
		&Attach{}, &AttachSelf{}, &Chdir{}, &Chroot{}, &CloneTree{}, &Detach{}, &Device{},
		&EnterRoot{}, &Execve{}, &Fchdir{}, &GroupTree{}, &Loopback{}, &MakeDir{}, &Mask{}, &MkdirIn{}, &MountCall{},
		&DropBounding{}, &Filter{}, &GiveTerminal{}, &Init{}, &JoinGroup{}, &KeepCapabilities{}, &Limit{}, &Login{},
		&OpenSelf{}, &SetCapabilities{}, &SetUmask{}, &Sysctl{}, &Terminal{},
		&MoveRoot{}, &NewFS{}, &NoNewPrivileges{}, &OpenNull{}, &OpenRoot{}, &Overlay{}, &Personality{}, &PivotRoot{},
		&PrivateParent{}, &ReadOnlyPath{}, &Remount{}, &RunHook{}, &ScratchDirs{}, &SetAttributes{}, &Setdomainname{}, &Setgid{},
		&Setgroups{}, &Sethostname{}, &Setns{}, &Setsid{}, &Setuid{}, &SymlinkIn{},
		&Unshare{}, &WriteSelf{},
	}
}

// CallError is a system call that was refused inside an action of several.
type CallError struct {
	Call   Call
	Detail string // what it was about, or the kernel's own message; may be empty
	Err    error
}

// Error is "openat2 /proc: no such file or directory".
func (e *CallError) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("%s: %v", e.Call, e.Err)
	}
	return fmt.Sprintf("%s %s: %v", e.Call, e.Detail, e.Err)
}

// Unwrap is the errno.
func (e *CallError) Unwrap() error { return e.Err }

// refused names the call that an error comes from; nil stays nil.
func refused(call Call, detail string, err error) error {
	if err == nil {
		return nil
	}
	return &CallError{Call: call, Detail: detail, Err: err}
}

// errnoOf is the errno in an error, EIO when there is none.
func errnoOf(err error) unix.Errno {
	errno := unix.EIO
	errors.As(err, &errno)
	return errno
}
