//go:build !linux

package kernel

import (
	"errors"
	"time"

	"github.com/nsview/nsview/inspect/snapshot"
)

// ErrSilent: a file system did not answer in time.
var ErrSilent = errors.New("it does not answer in time")

// Place is where a path or descriptor leads.
type Place struct {
	Mount   snapshot.MountID
	Dev     snapshot.Dev
	Ino     uint64
	Rdev    snapshot.Dev
	Block   bool
	Regular bool // it is a file with content
	Err     error
}

// Prober is nothing here.
type Prober struct{}

// NewProber makes a Prober that answers [errors.ErrUnsupported].
func (*Kernel) NewProber(time.Duration) *Prober { return &Prober{} }

// Close does nothing.
func (*Prober) Close() {}

// At answers [errors.ErrUnsupported].
func (*Prober) At(string) Place { return Place{Err: errors.ErrUnsupported} }

// OwnFiles says no.
func (*Kernel) OwnFiles(_, _ int) bool { return false }

// OwnDirs says no.
func (*Kernel) OwnDirs(_, _ int) bool { return false }

// LoopBacking answers [errors.ErrUnsupported].
func (*Kernel) LoopBacking(string, time.Duration) (snapshot.Dev, uint64, error) {
	return snapshot.Dev{}, 0, errors.ErrUnsupported
}

// Superblock is what a block device says of the file system on it.
type Superblock struct{ Type, UUID, Label string }

// SuperblockOf answers [errors.ErrUnsupported].
func (*Kernel) SuperblockOf(string, snapshot.Dev, time.Duration) (Superblock, error) {
	return Superblock{}, errors.ErrUnsupported
}

// MapperOpens answers [errors.ErrUnsupported].
func (*Kernel) MapperOpens(snapshot.Dev, time.Duration) (int, error) { return 0, errors.ErrUnsupported }

// Uprobe is a probe in a file that a BPF link keeps.
type Uprobe struct {
	Link uint32
	Path string
}

// Uprobes answers [errors.ErrUnsupported].
func (*Kernel) Uprobes() ([]Uprobe, error) { return nil, errors.ErrUnsupported }

// UprobeOf answers [errors.ErrUnsupported].
func (*Kernel) UprobeOf(_, _ int) (string, error) { return "", errors.ErrUnsupported }

// Brief answers [errors.ErrUnsupported].
func (*Kernel) Brief(snapshot.Ref) ([]snapshot.Mount, error) { return nil, errors.ErrUnsupported }

// Detached answers [errors.ErrUnsupported].
func (*Kernel) Detached(_, _ int) (snapshot.Mount, error) {
	return snapshot.Mount{}, errors.ErrUnsupported
}

// Unread answers [errors.ErrUnsupported].
func (*Kernel) Unread(_, _ int) (int, error) { return 0, errors.ErrUnsupported }

// Socket is a unix socket as sock_diag(7) tells of it.
type Socket struct {
	Ino    uint64
	Dev    snapshot.Dev
	File   uint64
	Path   string
	Unread bool
}

// Sockets answers [errors.ErrUnsupported].
func (*Kernel) Sockets(snapshot.Ref, func(Socket)) error { return errors.ErrUnsupported }

// FilesInside answers [errors.ErrUnsupported].
func (*Kernel) FilesInside(snapshot.Ref, string, time.Duration) (map[string][]byte, error) {
	return nil, errors.ErrUnsupported
}

// NoSuchProcess says no.
func NoSuchProcess(error) bool { return false }
