package kernel

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Resolved is where a path leads: the place without symbolic links, as the whole
// namespace calls it, and the mount that it lies on.
type Resolved struct {
	Path  string
	Mount snapshot.MountID // 32-bit
	// Root is the mount that the root directory is on which the path was
	// followed from, and RootPath that directory.
	Root     snapshot.MountID
	RootPath string
	// File: it is no directory.
	File bool
	// Deleted: the directory or file has no name any more, so nothing can be
	// mounted on it.
	Deleted bool
}

// Resolve follows a path inside a mount namespace, or with pid as that process
// sees it. A file system that does not answer within limit is an error. The last
// component is only looked up, so an automount there is not set off.
func (k *Kernel) Resolve(ctx context.Context, ref snapshot.Ref, pid int, path string, limit time.Duration) (Resolved, error) {
	p, err := k.entrance(ref, pid)
	if err != nil {
		return Resolved{}, fmt.Errorf("enter %s: %w", name(ref), err)
	}
	r, err := k.askIn(ctx, p, question{Kind: askPath, Path: []byte(path)}, limit)
	if err != nil {
		return Resolved{}, fmt.Errorf("follow %s: %w", path, err)
	}
	r.At.Path, r.At.RootPath = string(r.Path), string(r.RootPath)
	return r.At, r.err()
}

// askIn has an asker, or where there can be none a thread of its own, answer a
// question about paths in a view, which it closes.
func (k *Kernel) askIn(ctx context.Context, v view, q question, limit time.Duration) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := k.ask(ctx, q, v)
	if !errors.Is(err, errNoAsker) {
		v.close()
		if err != nil {
			err = ErrSilent
		}
		return r, err
	}
	answer := make(chan reply, 1)
	onOwnThread(func() {
		r := q.follow(k, v)
		v.close()
		answer <- r
	})
	select {
	case r := <-answer:
		return r, nil
	case <-ctx.Done():
		return reply{}, ErrSilent
	}
}

// follow answers a question about a path, on a thread of its own.
func (q question) follow(k *Kernel, v view) (r reply) {
	var err error
	if q.Kind == askEntry {
		r.Entry, err = k.entry(v, q.Who, string(q.Path))
		r.Path, r.Entry.Path = []byte(r.Entry.Path), ""
	} else {
		r.At, err = k.resolve(v, string(q.Path))
		r.Path, r.RootPath = []byte(r.At.Path), []byte(r.At.RootPath)
		r.At.Path, r.At.RootPath = "", ""
	}
	return r.failed(err)
}

// entrance is what a thread needs to see what a process or namespace sees.
func (k *Kernel) entrance(ref snapshot.Ref, pid int) (view, error) {
	v := ownView
	var err error
	if pid != 0 {
		v.root, err = openat(k.proc.fd, pidPath(pid, "root"), unix.O_PATH|unix.O_DIRECTORY)
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) {
			return v, snapshot.ErrVanished
		}
		if err != nil {
			return v, err
		}
	}
	v.isOwn = ref.Ino != 0 && ref.Ino == k.own().Ino
	if v.ns, err = k.open(ref); err != nil {
		v.close()
	}
	return v, err
}

// resolve runs on a thread of its own. The path, every absolute link in it and
// every ".." stay below the root (RESOLVE_IN_ROOT of openat2(2)); the names are
// then read as the thread sees them, which has the namespace's root.
func (k *Kernel) resolve(v view, path string) (at Resolved, err error) {
	root, err := v.enter()
	if err != nil {
		return at, err
	}
	defer unix.Close(root)
	fd, err := below(root, path)
	if err != nil {
		return at, err
	}
	defer unix.Close(fd)
	var st unix.Statx_t
	if at.Path, st, err = k.placeOf(fd); err != nil {
		return at, err
	}
	at.Mount = snapshot.MountID(st.Mnt_id)
	at.File = st.Mask&unix.STATX_TYPE != 0 && st.Mode&unix.S_IFMT != unix.S_IFDIR
	if name, cut := strings.CutSuffix(at.Path, deletedSuffix); cut && st.Nlink == 0 {
		at.Path, at.Deleted = name, true
	}
	at.RootPath, st, err = k.placeOf(root)
	at.Root = snapshot.MountID(st.Mnt_id)
	return at, err
}

// deletedSuffix is what the kernel writes behind a path that is gone; a name may
// end so, too.
const deletedSuffix = " (deleted)"

// NotDirectory says whether a path led through a file.
func NotDirectory(err error) bool { return errors.Is(err, unix.ENOTDIR) }

// below opens a path as a place only, below a root directory.
func below(root int, path string) (int, error) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT}
	for {
		fd, err := unix.Openat2(root, path, &how)
		// EAGAIN: a rename or mount elsewhere came between (openat2(2)).
		if err != unix.EINTR && err != unix.EAGAIN {
			return fd, err
		}
	}
}

// placeOf is the path of a descriptor and what it is of. The path is read first:
// what is said to be deleted is then known to have no name.
func (k *Kernel) placeOf(fd int) (path string, st unix.Statx_t, err error) {
	if path, err = k.proc.ReadLink("thread-self/fd/" + strconv.Itoa(fd)); err != nil {
		return "", st, err
	}
	st, err = glance(fd, "", unix.AT_EMPTY_PATH, unix.STATX_TYPE|unix.STATX_NLINK|unix.STATX_MNT_ID)
	if err != nil || st.Mask&unix.STATX_MNT_ID == 0 {
		return "", st, errors.New("ask for its mount: this kernel does not tell (statx(2), Linux 5.8)")
	}
	return path, st, nil
}
