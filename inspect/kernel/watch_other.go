//go:build !linux

package kernel

import (
	"errors"
	"time"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Notice is nothing here.
type Notice struct {
	Mount                    snapshot.MountID
	PID                      int
	Attached, Detached, Lost bool
}

// Notices are nothing here.
type Notices struct{}

// OpenNotices answers [errors.ErrUnsupported].
func (*Kernel) OpenNotices() (*Notices, error) { return nil, errors.ErrUnsupported }

// Close answers [errors.ErrUnsupported].
func (*Notices) Close() error { return errors.ErrUnsupported }

// Read answers [errors.ErrUnsupported].
func (*Notices) Read(func(Notice)) (bool, error) { return false, errors.ErrUnsupported }

// Waiter is nothing here.
type Waiter struct{}

// NewWaiter answers [errors.ErrUnsupported].
func NewWaiter() (*Waiter, error) { return nil, errors.ErrUnsupported }

// Close answers [errors.ErrUnsupported].
func (*Waiter) Close() error { return errors.ErrUnsupported }

// AddNotices answers [errors.ErrUnsupported].
func (*Waiter) AddNotices(*Notices) error { return errors.ErrUnsupported }

// AddMountinfo answers [errors.ErrUnsupported].
func (*Waiter) AddMountinfo(*ProcDir, int, int) error { return errors.ErrUnsupported }

// Mountinfo answers [errors.ErrUnsupported].
func (*Waiter) Mountinfo(int, []byte) ([]byte, error) { return nil, errors.ErrUnsupported }

// Forget does nothing.
func (*Waiter) Forget(int) {}

// Wake does nothing.
func (*Waiter) Wake() {}

// Wait answers [errors.ErrUnsupported].
func (*Waiter) Wait(time.Duration, func(int)) (bool, error) { return false, errors.ErrUnsupported }

// MountNS is nothing here.
type MountNS struct{ snapshot.Namespace }

// Mark answers [errors.ErrUnsupported].
func (*MountNS) Mark(*Notices) error { return errors.ErrUnsupported }

// Mounts answers [errors.ErrUnsupported].
func (*MountNS) Mounts() (snapshot.Table, snapshot.MountID, error) {
	return snapshot.Table{}, 0, errors.ErrUnsupported
}

// EachMountNS answers [errors.ErrUnsupported].
func (*Kernel) EachMountNS(func(uint64) bool, func(*MountNS)) error { return errors.ErrUnsupported }

// VisitMountNS answers [errors.ErrUnsupported].
func (*Kernel) VisitMountNS(snapshot.Ref, func(*MountNS) error) error { return errors.ErrUnsupported }

// MountReader is nothing here.
type MountReader struct{}

// NewMountReader makes one whose methods answer [errors.ErrUnsupported].
func (*Kernel) NewMountReader() *MountReader { return &MountReader{} }

// After answers [errors.ErrUnsupported].
func (*MountReader) After(uint64, snapshot.MountID, snapshot.MountID) ([]snapshot.MountID, error) {
	return nil, errors.ErrUnsupported
}

// Found is nothing here.
type Found struct {
	snapshot.Mount
	Parent snapshot.MountID
}

// What can be asked for elsewhere.
const (
	AskState = uint64(iota)
	AskFew
	AskPoint
	AskAll
)

// Ask answers [errors.ErrUnsupported].
func (*MountReader) Ask(uint64, snapshot.MountID, uint64) (Found, error) {
	return Found{}, errors.ErrUnsupported
}

// Forget does nothing.
func (*MountReader) Forget() {}
