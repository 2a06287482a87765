package kernel

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// maxInside is how many files of a directory [Kernel.FilesInside] reads.
const maxInside = 4096

// FilesInside reads, inside a mount namespace, a file or the files of a
// directory, by name. It is for kernel file systems of small text files
// (tracefs, binfmt_misc); what does not open is left out.
func (k *Kernel) FilesInside(ref snapshot.Ref, path string, limit time.Duration) (map[string][]byte, error) {
	ns, err := k.open(ref)
	if err != nil {
		return nil, err
	}
	isOwn := ref.Ino == k.own().Ino
	return within(limit, func() (files map[string][]byte, err error) {
		defer unix.Close(ns)
		answer := make(chan error, 1)
		onOwnThread(func() {
			if err := enter(ns); err != nil && !isOwn {
				answer <- err
				return
			}
			files, err = readFiles(path)
			answer <- err
		})
		err = <-answer
		return files, pathError("read", path, err)
	})
}

func readFiles(path string) (map[string][]byte, error) {
	fd, err := openat(unix.AT_FDCWD, path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	files := map[string][]byte{}
	b, err := readAll(fd, nil, false)
	if err != unix.EISDIR {
		files[base(path)] = b
		return files, err
	}
	var buf [8 << 10]byte
	err = eachEntry(fd, buf[:], func(entry []byte, _ byte) error {
		if len(files) < maxInside {
			if b, err := readSmall(fd, string(entry)); err == nil {
				files[string(entry)] = b
			}
		}
		return nil
	})
	return files, err
}

func readSmall(dirfd int, name string) ([]byte, error) {
	fd, err := openat(dirfd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	return readAll(fd, nil, false)
}
