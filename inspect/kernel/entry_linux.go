package kernel

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Entry is what a path ends at, symbolic links there not followed.
type Entry struct {
	Path string // the place without links before it, as the namespace calls it
	File bool   // it is no directory
	Link *Link  // nil for none
}

// Link is where a symbolic link leads. Paths are bytes: they need not be UTF-8.
type Link struct {
	Text []byte
	// The rest is of those of /proc/PID that lead to the thing itself, whatever
	// the text says (proc_pid_fd(5), proc_pid_ns(5), proc_pid_root(5)).
	Magic bool
	// NS is the inode number of the namespace that it is the file of, with its
	// type and the device number of nsfs; 0 for none.
	NS   uint64
	Type snapshot.Type
	Dev  snapshot.Dev
	// Inner: it leads to a pipe, a socket or the like, which is on no mount of
	// any namespace.
	Inner bool
	// Mount is the one that it leads to else, at Path as the namespace of that
	// mount calls it.
	Mount   snapshot.MountID
	Path    []byte
	Deleted bool
}

// Entry looks at the end of a path inside a mount namespace, on behalf of the
// process with number who in /proc: "/proc/self" is that one, and with who 0 an
// error. A file system that does not answer within limit is an error.
func (k *Kernel) Entry(ctx context.Context, ref snapshot.Ref, who int, name string, limit time.Duration) (Entry, error) {
	v, err := k.entrance(ref, 0)
	if err != nil {
		return Entry{}, fmt.Errorf("enter the namespace: %w", err)
	}
	r, err := k.askIn(ctx, v, question{Kind: askEntry, Path: []byte(name), Who: who}, limit)
	if err != nil {
		return Entry{}, fmt.Errorf("look at %s: %w", name, err)
	}
	r.Entry.Path = string(r.Path)
	return r.Entry, r.err()
}

// entry runs on a thread of its own.
func (k *Kernel) entry(v view, who int, name string) (e Entry, err error) {
	root, err := v.enter()
	if err != nil {
		return e, err
	}
	defer unix.Close(root)
	dir, err := below(root, path.Dir(name))
	if err != nil {
		return e, err
	}
	defer unix.Close(dir)
	last := path.Base(name)
	if last == "/" {
		last = "."
	}
	fd, err := openat(dir, last, unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return e, err
	}
	defer unix.Close(fd)
	place, st, err := k.placeOf(fd)
	if err != nil {
		return e, err
	}
	e.Path, e.File = place, st.Mode&unix.S_IFMT != unix.S_IFDIR
	if st.Mask&unix.STATX_TYPE != 0 && st.Mode&unix.S_IFMT == unix.S_IFLNK {
		e.Link, err = k.link(dir, fd, last, who)
	}
	return e, err
}

// link reads a symbolic link.
func (k *Kernel) link(dir, fd int, name string, who int) (*Link, error) {
	proc := kindOf(dir) == unix.PROC_SUPER_MAGIC
	if proc && (name == "self" || name == "thread-self") && isProcRoot(dir) {
		return k.selfLink(dir, name, who)
	}
	text, err := readLink(fd)
	if err != nil || !proc {
		return &Link{Text: text}, err
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_MAGICLINKS}
	if at, err := unix.Openat2(dir, name, &how); err != unix.ELOOP {
		if err == nil {
			unix.Close(at)
		}
		return &Link{Text: text}, nil
	}
	return k.magic(dir, name, text)
}

// magic goes where a link of /proc/PID leads.
func (k *Kernel) magic(dir int, name string, text []byte) (*Link, error) {
	l := &Link{Text: text, Magic: true}
	for _, kind := range []string{"pipe:", "socket:", "anon_inode:"} {
		if strings.HasPrefix(string(text), kind) {
			l.Inner = true
			return l, nil
		}
	}
	fd, err := openat(dir, name, unix.O_PATH)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	place, st, err := k.placeOf(fd)
	if err != nil {
		return nil, err
	}
	if t, ino, err := snapshot.ParseLink(place); err == nil && kindOf(fd) == unix.NSFS_MAGIC {
		l.Type, l.NS, l.Dev = t, ino, snapshot.Dev{Major: st.Dev_major, Minor: st.Dev_minor}
		return l, nil
	}
	l.Mount = snapshot.MountID(st.Mnt_id)
	if cut, gone := strings.CutSuffix(place, deletedSuffix); gone && st.Nlink == 0 {
		place, l.Deleted = cut, true
	}
	l.Path = []byte(place)
	return l, nil
}

