//go:build linux

package holders_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// playOpenTree holds a copy of a mount that is mounted nowhere.
func playOpenTree(args []string) error {
	_, err := unix.OpenTree(unix.AT_FDCWD, args[0], unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	return err
}

// playFsmount makes a mount of a device that is mounted nowhere.
func playFsmount(args []string) error {
	fs, err := unix.Fsopen("ext4", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return err
	}
	if err := unix.FsconfigSetString(fs, "source", args[0]); err != nil {
		return err
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return err
	}
	_, err = unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	return errors.Join(err, unix.Close(fs))
}

// playBinfmt registers an interpreter in a binfmt_misc of a user namespace of
// its own, so that the machine's stays as it is.
func playBinfmt(args []string) error {
	dir, interpreter := args[0], args[1]
	if err := unix.Mount("binfmt", dir, "binfmt_misc", 0, ""); err != nil {
		return fmt.Errorf("needs binfmt_misc in a user namespace (Linux 6.7): %w", err)
	}
	rule := ":nsviewtest:M::nsviewtest::" + interpreter + ":F"
	return os.WriteFile(filepath.Join(dir, "register"), []byte(rule), 0)
}

// playFUSE mounts a file system and never answers for it.
func playFUSE(args []string) error {
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("needs /dev/fuse: %w", err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd)
	return unix.Mount("dead", args[0], "fuse.dead", 0, options)
}

// playAcct has the exits of its own pid namespace written to a file.
func playAcct(args []string) error {
	if err := unix.Acct(args[0]); err != nil {
		return fmt.Errorf("needs process accounting in the kernel: %w", err)
	}
	undo = append(undo, func() { unix.Acct("") })
	return nil
}

// playZombie leaves a thread behind that lives on when the leader has exited.
func playZombie(args []string) error {
	go func() {
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_FILES); err != nil {
			fmt.Println(err)
			return
		}
		if err := open(args[0], unix.O_RDONLY); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	// The main goroutine is on the main thread: only that ends.
	unix.RawSyscall(unix.SYS_EXIT, 0, 0, 0)
	return nil
}
