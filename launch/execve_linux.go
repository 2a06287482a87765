package launch

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Execve starts the command. A name without slash is looked for in the PATH of
// Env, as execvp(3) does.
type Execve struct {
	Args, Env []string
	Bound     bool // to the thread that made the child: it ends with that
}

// Call is "execve".
func (e *Execve) Call() Call { return "execve" }

// FlagNames is "".
func (e *Execve) FlagNames() string { return "" }

// String is execve("sh", ["sh", "-c", "true"]).
func (e *Execve) String() string { return fmt.Sprintf("execve(%s)", words(e.Args)) }

// words are the path and the arguments of a command.
func words(args []string) string {
	if len(args) == 0 {
		return list(args)
	}
	return strconv.Quote(args[0]) + ", " + list(args)
}

// list is ["sh", "-c", "true"].
func list(args []string) string {
	texts := make([]string, len(args))
	for i, s := range args {
		texts[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// defaultPath is where commands are looked for when Env names no PATH.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func (e *Execve) do(c *child) error {
	return bound(e.Bound, func() error { return e.search(c.environment(e.Env)) })
}

// bound does what ends in execve(2), and has the kernel kill this process from
// then on when the thread that made it ends. It is the last thing before: a
// child that is killed takes nothing back. Earlier a change of user would undo
// it, too.
func bound(yes bool, exec func() error) error {
	if !yes {
		return exec()
	}
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return refused("prctl", "PR_SET_PDEATHSIG", err)
	}
	err := unix.ESRCH
	if !alone() {
		errors.As(exec(), &err)
	}
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0)
	return err
}

// alone says whether the parent is gone: then nobody is at the other end.
func alone() bool {
	fds := []unix.PollFd{{Fd: talkFD, Events: unix.POLLRDHUP}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLHUP|unix.POLLRDHUP) != 0
}

// search tries a name without slash in each directory of PATH. One that exists and
// may not be run does not end the search.
func (e *Execve) search(env []string) error {
	if strings.Contains(e.Args[0], "/") {
		return unix.Exec(e.Args[0], e.Args, env)
	}
	found := unix.ENOENT
	for dir := range strings.SplitSeq(searchPath(env), ":") {
		if dir == "" {
			dir = "."
		}
		switch err := unix.Exec(dir+"/"+e.Args[0], e.Args, env); err {
		case unix.ENOENT, unix.ENOTDIR:
		case unix.EACCES:
			found = unix.EACCES
		default:
			return err
		}
	}
	return found
}

func searchPath(env []string) string {
	for _, e := range env {
		if path, ok := strings.CutPrefix(e, "PATH="); ok {
			return path
		}
	}
	return defaultPath
}

// environment is a command's, with the HOME of the user that it has become.
func (c *child) environment(env []string) []string {
	if c.home == "" || slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, "HOME=") }) {
		return env
	}
	return append(slices.Clone(env), "HOME="+c.home)
}
