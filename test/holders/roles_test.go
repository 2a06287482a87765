//go:build linux

package holders_test

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// roles are what may keep a file system busy. Each takes paths on it.
var roles = map[string]func(args []string) error{
	"idle":      func([]string) error { return nil },
	"cwd":       func(args []string) error { return unix.Chdir(args[0]) },
	"root":      func(args []string) error { return unix.Chroot(args[0]) },
	"slave":     playSlave,
	"fd":        func(args []string) error { return open(args[0], unix.O_RDONLY) },
	"o_path":    func(args []string) error { return open(args[0], unix.O_PATH) },
	"map":       playMap,
	"thread-fd": playThreadFD,
	"thread-ns": playThreadNS,
	"ns-fd":     playNSFD,
	"ns-bind":   playNSBind,
	"socket":    playSocket,
	"in-flight": playInFlight,
	"events":    playEvents,
	"mark":      playMark,
	"inotify":   playInotify,
	"open-tree": playOpenTree,
	"fsmount":   playFsmount,
	"binfmt":    playBinfmt,
	"fuse":      playFUSE,
	"acct":      playAcct,
	"zombie":    playZombie,
	"perf":      playPerf,
	"bpf-link":  playBPFLink,
	"autofs":    playAutofs,
	"dirs":      playThreadDirs,
	"over":      func(args []string) error { return unix.Mount("over", args[0], "tmpfs", 0, "") },
}

func open(path string, flags int) error {
	_, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	return err
}

// playSlave copies the namespace so that umounts of the original arrive, and
// then has its working directory there, or mounts something on top.
func playSlave(args []string) error {
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_SLAVE|unix.MS_REC, ""); err != nil {
		return err
	}
	switch args[1] {
	case "cwd":
		return unix.Chdir(args[0])
	case "child":
		return unix.Mount("child", filepath.Join(args[0], "sub"), "tmpfs", 0, "")
	}
	return nil
}

// playMap maps a file and keeps nothing else of it.
func playMap(args []string) error {
	fd, err := unix.Open(args[0], unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = unix.Mmap(fd, 0, 1, unix.PROT_READ, unix.MAP_PRIVATE)
	return err
}

// onThread runs f on a thread of its own, which stays.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
		select {}
	}()
	return <-done
}

// playThreadFD has a thread with descriptors of its own.
func playThreadFD(args []string) error {
	return onThread(func() error {
		if err := unix.Unshare(unix.CLONE_FILES); err != nil {
			return err
		}
		fmt.Println(unix.Gettid())
		return open(args[0], unix.O_RDONLY)
	})
}

// playThreadNS has a thread alone in a mount namespace, a private copy.
func playThreadNS([]string) error {
	return onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			return err
		}
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			return err
		}
		return sayIno("/proc/thread-self/ns/mnt")
	})
}

func sayIno(path string) error {
	var st unix.Stat_t
	err := unix.Stat(path, &st)
	fmt.Println(st.Ino)
	return err
}

// loose makes a private copy of the mount namespace that only a descriptor
// holds, and goes back where it came from.
func loose() (fd int, err error) {
	home, err := unix.Open("/proc/self/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		return 0, err
	}
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return 0, err
	}
	if fd, err = unix.Open("/proc/thread-self/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return 0, err
	}
	return fd, errors.Join(unix.Setns(home, unix.CLONE_NEWNS), unix.Close(home))
}

func playNSFD([]string) error {
	fd, err := loose()
	if err != nil {
		return err
	}
	fmt.Println(fd)
	return sayIno("/proc/self/fd/" + strconv.Itoa(fd))
}

// playNSBind keeps a mount namespace by its file alone. The kernel refuses
// that for namespaces with a lower id than the one it is mounted in; ids come
// in batches of each CPU, so each CPU is tried.
func playNSBind(args []string) error {
	var all unix.CPUSet
	err := unix.SchedGetaffinity(0, &all)
	if err != nil {
		return err
	}
	for try := range 64 {
		if err := onCPU(&all, try); err != nil {
			return err
		}
		var fd int
		if fd, err = loose(); err != nil {
			return err
		}
		from := "/proc/self/fd/" + strconv.Itoa(fd)
		if err = unix.Mount(from, args[0], "", unix.MS_BIND, ""); err == nil {
			undo = append(undo, func() { unix.Unmount(args[0], unix.MNT_DETACH) })
			return errors.Join(sayIno(from), unix.Close(fd))
		}
		unix.Close(fd)
	}
	return fmt.Errorf("needs a kernel that mounts the file of a newer namespace: %w", err)
}

// onCPU moves this thread to one CPU of the set after the other.
func onCPU(all *unix.CPUSet, try int) error {
	nth := try % all.Count()
	for cpu := 0; ; cpu++ {
		if !all.IsSet(cpu) {
			continue
		}
		if nth == 0 {
			var one unix.CPUSet
			one.Set(cpu)
			return unix.SchedSetaffinity(0, &one)
		}
		nth--
	}
}

func playSocket(args []string) error {
	_, err := net.Listen("unix", args[0])
	return err
}

// playInFlight sends a descriptor that nobody receives.
func playInFlight(args []string) error {
	fd, err := unix.Open(args[0], unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(fd), nil, 0)
}

// playMark watches a mount.
func playMark(args []string) error {
	fd, err := unix.FanotifyInit(unix.FAN_CLASS_NOTIF|unix.FAN_CLOEXEC, unix.O_RDONLY)
	if err != nil {
		return fmt.Errorf("needs fanotify: %w", err)
	}
	return unix.FanotifyMark(fd, unix.FAN_MARK_ADD|unix.FAN_MARK_MOUNT, unix.FAN_OPEN, unix.AT_FDCWD, filepath.Dir(args[0]))
}

// playEvents leaves an event unread, which keeps its file open.
func playEvents(args []string) error {
	if err := playMark(args); err != nil {
		return err
	}
	fd, err := unix.Open(args[0], unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func playInotify(args []string) error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return err
	}
	_, err = unix.InotifyAddWatch(fd, args[0], unix.IN_ALL_EVENTS)
	return err
}

// playThreadDirs has a thread with a working directory of its own.
func playThreadDirs(args []string) error {
	return onThread(func() error {
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return err
		}
		fmt.Println(unix.Gettid())
		return unix.Chdir(args[0])
	})
}