// kindOf is the magic number of the file system that a descriptor is on.
func kindOf(fd int) int64 {
	var st unix.Statfs_t
	if unix.Fstatfs(fd, &st) != nil {
		return 0
	}
	return int64(st.Type)
}

// isProcRoot says whether a directory of a proc file system is its first one
// (PROC_ROOT_INO).
func isProcRoot(dir int) bool {
	st, err := glance(dir, "", unix.AT_EMPTY_PATH, unix.STATX_INO)
	return err == nil && st.Ino == 1
}

// selfLink is what "self" and "thread-self" say to a process, in a /proc that
// may be of another pid namespace than ours.
func (k *Kernel) selfLink(dir int, name string, who int) (*Link, error) {
	if who == 0 {
		return nil, errors.New("what /proc/self is depends on the process that asks")
	}
	n, err := k.numberIn(dir, who)
	if err != nil {
		return nil, err
	}
	text := strconv.Itoa(n)
	if name == "thread-self" {
		text += "/task/" + text
	}
	return &Link{Text: []byte(text)}, nil
}

// numberIn is the number that a process of our /proc has in another: one of those
// that it has in the pid namespaces around it (NSpid of proc_pid_status(5)),
// where a process is that started at the same moment and has the same innermost
// number.
func (k *Kernel) numberIn(dir, who int) (int, error) {
	theirs, err1 := glance(dir, "", unix.AT_EMPTY_PATH, unix.STATX_INO)
	ours, err2 := glance(k.proc.fd, "", unix.AT_EMPTY_PATH, unix.STATX_INO)
	if err1 == nil && err2 == nil && theirs.Dev_major == ours.Dev_major && theirs.Dev_minor == ours.Dev_minor {
		return who, nil
	}
	start, numbers, err := whoIs(k.proc.fd, who)
	if err != nil {
		return 0, err
	}
	for _, n := range slices.Backward(numbers) {
		began, same, err := whoIs(dir, n)
		if err == nil && began == start && same[len(same)-1] == numbers[len(numbers)-1] {
			return n, nil
		}
	}
	return 0, unix.ENOENT // it is not in there (proc_self_get_link)
}

// whoIs is when a process of a /proc started, and the numbers that it has in
// that /proc's pid namespace and those below.
func whoIs(proc, pid int) (start string, numbers []int, err error) {
	d := &ProcDir{fd: proc}
	stat, err := d.ReadInto(pidPath(pid, "stat"), nil)
	if err != nil {
		return "", nil, err
	}
	const startField = 19 // counted from the state, behind the command
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	status, err := d.ReadInto(pidPath(pid, "status"), nil)
	if err != nil {
		return "", nil, err
	}
	for line := range strings.Lines(string(status)) {
		if list, ok := strings.CutPrefix(line, "NSpid:"); ok {
			for _, text := range strings.Fields(list) {
				n, _ := strconv.Atoi(text) // the kernel wrote it
				numbers = append(numbers, n)
			}
		}
	}
	if len(f) <= startField || len(numbers) == 0 {
		return "", nil, errors.New("it does not say who it is")
	}
	return f[startField], numbers, nil
}

// readLink is the text of the link that a descriptor is of.
func readLink(fd int) ([]byte, error) {
	for size := 256; ; size *= 2 {
		buf := make([]byte, size)
		n, err := unix.Readlinkat(fd, "", buf)
		if err != nil {
			return nil, err
		}
		if n < size {
			return buf[:n], nil
		}
	}
}
