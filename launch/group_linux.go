package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// JoinGroup moves the calling thread into control groups of version 1, by their
// tasks files. Of the child no other thread is left when the command starts. A
// process that another one moves by cgroup.procs has to wait until no process
// is just being made anywhere, for ten milliseconds and more.
type JoinGroup struct{ Dirs []string }

// Call is "write".
func (*JoinGroup) Call() Call { return "write" }

// FlagNames is "".
func (*JoinGroup) FlagNames() string { return "" }

// String is write("/sys/fs/cgroup/pids/web/tasks", "0").
func (j *JoinGroup) String() string {
	text := ""
	for i, dir := range j.Dirs {
		if i > 0 {
			text += " "
		}
		text += fmt.Sprintf("write(%q, \"0\")", dir+"/tasks")
	}
	return text
}

func (j *JoinGroup) do(*child) error {
	for _, dir := range j.Dirs {
		fd, err := unix.Open(dir+"/tasks", unix.O_WRONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return refused("open", quoted(dir+"/tasks"), err)
		}
		_, err = unix.Write(fd, []byte("0"))
		_ = unix.Close(fd)
		if err != nil {
			return refused("write", quoted(dir+"/tasks"), err)
		}
	}
	return nil
}
