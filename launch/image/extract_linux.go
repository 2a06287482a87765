package image

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Whiteouts as the image specification has them (layer.md): .wh.NAME hides
// NAME of the layers below, .wh..wh..opq all of a directory. Other names that
// start with two are notes of aufs to itself.
const (
	whiteoutPrefix = ".wh."
	opaqueName     = ".wh..wh..opq"
	metaPrefix     = ".wh..wh."
)

// extraction is the unpacking of one layer.
type extraction struct {
	tree *tree
	left *budget
	dirs map[string]*tar.Header // by their clean names; they get modes and times last
	out  map[string]int
}

// unpack unpacks a layer to a new directory and says what it left out.
func unpack(r io.Reader, dir string, below []string, left *budget) ([]string, error) {
	t, err := makeTree(dir, below)
	if err != nil {
		return nil, err
	}
	defer t.close()
	x := &extraction{tree: t, left: left, dirs: map[string]*tar.Header{}, out: map[string]int{}}
	in := tar.NewReader(r)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the archive: %w", err)
		}
		if x.left.files--; x.left.files < 0 {
			return nil, fmt.Errorf("the image has too many files: %w", errTooBig)
		}
		if err := x.entry(h, in); err != nil {
			return nil, fmt.Errorf("unpack %q: %w", h.Name, err)
		}
	}
	if err := x.finishDirs(); err != nil {
		return nil, err
	}
	var list []string
	for what, n := range x.out {
		list = append(list, fmt.Sprintf("%d %s", n, what))
	}
	return list, nil
}

func (x *extraction) entry(h *tar.Header, in io.Reader) error {
	above, base, err := splitName(h.Name)
	if err != nil {
		return err
	}
	if base == "" {
		if h.Typeflag == tar.TypeDir {
			x.dirs["/"] = h
		}
		return nil
	}
	dir, err := x.tree.dir(path.Clean(above))
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	if hidden, ok := strings.CutPrefix(base, whiteoutPrefix); ok {
		return x.whiteout(dir, base, hidden)
	}
	found, err := look(dir, base)
	if err != nil {
		return err
	}
	if h.Typeflag == tar.TypeDir {
		return x.dir(dir, path.Join(above, base), base, found, h)
	}
	if !x.wanted(h) {
		return nil
	}
	if err := discard(dir, base, found); err != nil {
		return err
	}
	return x.file(dir, base, h, in)
}

func (x *extraction) whiteout(dir int, base, hidden string) error {
	switch {
	case base == opaqueName:
		return opaque(dir, ".")
	case strings.HasPrefix(base, metaPrefix):
		return nil
	case hidden == "" || hidden == "." || hidden == "..":
		return errors.New("the whiteout hides no name")
	}
	return hide(dir, hidden)
}

// wanted says whether a kind of file is unpacked.
func (x *extraction) wanted(h *tar.Header) bool {
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont, tar.TypeLink, tar.TypeSymlink, tar.TypeFifo:
		return true
	case tar.TypeChar, tar.TypeBlock:
		x.out["device files: a container gets its own"]++
	default:
		x.out[fmt.Sprintf("files of the unknown type %q", h.Typeflag)]++
	}
	return false
}

func (x *extraction) dir(dir int, name, base string, found kind, h *tar.Header) error {
	if found != directory {
		if err := discard(dir, base, found); err != nil {
			return err
		}
		if err := unix.Mkdirat(dir, base, 0o700); err != nil {
			return err
		}
		if found == whiteout {
			if err := opaque(dir, base); err != nil {
				return err
			}
		}
	}
	x.dirs[name] = h
	return nil
}

func (x *extraction) file(dir int, base string, h *tar.Header, in io.Reader) error {
	switch h.Typeflag {
	case tar.TypeLink:
		return x.link(dir, base, h.Linkname)
	case tar.TypeSymlink:
		if err := unix.Symlinkat(h.Linkname, dir, base); err != nil {
			return err
		}
	case tar.TypeFifo:
		if err := unix.Mknodat(dir, base, unix.S_IFIFO|0o600, 0); err != nil {
			return err
		}
	default:
		if err := x.content(dir, base, in); err != nil {
			return err
		}
	}
	return x.meta(dir, base, h)
}

// link makes a hard link to a file of this layer.
func (x *extraction) link(dir int, base, to string) error {
	above, toBase, err := splitName(to)
	if err != nil {
		return err
	}
	from, err := x.tree.open(path.Clean(above))
	if err != nil {
		return fmt.Errorf("link to %q: %w", to, err)
	}
	defer unix.Close(from)
	if err := unix.Linkat(from, toBase, dir, base, 0); err != nil {
		return fmt.Errorf("link to %q: %w", to, err)
	}
	return nil
}

func (x *extraction) content(dir int, base string, in io.Reader) error {
	f, err := create(dir, base)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(f, &limited{in: in, left: x.left.bytes})
	x.left.bytes -= n
	if errors.Is(err, errTooBig) {
		return fmt.Errorf("the image: %w", err)
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// finishDirs sets what belongs to directories, the innermost first: a mode may
// forbid to write there, and every new file changes a time.
func (x *extraction) finishDirs() error {
	names := slices.Sorted(maps.Keys(x.dirs))
	for _, name := range slices.Backward(names) {
		if err := x.finishDir(name, x.dirs[name]); err != nil {
			return fmt.Errorf("unpack %q: %w", x.dirs[name].Name, err)
		}
	}
	return nil
}

// finishDir leaves alone what a later entry has replaced.
func (x *extraction) finishDir(name string, h *tar.Header) error {
	above, base := path.Split(name)
	if base == "" {
		base = "."
	}
	dir, err := x.tree.open(path.Clean(above))
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	if found, err := look(dir, base); err != nil || found != directory {
		return err
	}
	return x.meta(dir, base, h)
}
