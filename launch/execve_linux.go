package launch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Execve starts the command. A name without slash is looked for in the PATH of
// Env, as execvp(3) does.
type Execve struct{ Args, Env []string }

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

// do tries a name without slash in each directory of PATH. One that exists and
// may not be run does not end the search.
func (e *Execve) do(c *child) error {
	env := c.environment(e.Env)
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
