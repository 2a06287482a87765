package launch

import (
	"errors"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Dispatch does the child's work when this process is a child that [Start] has
// made of the program, and returns false at once when it is not. It belongs
// into the first line of main. When it returns true a step was refused, which
// the caller of Start knows already: nothing is left but to exit. When all
// steps succeed it never returns, as the command has taken the program's place.
func Dispatch() bool {
	if len(os.Args) != 1 || os.Args[0] != childName {
		return false
	}
	// The signal of the parent's death is a property of this thread, which
	// must therefore be the one that executes the command.
	runtime.LockOSThread()
	keepInside()
	plan, err := io.ReadAll(os.NewFile(planFD, "plan"))
	if err != nil {
		return true // the missing reports say it
	}
	steps, err := decode(plan)
	if err != nil {
		return true
	}
	doAll(steps)
	return true
}

// keepInside has every descriptor but the standard streams closed when the
// command starts: those of the conversation, and what a caller passed on by
// mistake. Where close_range(2) cannot do it (before Linux 5.11) it is only
// those of the conversation.
func keepInside() {
	if unix.CloseRange(planFD, 1<<32-1, unix.CLOSE_RANGE_CLOEXEC) != nil {
		unix.CloseOnExec(planFD)
		unix.CloseOnExec(reportFD)
	}
}

// doAll does the steps that follow the clone and reports each.
func doAll(steps []Step) {
	for i, s := range steps {
		if s.Call == CallClone {
			continue
		}
		r := report{kind: reportDone, step: i + 1}
		if err := s.do(); err != nil {
			r.kind = reportFailed
			errors.As(err, &r.errno)
		}
		if _, err := unix.Write(reportFD, r.bytes()); err != nil || r.kind == reportFailed {
			return
		}
	}
}

// dieWithParent has the kernel kill this process when the thread that made it
// ends. The parent may have ended before: then nobody reads the reports.
func dieWithParent() error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return err
	}
	fds := []unix.PollFd{{Fd: reportFD}}
	if n, err := unix.Poll(fds, 0); err == nil && n > 0 && fds[0].Revents&unix.POLLERR != 0 {
		return unix.ESRCH
	}
	return nil
}

// defaultPath is where commands are looked for when Env names no PATH.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// execute is execvp(3): a name without slash is tried in each directory of
// PATH. One that exists and may not be run does not end the search.
func execute(args, env []string) error {
	if strings.Contains(args[0], "/") {
		return unix.Exec(args[0], args, env)
	}
	found := unix.ENOENT
	for dir := range strings.SplitSeq(searchPath(env), ":") {
		if dir == "" {
			dir = "."
		}
		switch err := unix.Exec(dir+"/"+args[0], args, env); err {
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
