package sweep

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A killed process stays in its group until it is waited for, which is up to
// its parent, and the kernel tells of an empty group in version 2 only. So the
// group is asked again, less and less often, until patience ends.
const (
	firstPause = time.Millisecond
	patience   = 10 * time.Second
)

// removeGroup kills what runs in a control group and below it, and removes it.
func removeGroup(dir string) error {
	waited := time.Duration(0)
	for pause := firstPause; ; pause = min(2*pause, patience/20) {
		err := removeOnce(dir)
		if !errors.Is(err, unix.EBUSY) || waited >= patience {
			return err
		}
		time.Sleep(pause)
		waited += pause
	}
}

// removeOnce removes a group and those below it if they are empty; if not, it
// kills, and the error is EBUSY.
func removeOnce(dir string) error {
	// Of files in a group's directory rmdir(2) takes no notice.
	err := unix.Rmdir(dir)
	if !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.ENOTEMPTY) {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeOnce(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.ENOENT) {
				return err
			}
		}
	}
	killAll(dir)
	if err := unix.Rmdir(dir); !errors.Is(err, unix.ENOTEMPTY) {
		return err
	}
	return unix.EBUSY
}

// killAll kills the processes of a group: all at once by cgroup.kill (version
// 2, Linux 5.14), or one by one.
func killAll(dir string) {
	if f, err := os.OpenFile(dir+"/cgroup.kill", os.O_WRONLY, 0); err == nil {
		_, err = f.WriteString("1")
		_ = f.Close()
		if err == nil {
			return
		}
	}
	// A frozen process dies when it is thawed; where nothing is frozen, or
	// may not be thawed, it shows as EBUSY in the end.
	if f, err := os.OpenFile(dir+"/freezer.state", os.O_WRONLY, 0); err == nil {
		_, _ = f.WriteString("THAWED")
		_ = f.Close()
	}
	procs, _ := os.ReadFile(dir + "/cgroup.procs")
	for line := range strings.Lines(string(procs)) {
		if pid, err := strconv.Atoi(strings.TrimSpace(line)); err == nil && pid > 0 {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}
