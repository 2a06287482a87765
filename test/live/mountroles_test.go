//go:build linux

package live_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// playFUSE mounts a file system at a directory and never answers for it.
func playFUSE(args []string) error {
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("needs /dev/fuse: %w", err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd)
	return unix.Mount("dead", args[0], "fuse.dead", 0, options)
}

// playHungFUSE takes every request and answers only the first, which says what
// the server can do. A task that waits for it cannot even be killed.
func playHungFUSE(args []string) error {
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("needs /dev/fuse: %w", err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd)
	if err := unix.Mount("hung", args[0], "fuse.hung", 0, options); err != nil {
		return err
	}
	go func() {
		request := make([]byte, 1<<17)
		for {
			n, err := unix.Read(fd, request)
			if err != nil {
				return // the mount is gone
			}
			const headerSize, opInit = 40, 26 // struct fuse_in_header; its opcode is at 4, unique at 8
			if n >= headerSize && binary.NativeEndian.Uint32(request[4:]) == opInit {
				_, _ = unix.Write(fd, initReply(request[8:16]))
			}
		}
	}()
	return nil
}

// initReply is a fuse_out_header and a fuse_init_out of protocol 7.31.
func initReply(unique []byte) []byte {
	const size, body = 16 + 64, 16
	b := make([]byte, size)
	binary.NativeEndian.PutUint32(b, size)
	copy(b[8:], unique)
	binary.NativeEndian.PutUint32(b[body:], 7)
	binary.NativeEndian.PutUint32(b[body+4:], 31)
	binary.NativeEndian.PutUint32(b[body+20:], 1<<16) // max_write
	return b
}

// playAutofs mounts a direct automount point at a directory. To "look" it says
// whether the kernel has asked for the mount, to "wait" once it has.
func playAutofs(args []string) error {
	var pipe [2]int
	if err := unix.Pipe(pipe[:]); err != nil {
		return err
	}
	// Those of its own process group would not trigger it.
	if err := unix.Setpgid(0, 0); err != nil && !errors.Is(err, unix.EPERM) {
		return err
	}
	options := fmt.Sprintf("fd=%d,pgrp=%d,minproto=5,maxproto=5,direct", pipe[1], unix.Getpgrp())
	if err := unix.Mount("auto.direct", args[0], "autofs", 0, options); err != nil {
		return fmt.Errorf("needs autofs in the kernel: %w", err)
	}
	answers["autofs"] = func(word string) string {
		timeout := map[string]int{"look": 0, "wait": -1}[word]
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pipe[0]), Events: unix.POLLIN}}, timeout)
		return fmt.Sprintf("%d requests, %v", n, err)
	}
	return nil
}

// playIdmapped mounts a directory once more at another, idmapped by the user
// namespace of a file.
func playIdmapped(args []string) error {
	from, to, userns := args[0], args[1], args[2]
	tree, err := unix.OpenTree(unix.AT_FDCWD, from, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return err
	}
	user, err := unix.Open(userns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(user)}
	if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH, &attr); err != nil {
		return fmt.Errorf("needs idmapped mounts of tmpfs: %w", err)
	}
	return unix.MoveMount(tree, "", unix.AT_FDCWD, to, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// playOverlay makes a number of layers with long odd names below a directory
// and mounts them, one by one, as an overlay.
func playOverlay(args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	fs, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return fmt.Errorf("needs overlay in the kernel: %w", err)
	}
	for i := range n {
		layer := layerName(args[0], i)
		if err := os.MkdirAll(layer, 0o755); err != nil {
			return err
		}
		if err := unix.FsconfigSetString(fs, "lowerdir+", layer); err != nil {
			return fmt.Errorf("needs lowerdir+ of overlay: %w", err)
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return err
	}
	mount, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return err
	}
	to := filepath.Join(args[0], "merged")
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	return unix.MoveMount(mount, "", unix.AT_FDCWD, to, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// playDeep mounts at a path of 75,000 bytes, which no path of one call can name.
func playDeep(args []string) error {
	if err := unix.Chdir(args[0]); err != nil {
		return err
	}
	for range 300 {
		name := strings.Repeat("d", 250)
		if err := errors.Join(unix.Mkdir(name, 0o755), unix.Chdir(name)); err != nil {
			return err
		}
	}
	return unix.Mount("deep", ".", "tmpfs", 0, "size=6m")
}

// layerName is a name of 200 bytes with all that parts layers and options.
func layerName(dir string, i int) string {
	return filepath.Join(dir, fmt.Sprintf("a:b,c\\d e=f%0190d", i))
}
