package snapshot

import "errors"

// What readers say of a process that shows nothing. A process that may not be
// looked at is an [io/fs.ErrPermission].
var (
	// ErrVanished: it exited between two reads.
	ErrVanished = errors.New("the process is gone")
	// ErrZombie: it has exited and waits for its parent; it is in no
	// namespace any more.
	ErrZombie = errors.New("the process is a zombie")
	// ErrNotSaved: the saved /proc holds nothing of it.
	ErrNotSaved = errors.New("not in the saved copy")
)
