//go:build linux

package live_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// The main goroutine stays on the main thread, whose links are those of the
// process.
func init() { runtime.LockOSThread() }

// answers is what a role says to a word of the test.
var answers = map[string]func(word string) string{}

// roles are scenes that no shell can make. What they print is in actor.said.
var roles = map[string]func(args []string) error{
	"thread":       playThread,
	"for-children": playForChildren,
	"fd":           playFD,
	"in-flight":    playInFlight,
	"emptied":      func([]string) error { return unix.Unmount("/", unix.MNT_DETACH) },
	"idle":         func([]string) error { return nil },
	"chrooted":     func(args []string) error { return unix.Chroot(args[0]) },
	"moved":        playMoved,
	"deep":         playDeep,
	"fuse":         playFUSE,
	"hung-fuse":    playHungFUSE,
	"autofs":       playAutofs,
	"idmapped":     playIdmapped,
	"overlay":      playOverlay,
}

// play runs a role, says so, and waits until its input is closed.
func play(role string, args []string) int {
	if err := roles[role](args); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("ready")
	for words := bufio.NewScanner(os.Stdin); words.Scan(); {
		fmt.Println(answers[role](words.Text()))
	}
	return 0
}

// onThread runs f on a thread of its own and keeps the thread when f succeeds.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := f()
		done <- err
		if err == nil {
			select {}
		}
	}()
	return <-done
}

// playMoved moves a mount over the root of its namespace and goes there, as
// runtimes do where pivot_root(2) is impossible.
func playMoved(args []string) error {
	if err := unix.Chdir(args[0]); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return err
	}
	return unix.Chroot(".")
}

// playThread has a thread in network and mount namespaces of its own.
func playThread([]string) error {
	return onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
			return err
		}
		fmt.Println(unix.Gettid())
		for _, name := range []string{"net", "mnt"} {
			if err := sayIno("/proc/thread-self/ns/" + name); err != nil {
				return err
			}
		}
		return nil
	})
}

func sayIno(path string) error {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return fmt.Errorf("stat %s: %w", path, err)
	}
	fmt.Println(st.Ino)
	return nil
}

// playForChildren has a time or pid namespace that only its next child would be
// in. A pid namespace can be told only once it has had a process.
func playForChildren(args []string) error {
	flag := map[string]int{"time": unix.CLONE_NEWTIME, "pid": unix.CLONE_NEWPID}[args[0]]
	// Go's first child is a probe of its own, not to be the namespace's first.
	if err := exec.Command("true").Run(); err != nil {
		return err
	}
	if err := unix.Unshare(flag); err != nil {
		return fmt.Errorf("needs %s namespaces: %w", args[0], err)
	}
	if args[0] == "pid" {
		if err := exec.Command("true").Run(); err != nil {
			return err
		}
	}
	return sayIno("/proc/self/ns/" + args[0] + "_for_children")
}

// playFD holds a mount and a network namespace by descriptors only.
func playFD([]string) error {
	for _, name := range []string{"mnt", "net"} {
		fd, err := loose(name)
		if err != nil {
			return err
		}
		fmt.Println(fd)
		if err := sayIno("/proc/self/fd/" + strconv.Itoa(fd)); err != nil {
			return err
		}
	}
	return nil
}

// playInFlight holds a mount namespace by a message that nobody has received.
func playInFlight([]string) error {
	fd, err := loose("mnt")
	if err != nil {
		return err
	}
	if err := sayIno("/proc/self/fd/" + strconv.Itoa(fd)); err != nil {
		return err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	if err := unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(fd), nil, 0); err != nil {
		return err
	}
	return unix.Close(fd)
}

// loose makes a namespace that nothing but the descriptor holds. Its thread
// goes back where it came from, as nobody knows when a thread is gone.
func loose(name string) (fd int, err error) {
	home, err := unix.Open("/proc/self/ns/"+name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(home)
	flags := map[string]int{"mnt": unix.CLONE_NEWNS | unix.CLONE_FS, "net": unix.CLONE_NEWNET}[name]
	err = onThread(func() error {
		if err := unix.Unshare(flags); err != nil {
			return err
		}
		if fd, err = unix.Open("/proc/thread-self/ns/"+name, unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
		return unix.Setns(home, 0)
	})
	return fd, err
}
