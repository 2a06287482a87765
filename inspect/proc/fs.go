package proc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// FS is a /proc. It is made by [New] and not safe for concurrent use, as it
// reads into one buffer.
type FS struct {
	fsys  fs.FS
	label string
	live  bool
	buf   []byte
	// cgroup is the last control group text that was read.
	cgroup string
}

// The faster ways that a file system may offer. Each has a slower equal here,
// and a test holds the two together.
type (
	linkScanner interface {
		ScanLinks(ctx context.Context, types snapshot.TypeSet, visit func(int, *[snapshot.NumTypes]uint64, error)) error
	}
	fileReader interface {
		ReadInto(name string, buf []byte) ([]byte, error)
	}
	statReader interface {
		Owner(pid int) (uint32, error)
		Tasks(pid int) (int, error)
		Processes() int
	}
	holdScanner interface {
		FDLinks(pid int, visit func(fd int, t snapshot.Type, ino uint64)) error
		TaskLinks(pid int, types snapshot.TypeSet, visit func(tid int, links *[snapshot.NumTypes]uint64)) error
	}
)

// New looks at a /proc. The label names it in errors ("/proc",
// "bundle.tar:proc"). A file system with no process in it is refused.
func New(fsys fs.FS, label string) (*FS, error) {
	_, live := fsys.(linkScanner)
	p := &FS{fsys: fsys, label: label, live: live, buf: make([]byte, 0, 16<<10)}
	if _, err := fs.ReadLink(fsys, "self"); err == nil && live {
		return p, nil // listing all of it once more would cost
	}
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", label, cause(err))
	}
	for _, e := range entries {
		if _, ok := pidOf(e.Name()); ok {
			return p, nil
		}
	}
	return nil, fmt.Errorf("read %s: no process in it: is proc mounted there?", label)
}

// Copy is the same /proc for another goroutine.
func (p *FS) Copy() *FS {
	return &FS{fsys: p.fsys, label: p.label, live: p.live, buf: make([]byte, 0, cap(p.buf))}
}

// pidOf is the process id that a directory of /proc is named after.
func pidOf(name string) (int, bool) {
	if name == "" || name[0] < '1' || name[0] > '9' {
		return 0, false
	}
	pid, err := strconv.ParseInt(name, 10, 32)
	return int(pid), err == nil
}

// PIDs lists the processes in ascending order, with an error as far as it came.
func (p *FS) PIDs() ([]int, error) {
	entries, err := fs.ReadDir(p.fsys, ".")
	if err != nil {
		err = fmt.Errorf("read %s: %w", p.label, cause(err))
	}
	return numbers(entries), err
}

// read returns the file's bytes in the FS's own buffer, until the next read.
func (p *FS) read(name string) ([]byte, error) {
	if r, ok := p.fsys.(fileReader); ok {
		b, err := r.ReadInto(name, p.buf[:0])
		if cap(b) > cap(p.buf) {
			p.buf = b[:0]
		}
		return b, err
	}
	return fs.ReadFile(p.fsys, name)
}

// text is a small file's content without the newline at its end.
func (p *FS) text(name string) string {
	b, err := p.read(name)
	if err != nil {
		return ""
	}
	return string(bytes.TrimRight(b, "\n"))
}

// cause takes the path out of an error that our own text names better.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Reader tells who is looking: the process that /proc/self names. A saved
// /proc has none.
func (p *FS) Reader() (snapshot.Reader, error) {
	r := snapshot.Reader{UID: -1, Src: p.label}
	if !p.live {
		return r, nil
	}
	link, err := fs.ReadLink(p.fsys, "self")
	if err != nil {
		return r, fmt.Errorf("read %s/self: %w", p.label, cause(err))
	}
	r.PID, _ = strconv.Atoi(link)
	r.MNT.Ino = p.linkIno("self/ns/mnt")
	r.PNS.Ino = p.linkIno("self/ns/pid")
	r.UNS.Ino = p.linkIno("self/ns/user")
	var self snapshot.Process
	self.PID = r.PID
	if p.Process(&self, snapshot.FieldUser) == nil {
		r.UID = int(self.UID)
	}
	return r, nil
}

// Host reads what names the machine. What is not there stays empty.
func (p *FS) Host() snapshot.Host {
	h := snapshot.Host{
		Name:   p.text("sys/kernel/hostname"),
		Kernel: p.text("sys/kernel/osrelease"),
		TickHz: userHZ,
	}
	h.MaxMnts, _ = strconv.ParseUint(p.text("sys/fs/mount-max"), 10, 64)
	up, _, _ := strings.Cut(p.text("uptime"), " ")
	if secs, err := strconv.ParseFloat(up, 64); err == nil && secs > 0 {
		h.Uptime = uint64(secs * userHZ)
	}
	return h
}

// userHZ is the unit of the times in /proc/PID/stat: USER_HZ is 100 on every
// architecture that Go runs Linux on (proc_pid_stat(5), asm-generic/param.h).
const userHZ = 100

// Hidden says what the way this /proc is mounted hides from ordinary users
// (proc(5), hidepid), "" for nothing.
func (p *FS) Hidden() string {
	mounts, err := p.mountsOf("self")
	if err != nil {
		return ""
	}
	hidden := ""
	for _, m := range mounts { // the last one mounted there is the one in use
		if m.FSType != "proc" || m.Point != p.label {
			continue
		}
		hidden = hidepid(m.FSOptions)
	}
	return hidden
}

func hidepid(options string) string {
	for o := range strings.SplitSeq(options, ",") {
		if v, ok := strings.CutPrefix(o, "hidepid="); ok && v != "0" && v != "off" {
			return o
		}
	}
	return ""
}
