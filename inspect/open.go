package inspect

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// Open opens a saved host: a snapshot of nsview, a directory or tar that looks
// like /proc (or holds a directory proc that does), or a bare mountinfo file;
// the files may be compressed by gzip. What it is is told from what is in it.
func Open(name string) (*Host, error) {
	h, err := open(name)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) && pe.Path == name {
			err = pe.Err
		}
	}
	return labelled(h, err, name)
}

// OpenFS is [Open] of a directory that the program brings along: a file system
// that looks like /proc or holds a directory that does. The label names it in
// errors.
func OpenFS(fsys fs.FS, label string) (*Host, error) {
	h, err := openDir(fsys, label)
	return labelled(h, err, label)
}

// OpenReader is [Open] of a file that the program has open already.
func OpenReader(r io.Reader, label string) (*Host, error) {
	h, err := openStream(r, label)
	return labelled(h, err, label)
}

func labelled(h *Host, err error, label string) (*Host, error) {
	if err != nil {
		return nil, fmt.Errorf("read saved host %s: %w", label, err)
	}
	h.label = label
	return h, nil
}

func open(name string) (*Host, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return openDir(os.DirFS(name), filepath.Clean(name))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return openStream(f, name)
}

// openStream tells the form of a file by its first bytes.
func openStream(r io.Reader, name string) (*Host, error) {
	in, err := unzipped(r)
	if err != nil {
		return nil, err
	}
	start, err := in.Peek(tarMagicEnd)
	switch {
	case len(start) == 0:
		if err == nil || errors.Is(err, io.EOF) {
			return nil, errors.New("the file is empty")
		}
		return nil, cutShort(err)
	case isTar(start):
		return openTar(in, name)
	case bytes.HasPrefix(bytes.TrimLeft(start, " \t\r\n"), []byte{'{'}):
		s, err := snapshot.Load(in)
		return &Host{saved: s}, err
	}
	return openMountinfo(in, name)
}

// unzipped reads a file that may be compressed by gzip.
func unzipped(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if start, _ := in.Peek(2); !bytes.Equal(start, []byte{0x1f, 0x8b}) {
		return in, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, cutShort(err)
	}
	return bufio.NewReaderSize(z, 64<<10), nil
}

func cutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("the file is cut short")
	}
	return err
}

// openDir takes a directory that looks like /proc, or the one inside it that
// does (sosreport and its like keep it as proc).
func openDir(fsys fs.FS, label string) (*Host, error) {
	p, err := proc.New(fsys, label)
	if err == nil {
		return &Host{src: snapshot.Sources{Proc: p}}, nil
	}
	inner, subErr := findProc(fsys)
	if subErr != nil {
		return nil, errors.New("no process directory in it, and no proc that holds one")
	}
	p, err = proc.New(inner, label)
	if err != nil {
		return nil, errors.New("no process directory in it, and no proc that holds one")
	}
	return &Host{src: snapshot.Sources{Proc: p}}, nil
}

// findProc finds the directory proc at the top or one level below it.
func findProc(fsys fs.FS) (fs.FS, error) {
	for _, pattern := range []string{"proc", "*/proc"} {
		if found, err := fs.Glob(fsys, pattern); err == nil && len(found) > 0 {
			return fs.Sub(fsys, found[0])
		}
	}
	return nil, fs.ErrNotExist
}

// maxMountinfo is the size above which a mountinfo file is refused: a
// namespace has at most fs.mount-max mounts, 100,000 unless raised.
const maxMountinfo = 256 << 20

// openMountinfo takes one table, of which nothing else is known.
func openMountinfo(r io.Reader, name string) (*Host, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxMountinfo+1))
	if err != nil {
		return nil, cutShort(err)
	}
	if len(b) > maxMountinfo {
		return nil, fmt.Errorf("larger than %d MiB, which no mount table is", maxMountinfo>>20)
	}
	if bytes.IndexByte(b, 0) >= 0 { // no text at all: the line that is wrong says nothing
		return nil, errors.New("neither a snapshot, nor a tar, nor mountinfo")
	}
	mounts, err := proc.ParseMountinfo(b)
	if err != nil {
		return nil, fmt.Errorf("neither a snapshot, nor a tar, nor mountinfo: %w", err)
	}
	s := snapshot.OfTable(mounts, name)
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return &Host{saved: s}, nil
}
