package kernel

import (
	"errors"
	"io/fs"

	"github.com/nsview/nsview/inspect/snapshot"
)

// ErrNoStatmount: the kernel, or the filter a container runtime put before it,
// does not read other mount namespaces by statmount(2), or leaves out columns
// that mountinfo has (before Linux 6.13). [Kernel.MountinfoInside] reads the
// same table another way.
var ErrNoStatmount = errors.New("statmount(2) of this kernel does not tell the whole mount table")

// ErrGone: the namespace referred to is not where it was. Its inode number may
// name another one by now (namespaces(7)), so it is never taken on trust.
// errors.Is finds it equal to [snapshot.ErrVanished] and [fs.ErrNotExist].
var ErrGone error = goneError{}

type goneError struct{}

func (goneError) Error() string { return "the namespace is gone" }

func (goneError) Is(target error) bool {
	return target == snapshot.ErrVanished || target == fs.ErrNotExist
}
