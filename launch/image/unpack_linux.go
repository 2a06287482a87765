package image

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"
)

// Layers are an image's layers unpacked.
type Layers struct {
	// Dirs are the directories, the lowest first. They are shared by all
	// containers: they may be layers of an overlay and must not be written to.
	Dirs []string
	// LeftOut says what of the image is not there, and why.
	LeftOut []string
}

// The files of a cache:
//
//	lock                    locked while a directory below gets its lock
//	ALGORITHM-CHAINID/files  a layer
//	ALGORITHM-CHAINID/left-out  what of it was left out
//	.unpack-RANDOM          one that is being unpacked, locked meanwhile
//
// A chain ID stands for a layer and all below it (config.md of the image
// specification): directories that an archive does not mention are made like
// those below.
const (
	filesDir     = "files"
	leftOutFile  = "left-out"
	unpackPrefix = ".unpack-"
)

// Unpack unpacks the layers that are not yet in the directory cache, and gives
// all of them. They stay there for the next time. Any number of processes may
// unpack into one cache at once.
//
// The cache belongs to the caller, and nobody else may enter it: an image may
// bring programs that run as their owner. An ordinary user owns all files;
// the superuser's copies have the owners that the image says.
func (i *Image) Unpack(cache string) (Layers, error) {
	var l Layers
	if err := prepare(cache); err != nil {
		return l, fmt.Errorf("unpack the image into %s: %w", cache, err)
	}
	left := &budget{bytes: i.options.MaxBytes, files: i.options.MaxFiles}
	var chain []digest.Digest
	for n, one := range i.layers {
		chain = append(chain, one.diffID)
		dir, leftOut, err := i.unpackLayer(cache, one, identity.ChainID(chain), l.Dirs, left)
		if err != nil {
			return l, fmt.Errorf("unpack layer %d of %d into %s: %w", n+1, len(i.layers), cache, err)
		}
		l.Dirs = append(l.Dirs, dir)
		l.LeftOut = append(l.LeftOut, leftOut...)
	}
	slices.Sort(l.LeftOut)
	l.LeftOut = slices.Compact(l.LeftOut)
	return l, nil
}

// budget is what may still be unpacked.
type budget struct {
	bytes int64
	files int
}

// prepare makes the cache, or refuses it, and removes what killed processes
// left.
func prepare(cache string) error {
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(cache)
	if err != nil {
		return err
	}
	stat := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return errors.New("it is no directory")
	case int(stat.Uid) != os.Geteuid():
		return fmt.Errorf("it belongs to uid %d and not to uid %d", stat.Uid, os.Geteuid())
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("others may enter it: its mode is %04o, not 0700", info.Mode().Perm())
	}
	unlock, err := lock(cache)
	if err != nil {
		return err
	}
	defer unlock()
	list, err := filepath.Glob(filepath.Join(cache, unpackPrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range list {
		if err := removeUnlocked(dir); err != nil {
			return err
		}
	}
	return nil
}

// lock keeps others from making directories in the cache or removing them.
func lock(cache string) (func(), error) {
	f, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock(f, syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// removeUnlocked removes a directory that nobody unpacks into.
func removeUnlocked(dir string) error {
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if flock(f, syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil
	}
	return removeAll(dir)
}

// removeAll removes a directory whatever modes there are in it.
func removeAll(dir string) error {
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(p, 0o700)
		}
		return err
	})
	return os.RemoveAll(dir)
}

// temporary makes a directory to unpack into, which is locked until it is
// closed.
func temporary(cache string) (*os.File, error) {
	unlock, err := lock(cache)
	if err != nil {
		return nil, err
	}
	defer unlock()
	dir, err := os.MkdirTemp(cache, unpackPrefix)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := flock(f, syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// unpackLayer gives the directory of a layer.
func (i *Image) unpackLayer(
	cache string, l layer, chain digest.Digest, below []string, left *budget,
) (string, []string, error) {
	dir := filepath.Join(cache, chain.Algorithm().String()+"-"+chain.Encoded())
	if leftOut, err := readLeftOut(dir); err == nil {
		return filepath.Join(dir, filesDir), leftOut, nil
	}
	held, err := temporary(cache)
	if err != nil {
		return "", nil, err
	}
	defer held.Close()
	// When all went well it is no longer there.
	defer func() { _ = removeAll(held.Name()) }()
	leftOut, err := i.extract(filepath.Join(held.Name(), filesDir), below, l, left)
	if err != nil {
		return "", nil, err
	}
	b, err := json.Marshal(leftOut)
	if err == nil {
		err = os.WriteFile(filepath.Join(held.Name(), leftOutFile), b, 0o600)
	}
	if err != nil {
		return "", nil, err
	}
	if err := os.Rename(held.Name(), dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", nil, err
	}
	return filepath.Join(dir, filesDir), leftOut, nil
}

func readLeftOut(dir string) (list []string, err error) {
	b, err := os.ReadFile(filepath.Join(dir, leftOutFile))
	if err != nil {
		return nil, err
	}
	return list, json.Unmarshal(b, &list)
}

// extract unpacks a layer, and holds the blob and the tar in it against their
// digests to the last byte.
func (i *Image) extract(dir string, below []string, l layer, left *budget) ([]string, error) {
	f, err := i.source.open(l.blob)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	blob := newVerified(f, l.digest)
	in, err := decompress(blob)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	tarred := newVerified(&limited{in: in, left: tarLimit(left)}, l.diffID)
	leftOut, err := unpack(tarred, dir, below, left)
	if err != nil {
		return nil, err
	}
	// What follows the end of the archive is in the digests too.
	for _, v := range []*verified{tarred, blob} {
		if err := v.finish(); err != nil {
			return nil, err
		}
	}
	return leftOut, nil
}

// tarLimit is the size of a tar with so many files of so many bytes, by far:
// padding and headers are 3 KiB a file at most, without extended ones.
func tarLimit(b *budget) int64 { return b.bytes + int64(b.files)*8<<10 + 1<<20 }

// verified reads what has a digest.
type verified struct {
	io.Reader
	want digest.Digest
	sum  digest.Verifier
}

func newVerified(r io.Reader, want digest.Digest) *verified {
	if want == "" {
		return &verified{Reader: r}
	}
	sum := want.Verifier()
	return &verified{io.TeeReader(r, sum), want, sum}
}

// finish reads the rest and says whether all was what the digest says.
func (v *verified) finish() error {
	if _, err := io.Copy(io.Discard, v.Reader); err != nil {
		return err
	}
	if v.sum != nil && !v.sum.Verified() {
		return fmt.Errorf("it is not what its digest %s says", v.want)
	}
	return nil
}
