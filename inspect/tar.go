package inspect

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"testing/fstest"
)

// tarMagicEnd is where the magic of a ustar header ends (tar(5)).
const tarMagicEnd = 257 + 5

func isTar(start []byte) bool {
	return len(start) >= tarMagicEnd && bytes.Equal(start[257:tarMagicEnd], []byte("ustar"))
}

// Limits of a tar, which may come from anybody: a file of /proc that nsview
// reads has at most tens of megabytes, and all together at most a few hundred.
const (
	maxTarFile  = 64 << 20
	maxTar      = 512 << 20
	maxTarFiles = 4 << 20
)

// openTar reads a tar into memory, as it cannot be read at random, and takes
// it for a directory. fstest.MapFS of the standard library is the file system:
// it resolves symbolic links, which name the namespaces.
func openTar(r io.Reader, label string) (*Host, error) {
	files := fstest.MapFS{}
	in := tar.NewReader(r)
	for size := int64(0); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, cutShort(err)
		}
		name := path.Clean("/" + h.Name)[1:]
		if !wanted(name) {
			continue
		}
		if size += h.Size; h.Size > maxTarFile || size > maxTar || len(files) > maxTarFiles {
			return nil, fmt.Errorf("%s: larger than any host's /proc", name)
		}
		if files[name], err = tarEntry(in, h); err != nil {
			return nil, cutShort(err)
		}
	}
	return openDir(files, label)
}

// wanted leaves out what is not read of a /proc: bundles hold much more.
func wanted(name string) bool {
	switch path.Base(name) {
	case "mountinfo", "stat", "status", "cmdline", "comm", "cgroup", "root", "self",
		"hostname", "osrelease", "mount-max", "uptime":
		return true
	}
	dir := path.Base(path.Dir(name))
	return dir == "ns" || dir == "fd" || strings.HasSuffix(name, "_for_children")
}

func tarEntry(r io.Reader, h *tar.Header) (*fstest.MapFile, error) {
	f := &fstest.MapFile{Mode: 0o444, ModTime: h.ModTime}
	var err error
	switch h.Typeflag {
	case tar.TypeSymlink:
		f.Mode, f.Data = fs.ModeSymlink|0o777, []byte(h.Linkname)
	case tar.TypeDir:
		f.Mode = fs.ModeDir | 0o555
	default:
		f.Data, err = io.ReadAll(r)
	}
	return f, err
}
