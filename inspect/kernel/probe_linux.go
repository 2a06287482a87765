package kernel

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// ErrSilent: a file system did not answer in time.
var ErrSilent = errors.New("it does not answer in time")

// Place is where a path or descriptor leads.
type Place struct {
	Mount   snapshot.MountID // 32-bit
	Dev     snapshot.Dev     // st_dev
	Ino     uint64
	Rdev    snapshot.Dev
	Block   bool // it is a block device
	Regular bool // it is a file with content
	Err     error
}

// Prober looks where links of /proc lead, aside ([Aside]): such a link asks no
// FUSE server. What a path of names leads to an asker looks at. A Prober is for
// one goroutine.
type Prober struct {
	k     *Kernel
	aside Aside
}

// NewProber makes a Prober that gives each path so long.
func (k *Kernel) NewProber(limit time.Duration) *Prober {
	return &Prober{k: k, aside: Aside{Limit: limit}}
}

// Close lets its goroutine go.
func (p *Prober) Close() { p.aside.Close() }

// At looks at a path below /proc, or at an absolute one of the program's own
// namespace. What does not answer has [ErrSilent].
func (p *Prober) At(path string) Place {
	if strings.HasPrefix(path, "/") {
		if at, ok := p.asked(path); ok {
			return at
		}
	}
	var at Place
	if !p.aside.Do(func() { at = placeAt(p.k.proc.fd, path) }) {
		return Place{Err: ErrSilent}
	}
	return at
}

// asked has an asker look at a path.
func (p *Prober) asked(path string) (at Place, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), p.aside.Limit)
	defer cancel()
	r, err := p.k.ask(ctx, question{Kind: askPlace, Path: []byte(path)}, ownView)
	switch {
	case errors.Is(err, errNoAsker):
		return at, false
	case err != nil:
		return Place{Err: ErrSilent}, true
	}
	r.Place.Err = r.err()
	return r.Place, true
}

// glance asks only for what the kernel has at hand: no server is asked and no
// automount set off (statx(2)).
func glance(dirfd int, path string, flags, mask int) (st unix.Statx_t, err error) {
	err = unix.EINTR
	for err == unix.EINTR {
		err = unix.Statx(dirfd, path, flags|unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT, mask, &st)
	}
	return st, err
}

func placeAt(dirfd int, path string) Place {
	st, err := glance(dirfd, path, 0, unix.STATX_TYPE|unix.STATX_INO|unix.STATX_MNT_ID)
	if err != nil {
		return Place{Err: err}
	}
	return Place{
		Mount: snapshot.MountID(st.Mnt_id), Ino: st.Ino,
		Dev:   snapshot.Dev{Major: st.Dev_major, Minor: st.Dev_minor},
		Rdev:  snapshot.Dev{Major: st.Rdev_major, Minor: st.Rdev_minor},
		Block: st.Mode&unix.S_IFMT == unix.S_IFBLK, Regular: st.Mode&unix.S_IFMT == unix.S_IFREG,
	}
}

// What threads of a process may have of their own (kcmp(2)).
const (
	kcmpFiles = 2
	kcmpFS    = 3
)

// OwnFiles and OwnDirs say whether a thread has descriptors, or a root and
// working directory, of its own (unshare(2), CLONE_FILES and CLONE_FS). Where
// kcmp(2) does not tell, it has.
func (k *Kernel) OwnFiles(pid, tid int) bool { return pid != tid && differs(pid, tid, kcmpFiles) }

// OwnDirs is described with [Kernel.OwnFiles].
func (k *Kernel) OwnDirs(pid, tid int) bool { return pid != tid && differs(pid, tid, kcmpFS) }

func differs(pid, tid, what int) bool {
	same, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(pid), uintptr(tid), uintptr(what), 0, 0, 0)
	return errno != 0 || same != 0
}

// NoSuchProcess says whether an error is that of a process that exited since.
func NoSuchProcess(err error) bool { return errors.Is(err, unix.ESRCH) }
