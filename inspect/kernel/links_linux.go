package kernel

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// ReadLinkIno is the inode number that a link of the form type:[number] names
// (namespaces(7)).
func (d *ProcDir) ReadLinkIno(name string) (uint64, error) {
	var text [64]byte
	n, err := unix.Readlinkat(d.fd, name, text[:])
	if err != nil {
		return 0, pathError("readlink", name, err)
	}
	_, ino, ok := parseLink(text[:n])
	if !ok {
		return 0, pathError("readlink", name, fmt.Errorf("%q names no namespace", text[:n]))
	}
	return ino, nil
}

// FDLinks visits the descriptors of a process that are open on a namespace.
func (d *ProcDir) FDLinks(pid int, visit func(fd int, t snapshot.Type, ino uint64)) error {
	name := pidPath(pid, "fd")
	dirfd, err := openat(d.fd, name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return pathError("open", name, err)
	}
	defer unix.Close(dirfd)
	s := scans.Get().(*linkScan)
	defer scans.Put(s)
	err = eachEntry(dirfd, s.dents[:], func(entry []byte, _ byte) error {
		s.path[copy(s.path[:len(s.path)-1], entry)] = 0
		text, errno := s.readlink(dirfd)
		if errno != 0 {
			return nil // closed since
		}
		fd, isNumber := number(entry)
		if t, ino, ok := parseLink(text); ok && isNumber {
			visit(fd, t, ino)
		}
		return nil
	})
	return pathError("readdir", name, err)
}

// parseLink takes the text of a namespace link apart in place. It is
// [snapshot.ParseLink] without a string and without an error to make.
func parseLink(b []byte) (t snapshot.Type, ino uint64, ok bool) {
	if len(b) < len("mnt:[1]") || b[len(b)-1] != ']' {
		return 0, 0, false
	}
	colon := 2
	for colon < len(b) && colon < 7 && b[colon] != ':' {
		colon++
	}
	t, ok = typeNamed(b[:colon])
	if !ok || string(b[colon:colon+2]) != ":[" {
		return 0, 0, false
	}
	for _, c := range b[colon+2 : len(b)-1] {
		if c < '0' || c > '9' {
			return 0, 0, false
		}
		ino = ino*10 + uint64(c-'0')
	}
	return t, ino, ino != 0
}

func typeNamed(name []byte) (snapshot.Type, bool) {
	for t := range snapshot.Type(snapshot.NumTypes) {
		if string(name) == t.String() {
			return t, true
		}
	}
	return 0, false
}

// number is the value of a name made of digits.
func number(name []byte) (int, bool) {
	n := 0
	for _, c := range name {
		if c < '0' || c > '9' || n > (1<<31-1)/10 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(name) > 0
}

func pidPath(pid int, rest string) string { return strconv.Itoa(pid) + "/" + rest }
