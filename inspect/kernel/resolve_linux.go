package kernel

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Resolved is where a path leads: a place without symbolic links, as its
// namespace (or a process with a root of its own) sees it, and the mount that
// it lies on.
type Resolved struct {
	Path  string
	Mount snapshot.MountID // 32-bit
}

// Resolve follows a path inside a mount namespace, or with pid as that process
// sees it. A file system that does not answer within limit costs a thread and
// is an error. The last component is only looked up, so an automount there is
// not set off.
func (k *Kernel) Resolve(ctx context.Context, ref snapshot.Ref, pid int, path string, limit time.Duration) (Resolved, error) {
	p, err := k.entrance(ref, pid)
	if err != nil {
		return Resolved{}, fmt.Errorf("enter %s: %w", name(ref), err)
	}
	type result struct {
		at  Resolved
		err error
	}
	answer := make(chan result, 1)
	onOwnThread(func() {
		at, err := k.resolve(p, path)
		p.close()
		answer <- result{at, err}
	})
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case r := <-answer:
		return r.at, r.err
	case <-ctx.Done():
		return Resolved{}, fmt.Errorf("it does not answer within %v", limit)
	}
}

// entrance is what a thread needs to see what a process or namespace sees.
func (k *Kernel) entrance(ref snapshot.Ref, pid int) (view, error) {
	v := view{ns: -1, root: -1}
	var err error
	if pid != 0 {
		if v.root, err = openat(k.proc.fd, pidPath(pid, "root"), unix.O_PATH|unix.O_DIRECTORY); err != nil {
			return v, err
		}
	}
	v.isOwn = ref.Ino != 0 && ref.Ino == k.own().Ino
	if v.ns, err = k.open(ref); err != nil {
		v.close()
	}
	return v, err
}

// resolve runs on a thread of its own. A process's root is entered by chroot,
// so that the path and every absolute link in it are the process's.
func (k *Kernel) resolve(v view, path string) (at Resolved, err error) {
	if err := enter(v.ns); err != nil && !v.isOwn {
		return at, err
	}
	if v.root >= 0 {
		if err := unix.Fchdir(v.root); err != nil {
			return at, fmt.Errorf("change to its root: %w", err)
		}
		if err := unix.Chroot("."); err != nil {
			return at, fmt.Errorf("change root: %w", err)
		}
	}
	fd, err := openat(unix.AT_FDCWD, path, unix.O_PATH)
	if err != nil {
		return at, err
	}
	defer unix.Close(fd)
	id, ok := mountIDOf(fd)
	if !ok {
		return at, fmt.Errorf("ask for the mount of %s: this kernel does not tell (statx, Linux 5.8)", path)
	}
	at.Mount = id
	at.Path, err = k.proc.ReadLink("thread-self/fd/" + strconv.Itoa(fd))
	return at, err
}
