package kernel

import (
	"io"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// file is an open file of a [ProcDir].
type file struct {
	fd     int
	name   string
	dir    *ProcDir
	listed bool
	rest   []fs.DirEntry // not handed out yet
}

func (f *file) Stat() (fs.FileInfo, error) {
	info := &fileInfo{name: base(f.name)}
	if err := unix.Fstat(f.fd, &info.st); err != nil {
		return nil, pathError("stat", f.name, err)
	}
	return info, nil
}

func (f *file) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := readRetry(f.fd, p)
	if err != nil {
		return n, pathError("read", f.name, err)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (f *file) Close() error {
	if f.fd < 0 {
		return pathError("close", f.name, fs.ErrClosed)
	}
	err := unix.Close(f.fd)
	f.fd = -1
	return pathError("close", f.name, err)
}

// ReadDir implements [fs.ReadDirFile].
func (f *file) ReadDir(n int) ([]fs.DirEntry, error) {
	if !f.listed {
		list, err := f.dir.entries(f.fd, f.name)
		if err != nil {
			return list, pathError("readdir", f.name, err)
		}
		f.rest, f.listed = list, true
	}
	if n > 0 && len(f.rest) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(f.rest) {
		n = len(f.rest)
	}
	out := f.rest[:n:n]
	f.rest = f.rest[n:]
	return out, nil
}

// dirEntry is one name of a directory. Its Info is read when asked for.
type dirEntry struct {
	dir          *ProcDir
	parent, name string
	kind         byte // d_type of getdents64(2)
}

func (e *dirEntry) Name() string               { return e.name }
func (e *dirEntry) IsDir() bool                { return e.Type().IsDir() }
func (e *dirEntry) Type() fs.FileMode          { return fileType(uint32(e.kind) << 12) }
func (e *dirEntry) Info() (fs.FileInfo, error) { return e.dir.Lstat(e.path()) }
func (e *dirEntry) String() string             { return fs.FormatDirEntry(e) }

func (e *dirEntry) path() string {
	if e.parent == "." {
		return e.name
	}
	return e.parent + "/" + e.name
}

// fileInfo is what stat(2) told. Sys gives it whole.
type fileInfo struct {
	name string
	st   unix.Stat_t
}

func (i *fileInfo) Name() string       { return i.name }
func (i *fileInfo) Size() int64        { return i.st.Size }
func (i *fileInfo) IsDir() bool        { return i.Mode().IsDir() }
func (i *fileInfo) ModTime() time.Time { return time.Unix(i.st.Mtim.Unix()) }
func (i *fileInfo) Sys() any           { return &i.st }
func (i *fileInfo) String() string     { return fs.FormatFileInfo(i) }

func (i *fileInfo) Mode() fs.FileMode {
	mode := fs.FileMode(i.st.Mode & 0o777)
	if i.st.Mode&unix.S_ISUID != 0 {
		mode |= fs.ModeSetuid
	}
	if i.st.Mode&unix.S_ISGID != 0 {
		mode |= fs.ModeSetgid
	}
	if i.st.Mode&unix.S_ISVTX != 0 {
		mode |= fs.ModeSticky
	}
	return mode | fileType(i.st.Mode)
}

// fileType translates the type bits of st_mode; d_type is the same, shifted
// (inode(7)).
func fileType(mode uint32) fs.FileMode {
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return fs.ModeDir
	case unix.S_IFLNK:
		return fs.ModeSymlink
	case unix.S_IFIFO:
		return fs.ModeNamedPipe
	case unix.S_IFSOCK:
		return fs.ModeSocket
	case unix.S_IFBLK:
		return fs.ModeDevice
	case unix.S_IFCHR:
		return fs.ModeDevice | fs.ModeCharDevice
	}
	return 0
}
