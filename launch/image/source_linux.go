package image

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/klauspost/compress/zstd"
)

// source holds the files of an image.
type source interface {
	has(name string) bool
	open(name string) (io.ReadCloser, error)
	close() error
}

func openSource(file string, options Options) (source, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, bare(err)
	}
	if info.IsDir() {
		root, err := os.OpenRoot(file)
		if err != nil {
			return nil, bare(err)
		}
		return dirSource{root}, nil
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is neither a directory nor a regular file")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, bare(err)
	}
	plain, err := spool(f, options)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s := &tarSource{file: plain, at: map[string]span{}}
	if err := s.index(options.MaxFiles); err != nil {
		return nil, errors.Join(fmt.Errorf("read the archive: %w", err), plain.Close())
	}
	return s, nil
}

// bare is the cause of an error whose path is named elsewhere.
func bare(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// dirSource is a directory; [os.Root] keeps links from leading out of it.
type dirSource struct{ root *os.Root }

func (s dirSource) has(name string) bool {
	info, err := s.root.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func (s dirSource) open(name string) (io.ReadCloser, error) {
	// A FIFO would wait for somebody to write.
	f, err := s.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, bare(err))
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("%s is no regular file", name), err, f.Close())
	}
	return f, nil
}

func (s dirSource) close() error { return s.root.Close() }

// span is where a file lies in an archive.
type span struct{ offset, size int64 }

// tarSource is an archive, which is read once to find its files.
type tarSource struct {
	file *os.File
	at   map[string]span
}

// index notes where the files are. Symbolic links, by which older versions of
// docker save give two images one layer, stand for the file they point to.
func (s *tarSource) index(maxFiles int) error {
	links := map[string]string{}
	in := tar.NewReader(s.file)
	for n := 0; ; n++ {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if n >= maxFiles {
			return fmt.Errorf("it has more than %d files", maxFiles)
		}
		name := path.Clean("/" + h.Name)[1:]
		switch h.Typeflag {
		case tar.TypeReg:
			offset, err := s.file.Seek(0, io.SeekCurrent)
			if err != nil {
				return err
			}
			s.at[name] = span{offset, h.Size}
		case tar.TypeSymlink:
			links[name] = path.Join(path.Dir("/"+name), h.Linkname)[1:]
		case tar.TypeLink:
			links[name] = path.Clean("/" + h.Linkname)[1:]
		}
	}
	for name, to := range links {
		if at, ok := s.at[to]; ok {
			s.at[name] = at
		}
	}
	return nil
}

func (s *tarSource) has(name string) bool {
	_, ok := s.at[path.Clean(name)]
	return ok
}

func (s *tarSource) open(name string) (io.ReadCloser, error) {
	at, ok := s.at[path.Clean(name)]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
	}
	return io.NopCloser(io.NewSectionReader(s.file, at.offset, at.size)), nil
}

func (s *tarSource) close() error { return s.file.Close() }

// spool gives an archive that can be read from any place: itself, or when it is
// compressed what is in it, as a file without name.
func spool(f *os.File, options Options) (*os.File, error) {
	in, err := decompress(f)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if in.plain {
		_, err := f.Seek(0, io.SeekStart)
		return f, err
	}
	if err := os.MkdirAll(options.spoolInto, 0o700); err != nil {
		return nil, err
	}
	plain, err := os.CreateTemp(options.spoolInto, ".spool-")
	if err != nil {
		return nil, err
	}
	err = os.Remove(plain.Name())
	if err == nil {
		_, err = io.Copy(plain, &limited{in: in, left: options.MaxBytes})
	}
	if err == nil {
		_, err = plain.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("decompress it: %w", err), plain.Close())
	}
	return plain, f.Close()
}

// limited fails when there is more than was allowed, where [io.LimitedReader]
// would end.
type limited struct {
	in   io.Reader
	left int64
}

func (l *limited) Read(b []byte) (int, error) {
	n, err := l.in.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return n, errTooBig
	}
	return n, err
}

var errTooBig = errors.New("it is larger than what is allowed")

// stream is a stream after decompression.
type stream struct {
	io.Reader
	end   func() error
	plain bool // it was not compressed
}

func (s *stream) Close() error { return s.end() }

// decompress knows what is compressed by how it starts: media types are not
// always right.
func decompress(r io.Reader) (*stream, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	start, err := in.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		return &stream{Reader: z, end: z.Close}, nil
	case bytes.HasPrefix(start, []byte("\x28\xb5\x2f\xfd")):
		// A window of 128 MiB is what zstd(1) takes without being asked.
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, err
		}
		return &stream{Reader: z, end: func() error { z.Close(); return nil }}, nil
	case strings.HasPrefix(string(start), "BZh"), bytes.HasPrefix(start, []byte("\xfd7zXZ\x00")):
		return nil, errors.New("its compression is neither gzip nor zstd")
	}
	return &stream{Reader: in, end: func() error { return nil }, plain: true}, nil
}
