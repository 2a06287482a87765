package launch

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Call names a system call that a step makes.
type Call string

// The calls of steps. Clone is made by the caller's process, the others by the
// child.
const (
	CallClone     Call = "clone"
	CallMount     Call = "mount"
	CallChroot    Call = "chroot"
	CallChdir     Call = "chdir"
	CallSetgroups Call = "setgroups"
	CallSetgid    Call = "setgid"
	CallSetuid    Call = "setuid"
	CallPrctl     Call = "prctl"
	CallExecve    Call = "execve"
)

// Step is one system call with its arguments. Which of the fields it has is
// decided by Call.
type Step struct {
	Call Call
	// Source, Target, FSType and Data are of mount; chroot and chdir have
	// Target.
	Source, Target, FSType, Data string
	Flags                        uint64 // of mount and clone
	IDs                          []int  // of setgroups, setgid, setuid
	Args, Env                    []string
	UIDs, GIDs                   []IDMap // written after a clone
}

// String is the step as a dry run prints it:
//
//	mount("", "/", "", MS_REC|MS_SLAVE, "")
//
// Strings are quoted as Go does, so that nothing in them reaches a terminal
// raw.
func (s Step) String() string {
	switch s.Call {
	case CallClone:
		return fmt.Sprintf("clone(%s)%s", s.FlagNames(), s.maps())
	case CallMount:
		return fmt.Sprintf("mount(%q, %q, %q, %s, %q)", s.Source, s.Target, s.FSType, s.FlagNames(), s.Data)
	case CallChroot, CallChdir:
		return fmt.Sprintf("%s(%q)", s.Call, s.Target)
	case CallSetgroups:
		return fmt.Sprintf("setgroups(%s)", numbers(s.IDs))
	case CallSetgid, CallSetuid:
		return fmt.Sprintf("%s(%s)", s.Call, strings.Trim(numbers(s.IDs), "[]"))
	case CallPrctl:
		return "prctl(PR_SET_PDEATHSIG, SIGKILL)"
	case CallExecve:
		return fmt.Sprintf("execve(%s)", words(s.Args))
	}
	return fmt.Sprintf("%s()", s.Call)
}

// FlagNames spells out the flags of the call, "" for one that has none.
func (s Step) FlagNames() string {
	switch s.Call {
	case CallClone:
		if s.Flags == 0 {
			return "SIGCHLD"
		}
		return Namespaces(s.Flags).String() + "|SIGCHLD"
	case CallMount:
		return MountFlags(s.Flags).String()
	}
	return ""
}

// maps is what is written to the uid_map and gid_map of a new user namespace.
func (s Step) maps() string {
	var b strings.Builder
	write := func(name string, maps []IDMap) {
		for i, m := range maps {
			before := ", "
			if i == 0 {
				before = " " + name + "="
			}
			fmt.Fprintf(&b, "%s%d:%d:%d", before, m.Inside, m.Outside, m.Size)
		}
	}
	write("uid_map", s.UIDs)
	write("gid_map", s.GIDs)
	return b.String()
}

func numbers(list []int) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.Itoa(n)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// words are the path and the arguments of a command.
func words(list []string) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = strconv.Quote(s)
	}
	all := "[" + strings.Join(texts, ", ") + "]"
	if len(list) == 0 {
		return all
	}
	return texts[0] + ", " + all
}

// do makes the call in the calling process. The error is a bare errno.
func (s Step) do() error {
	switch s.Call {
	case CallMount:
		return unix.Mount(s.Source, s.Target, s.FSType, uintptr(s.Flags), s.Data)
	case CallChroot:
		return unix.Chroot(s.Target)
	case CallChdir:
		return unix.Chdir(s.Target)
	case CallSetgroups:
		return unix.Setgroups(s.IDs)
	case CallSetgid:
		return unix.Setgid(s.IDs[0])
	case CallSetuid:
		return unix.Setuid(s.IDs[0])
	case CallPrctl:
		return dieWithParent()
	case CallExecve:
		return execute(s.Args, s.Env)
	}
	return unix.ENOSYS
}
