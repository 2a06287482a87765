package proc

import (
	"bytes"
	"io/fs"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// FDInfo is what /proc/PID/fdinfo/N tells of a descriptor
// (proc_pid_fdinfo(5)).
type FDInfo struct {
	Mount snapshot.MountID // 32-bit
	Flags uint64           // as of open(2)
	// InFlight is the number of descriptors in unread messages of a unix
	// socket (scm_fds).
	InFlight int
	// FUSE is the connection that a descriptor of /dev/fuse serves: the minor
	// number of the file system.
	FUSE uint32
	// Link is the id of a BPF link.
	Link uint32
	// Ring is the number of files that an io_uring has registered.
	Ring int
	// MarkedMounts and MarkedDevs are what a fanotify group watches.
	Fanotify     bool
	MarkedMounts []snapshot.MountID
	MarkedDevs   []snapshot.Dev
}

// parseFDInfo takes a fdinfo file apart. Lines that it does not know, and
// values that are not of their form, are passed over: each kind of file adds
// its own.
func parseFDInfo(b []byte) FDInfo {
	var info FDInfo
	for line := range bytes.Lines(b) {
		text := strings.TrimSpace(string(line))
		if marks, ok := strings.CutPrefix(text, "fanotify "); ok {
			info.fanotify(marks)
			continue
		}
		key, value, _ := strings.Cut(text, ":")
		info.set(key, strings.TrimSpace(value))
	}
	return info
}

// Writable says whether it was opened for writing (open(2), O_ACCMODE), and not
// with O_PATH.
func (f *FDInfo) Writable() bool {
	const accessMode, path = 0o3, 0o10000000
	return f.Flags&accessMode != 0 && f.Flags&path == 0
}

func (f *FDInfo) set(key, value string) {
	switch key {
	case "mnt_id":
		f.Mount = snapshot.MountID(unsigned(value, 10))
	case "flags":
		f.Flags = unsigned(value, 8)
	case "scm_fds":
		f.InFlight = int(unsigned(value, 10))
	case "fuse_connection":
		f.FUSE = uint32(unsigned(value, 10))
	case "link_id":
		f.Link = uint32(unsigned(value, 10))
	case "UserFiles":
		f.Ring = int(unsigned(value, 10))
	}
}

// fanotify reads one line of a group: its flags, or one mark
// (Documentation/filesystems/proc.rst). Numbers are hexadecimal.
func (f *FDInfo) fanotify(line string) {
	f.Fanotify = true
	for word := range strings.FieldsSeq(line) {
		key, value, _ := strings.Cut(word, ":")
		switch key {
		case "mnt_id":
			f.MarkedMounts = append(f.MarkedMounts, snapshot.MountID(unsigned(value, 16)))
		case "sdev":
			dev := unsigned(value, 16)
			f.MarkedDevs = append(f.MarkedDevs, kernelDev(dev))
		}
	}
}

// kernelDev takes the kernel's own form of a device number apart: 12 bits of
// major above 20 of minor (linux/kdev_t.h).
func kernelDev(dev uint64) snapshot.Dev {
	return snapshot.Dev{Major: uint32(dev >> 20), Minor: uint32(dev & (1<<20 - 1))}
}

func unsigned(text string, base int) uint64 {
	n, _ := strconv.ParseUint(text, base, 64)
	return n
}

// FD is one descriptor: its number, and the text of its link.
type FD struct {
	N    int
	Link string
}

// Tasks lists the threads of a process, its leader among them.
func (p *FS) Tasks(pid int) ([]int, error) {
	entries, err := fs.ReadDir(p.fsys, path(pid, "task"))
	if err != nil {
		return nil, cause(err)
	}
	return numbers(entries), nil
}

// FDs lists the descriptors of a task. It tries each once: one that was closed
// in between is left out.
func (p *FS) FDs(task string) ([]FD, error) {
	entries, err := fs.ReadDir(p.fsys, task+"/fd")
	if err != nil {
		return nil, cause(err)
	}
	list := make([]FD, 0, len(entries))
	var refused error
	for _, n := range numbers(entries) {
		link, err := fs.ReadLink(p.fsys, task+"/fd/"+strconv.Itoa(n))
		if err == nil {
			list = append(list, FD{n, link})
		} else if isRefusal(err) {
			refused = cause(err)
		}
	}
	return list, refused
}

// FDInfo reads what is told of one descriptor.
func (p *FS) FDInfo(task string, fd int) (FDInfo, error) {
	b, err := p.read(task + "/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return FDInfo{}, cause(err)
	}
	return parseFDInfo(b), nil
}

// Link is the text of one of the links of a task: cwd, root, exe.
func (p *FS) Link(task, name string) (string, error) {
	text, err := fs.ReadLink(p.fsys, task+"/"+name)
	if err != nil {
		return "", cause(err)
	}
	return text, nil
}
