package kernel

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Kernel is the [snapshot.KernelReader] of the running kernel. It is safe for
// concurrent use.
type Kernel struct {
	proc *ProcDir
	// own is the program's own mount namespace, zero when it cannot be told.
	// It is asked once: nothing here moves the program's first thread.
	own    func() snapshot.NSID
	probes [numFeatures]func() bool
}

var _ snapshot.KernelReader = (*Kernel)(nil)

// New makes a reader that reaches namespaces through proc, which must be the
// /proc of the pid namespace that the process ids it is given belong to.
func New(proc *ProcDir) *Kernel {
	k := &Kernel{proc: proc}
	k.own = sync.OnceValue(k.findOwn)
	for f := range k.probes {
		k.probes[f] = sync.OnceValue(func() bool { return features[f].probe(k) })
	}
	return k
}

// openOwn opens the program's own namespace of a type. A /proc of another pid
// namespace has no self; for the mount namespace a pidfd leads there as well.
func (k *Kernel) openOwn(t snapshot.Type) (int, error) {
	fd, err := openat(k.proc.fd, "self/ns/"+t.String(), unix.O_RDONLY)
	if err == nil || t != snapshot.Mnt {
		return fd, err
	}
	pidfd, pidErr := unix.PidfdOpen(unix.Getpid(), 0)
	if pidErr != nil {
		return -1, err
	}
	defer unix.Close(pidfd)
	if fd, pidErr = ioctl(pidfd, unix.PIDFD_GET_MNT_NAMESPACE, nil); pidErr != nil {
		return -1, err
	}
	return fd, nil
}

func (k *Kernel) findOwn() snapshot.NSID {
	fd, err := k.openOwn(snapshot.Mnt)
	if err != nil {
		return snapshot.NSID{}
	}
	defer unix.Close(fd)
	id, _ := nsID(fd)
	return id
}

// name is a namespace as the kernel writes it: mnt:[4026531841].
func name(r snapshot.Ref) string { return fmt.Sprintf("%v:[%d]", r.Type, r.Ino) }
