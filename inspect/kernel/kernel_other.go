//go:build !linux

package kernel

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Only Linux has mount namespaces. Elsewhere everything here answers
// [errors.ErrUnsupported], and saved hosts are read as plain directories.

// ProcDir is nothing here.
type ProcDir struct{}

// OpenProc answers [errors.ErrUnsupported].
func OpenProc(string) (*ProcDir, error) { return nil, errors.ErrUnsupported }

// Close answers [errors.ErrUnsupported].
func (*ProcDir) Close() error { return errors.ErrUnsupported }

// Open answers [errors.ErrUnsupported].
func (*ProcDir) Open(string) (fs.File, error) { return nil, errors.ErrUnsupported }

// Kernel is nothing here.
type Kernel struct{}

var _ snapshot.KernelReader = (*Kernel)(nil)

// Dispatch is false: there is nothing to be asked aside without Linux.
func Dispatch() bool { return false }

// New makes a Kernel whose methods answer [errors.ErrUnsupported].
func New(*ProcDir) *Kernel { return &Kernel{} }

// Walk answers [errors.ErrUnsupported].
func (*Kernel) Walk(snapshot.TypeSet, func(snapshot.Namespace)) (snapshot.TypeSet, error) {
	return 0, errors.ErrUnsupported
}

// Describe answers [errors.ErrUnsupported].
func (*Kernel) Describe(snapshot.Ref, func(uint64) bool, func(snapshot.Namespace)) (snapshot.Namespace, error) {
	return snapshot.Namespace{}, errors.ErrUnsupported
}

// Table answers [errors.ErrUnsupported].
func (*Kernel) Table(snapshot.Ref) (snapshot.Table, error) {
	return snapshot.Table{}, errors.ErrUnsupported
}

// Pins answers [errors.ErrUnsupported].
func (*Kernel) Pins(snapshot.Ref, func(snapshot.Type, uint64, string)) error {
	return errors.ErrUnsupported
}

// Detail answers [errors.ErrUnsupported].
func (*Kernel) Detail(snapshot.Ref, *snapshot.Table) error { return errors.ErrUnsupported }

// Usage answers [errors.ErrUnsupported].
func (*Kernel) Usage(context.Context, snapshot.Ref, *snapshot.Table, time.Duration) (int, error) {
	return 0, errors.ErrUnsupported
}

// MountinfoInside answers [errors.ErrUnsupported].
func (*Kernel) MountinfoInside(snapshot.Ref) ([]byte, error) { return nil, errors.ErrUnsupported }

// File answers [errors.ErrUnsupported].
func (*Kernel) File(string) (snapshot.Type, uint64, error) { return 0, 0, errors.ErrUnsupported }

// Shapes reads nothing: each table is an [errors.ErrUnsupported].
func (*Kernel) Shapes() func(snapshot.Ref) (snapshot.Table, error) {
	return func(snapshot.Ref) (snapshot.Table, error) { return snapshot.Table{}, errors.ErrUnsupported }
}

// Resolved is where a path leads.
type Resolved struct {
	Path, RootPath string
	Mount, Root    snapshot.MountID
	File, Deleted  bool
}

// NotDirectory says no.
func NotDirectory(error) bool { return false }

// Resolve answers [errors.ErrUnsupported].
func (*Kernel) Resolve(context.Context, snapshot.Ref, int, string, time.Duration) (Resolved, error) {
	return Resolved{}, errors.ErrUnsupported
}

// Link is where a symbolic link leads.
type Link struct {
	Text                  []byte
	Magic, Inner, Deleted bool
	NS                    uint64
	Type                  snapshot.Type
	Dev                   snapshot.Dev
	Mount                 snapshot.MountID
	Path                  []byte
}

// Entry is what a path ends at.
type Entry struct {
	Path string
	File bool
	Link *Link
}

// Entry answers [errors.ErrUnsupported].
func (*Kernel) Entry(context.Context, snapshot.Ref, int, string, time.Duration) (Entry, error) {
	return Entry{}, errors.ErrUnsupported
}

// ReadInto answers [errors.ErrUnsupported].
func (*ProcDir) ReadInto(string, []byte) ([]byte, error) { return nil, errors.ErrUnsupported }

// ReadLinkIno answers [errors.ErrUnsupported].
func (*ProcDir) ReadLinkIno(string) (uint64, error) { return 0, errors.ErrUnsupported }
