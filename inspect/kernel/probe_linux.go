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
	Mount snapshot.MountID // 32-bit
	Dev   snapshot.Dev     // st_dev
	Ino   uint64
	Rdev  snapshot.Dev
	Block bool // it is a block device
	Err   error
}

// Prober looks where links of /proc lead. Following one may wait for a server
// that is dead: it is done on a thread that is left behind when it takes too
// long, which can still be ended, as such a link asks no FUSE server. What a path
// of names leads to an asker looks at. A Prober is for one goroutine.
type Prober struct {
	k     *Kernel
	proc  *ProcDir
	limit time.Duration
	asked chan probeRequest
}

type probeRequest struct {
	paths  []string
	answer chan Place
}

// NewProber makes a Prober that gives each path so long.
func (k *Kernel) NewProber(limit time.Duration) *Prober {
	return &Prober{k: k, proc: k.proc, limit: limit}
}

// Close lets the thread go.
func (p *Prober) Close() {
	if p.asked != nil {
		close(p.asked)
		p.asked = nil
	}
}

// Places looks at paths below /proc, or absolute ones of the program's own
// namespace. What does not answer has [ErrSilent].
func (p *Prober) Places(paths ...string) []Place {
	if len(paths) == 1 && strings.HasPrefix(paths[0], "/") {
		if at, ok := p.aside(paths[0]); ok {
			return []Place{at}
		}
	}
	list := make([]Place, 0, len(paths))
	for len(list) < len(paths) {
		got := p.some(paths[len(list):])
		list = append(list, got...)
		if len(list) < len(paths) {
			list = append(list, Place{Err: ErrSilent})
		}
	}
	return list
}

// aside has an asker look at a path.
func (p *Prober) aside(path string) (at Place, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), p.limit)
	defer cancel()
	r, err := p.k.ask(ctx, question{Kind: askPlace, Path: []byte(path)}, view{ns: -1, root: -1})
	switch {
	case errors.Is(err, errNoAsker):
		return at, false
	case err != nil:
		return Place{Err: ErrSilent}, true
	}
	r.Place.Err = r.err()
	return r.Place, true
}

// some answers as many of the paths as can be before one takes too long.
func (p *Prober) some(paths []string) []Place {
	if p.asked == nil {
		p.asked = make(chan probeRequest)
		go work(p.proc.fd, p.asked)
	}
	// The room for all answers lets a thread that was left behind end.
	r := probeRequest{paths, make(chan Place, len(paths))}
	p.asked <- r
	var list []Place
	timer := time.NewTimer(p.limit)
	defer timer.Stop()
	for range paths {
		select {
		case at := <-r.answer:
			list = append(list, at)
			timer.Reset(p.limit)
		case <-timer.C:
			p.Close()
			return list
		}
	}
	return list
}

func work(procfd int, asked <-chan probeRequest) {
	for r := range asked {
		for _, path := range r.paths {
			r.answer <- placeAt(procfd, path)
		}
	}
}

// placeAt asks only for what the kernel has at hand: no server is asked and no
// automount set off (statx(2)).
func placeAt(dirfd int, path string) Place {
	const flags = unix.AT_STATX_DONT_SYNC | unix.AT_NO_AUTOMOUNT
	var st unix.Statx_t
	var err error = unix.EINTR
	for err == unix.EINTR {
		err = unix.Statx(dirfd, path, flags, unix.STATX_TYPE|unix.STATX_INO|unix.STATX_MNT_ID, &st)
	}
	if err != nil {
		return Place{Err: err}
	}
	return Place{
		Mount: snapshot.MountID(st.Mnt_id), Ino: st.Ino,
		Dev:   snapshot.Dev{Major: st.Dev_major, Minor: st.Dev_minor},
		Rdev:  snapshot.Dev{Major: st.Rdev_major, Minor: st.Rdev_minor},
		Block: st.Mode&unix.S_IFMT == unix.S_IFBLK,
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
