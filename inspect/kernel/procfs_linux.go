package kernel

import (
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// The ways of reading that package io/fs knows of.
var (
	_ fs.ReadDirFS  = (*ProcDir)(nil)
	_ fs.ReadFileFS = (*ProcDir)(nil)
	_ fs.ReadLinkFS = (*ProcDir)(nil)
	_ fs.StatFS     = (*ProcDir)(nil)
)

// Open implements [fs.FS].
func (d *ProcDir) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, pathError("open", name, fs.ErrInvalid)
	}
	fd, err := openat(d.fd, name, unix.O_RDONLY)
	if err != nil {
		return nil, pathError("open", name, err)
	}
	return &file{fd: fd, name: name, dir: d}, nil
}

// ReadFile implements [fs.ReadFileFS].
func (d *ProcDir) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, pathError("open", name, fs.ErrInvalid)
	}
	b, err := d.ReadInto(name, nil)
	return b, pathError("read", name, err)
}

// ReadDir implements [fs.ReadDirFS]: the entries in the order of their names.
func (d *ProcDir) ReadDir(name string) ([]fs.DirEntry, error) {
	f, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.(*file).ReadDir(-1)
}

// ReadLink implements [fs.ReadLinkFS].
func (d *ProcDir) ReadLink(name string) (string, error) {
	if !fs.ValidPath(name) {
		return "", pathError("readlink", name, fs.ErrInvalid)
	}
	for size := 256; ; size *= 2 {
		buf := make([]byte, size)
		n, err := unix.Readlinkat(d.fd, name, buf)
		if err != nil {
			return "", pathError("readlink", name, err)
		}
		if n < size {
			return string(buf[:n]), nil
		}
	}
}

// Lstat implements [fs.ReadLinkFS].
func (d *ProcDir) Lstat(name string) (fs.FileInfo, error) {
	return d.stat("lstat", name, unix.AT_SYMLINK_NOFOLLOW)
}

// Stat implements [fs.StatFS].
func (d *ProcDir) Stat(name string) (fs.FileInfo, error) {
	return d.stat("stat", name, 0)
}

func (d *ProcDir) stat(op, name string, flags int) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, pathError(op, name, fs.ErrInvalid)
	}
	info := &fileInfo{name: base(name)}
	if err := unix.Fstatat(d.fd, name, &info.st, flags); err != nil {
		return nil, pathError(op, name, err)
	}
	return info, nil
}

func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// entries reads the directory that fd is open on.
func (d *ProcDir) entries(fd int, name string) ([]fs.DirEntry, error) {
	var list []fs.DirEntry
	var buf [8 << 10]byte
	err := eachEntry(fd, buf[:], func(entry []byte, kind byte) error {
		list = append(list, &dirEntry{dir: d, parent: name, name: string(entry), kind: kind})
		return nil
	})
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}
