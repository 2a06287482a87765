package kernel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Usage reads the sizes of a table's mounts (statfs(2)) inside their own
// namespace and returns how many did not answer within limit. Those have no
// Usage, nor have mounts that another one covers, that cannot be reached, and
// autofs mounts, which are never touched.
//
// A mount that does not answer blocks its thread for good. The thread is left
// behind, and the rest is read on a new one; where there are mounts that may not
// answer, all of it is done by an asker.
func (k *Kernel) Usage(ctx context.Context, ref snapshot.Ref, t *snapshot.Table, limit time.Duration) (silent int, err error) {
	v, err := k.view(ref, t)
	if err != nil {
		return 0, err
	}
	defer v.close()
	var found []*snapshot.Usage
	if list := targets(t.Mounts); waits(t.Mounts) {
		found, silent, err = k.sizesAside(ctx, v, list, limit)
	} else {
		found, silent, err = sizesOf(ctx, v, list, limit)
	}
	for i := range found {
		t.Mounts[i].Usage = found[i]
	}
	if err != nil {
		err = fmt.Errorf("read sizes in %s: %w", name(ref), err)
	}
	return silent, err
}

// sizesAside has an asker do what may take for ever.
func (k *Kernel) sizesAside(ctx context.Context, v view, list []target, limit time.Duration) ([]*snapshot.Usage, int, error) {
	r, err := k.ask(ctx, question{Kind: askSizes, Sizes: list, Limit: limit}, v)
	if errors.Is(err, errNoAsker) {
		return sizesOf(ctx, v, list, limit)
	}
	if err == nil {
		err = r.err()
	}
	if len(r.Sizes) != len(list) {
		r.Sizes = nil
	}
	return r.Sizes, r.Silent, err
}

// sizesOf asks all mounts of a list and returns their sizes in its order.
func sizesOf(ctx context.Context, v view, list []target, limit time.Duration) (found []*snapshot.Usage, silent int, err error) {
	found = make([]*snapshot.Usage, len(list))
	silent, err = askInTurn(ctx, v, list, found, limit, true)
	return found, silent, err
}

// lanes is how many mounts are waited for at a time once one did not answer:
// where one server is dead, more of its mounts are.
const lanes = 16

// askInTurn asks one mount after the other. When it may split, it divides what
// is left after the first that does not answer.
func askInTurn(ctx context.Context, v view, rest []target, found []*snapshot.Usage, limit time.Duration, split bool) (silent int, err error) {
	for len(rest) > 0 {
		w := &usageWorker{view: v, mounts: rest, found: make([]*snapshot.Usage, len(rest))}
		done, hung, err := w.run(ctx, limit)
		copy(found, w.found[:done])
		if err != nil {
			return silent, err
		}
		if !hung {
			break
		}
		silent++
		rest, found = rest[done+1:], found[done+1:]
		if split {
			more, err := askAtOnce(ctx, v, rest, found, limit)
			return silent + more, err
		}
	}
	return silent, nil
}

// askAtOnce divides the mounts among threads that wait at the same time.
func askAtOnce(ctx context.Context, v view, rest []target, found []*snapshot.Usage, limit time.Duration) (silent int, err error) {
	type result struct {
		silent int
		err    error
	}
	results := make(chan result)
	parts := 0
	size := len(rest)/lanes + 1
	for part := range slices.Chunk(rest, size) {
		into := found[parts*size:]
		parts++
		go func() {
			n, err := askInTurn(ctx, v, part, into, limit, false)
			results <- result{n, err}
		}()
	}
	for range parts {
		r := <-results
		silent += r.silent
		err = errors.Join(err, r.err)
	}
	return silent, err
}

// view is the root below which the points of a table lie: the namespace's own
// or, of the table of a process with a root of its own, that process's.
type view struct {
	ns    int // to be entered, -1 for none
	root  int // an O_PATH descriptor, -1 for the root after entering
	isOwn bool
}

// ownView is that of the program itself.
var ownView = view{ns: -1, root: -1}

func (k *Kernel) view(ref snapshot.Ref, t *snapshot.Table) (view, error) {
	if t.PID == 0 || t.Whole {
		return k.entrance(ref, 0)
	}
	v := ownView
	var err error
	if v.root, err = openat(k.proc.fd, pidPath(t.PID, "root"), unix.O_PATH|unix.O_DIRECTORY); err != nil {
		return v, fmt.Errorf("open root of pid %d: %w", t.PID, err)
	}
	return v, nil
}

func (v view) close() {
	for _, fd := range []int{v.ns, v.root} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// enter moves the thread to where the points can be opened, and opens the root
// that they are relative to. The own namespace can be read without the right to
// enter it; with a root directory at hand, not being let in only means that names
// are read from outside.
func (v view) enter() (root int, err error) {
	if v.ns >= 0 {
		if err := enter(v.ns); err != nil && !v.isOwn && v.root < 0 {
			return -1, err
		}
	}
	if v.root >= 0 {
		return unix.FcntlInt(uintptr(v.root), unix.F_DUPFD_CLOEXEC, 0)
	}
	return openat(unix.AT_FDCWD, "/", unix.O_PATH|unix.O_DIRECTORY)
}

// target is one mount to be asked, as a worker needs it: a worker that was
// left behind must not look at the table any more.
type target struct {
	ID    snapshot.MountID
	Point []byte
	Skip  bool
}

func targets(mounts []snapshot.Mount) []target {
	list := make([]target, len(mounts))
	for i := range mounts {
		m := &mounts[i]
		list[i] = target{m.ID, []byte(m.Point), m.Unreachable || m.Point == "" || m.FSType == "autofs"}
	}
	return list
}

// usageWorker asks mounts one after the other on a thread of its own. Found
// may be read up to the number that at holds.
type usageWorker struct {
	view   view
	mounts []target
	found  []*snapshot.Usage

	at      atomic.Int64 // the mount being asked
	started atomic.Int64 // since when, in nanoseconds after epoch
	stop    atomic.Bool
	epoch   time.Time
}

// run starts the worker and waits until it has asked all mounts, one takes
// longer than limit, or ctx ends. Done is the number of mounts asked.
func (w *usageWorker) run(ctx context.Context, limit time.Duration) (done int, hung bool, err error) {
	entered, finished := make(chan error, 1), make(chan struct{})
	w.epoch = time.Now()
	onOwnThread(func() { w.work(entered, finished) })
	if err := <-entered; err != nil {
		return 0, false, err
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case <-finished:
			return len(w.mounts), false, nil
		case <-ctx.Done():
			w.stop.Store(true)
			return int(w.at.Load()), false, ctx.Err()
		case <-timer.C:
		}
		at := w.at.Load()
		left := limit - (time.Since(w.epoch) - time.Duration(w.started.Load()))
		if left <= 0 && w.at.Load() == at && at < int64(len(w.mounts)) {
			w.stop.Store(true)
			return int(at), true, nil
		}
		timer.Reset(max(left, time.Millisecond))
	}
}

func (w *usageWorker) work(entered chan<- error, finished chan<- struct{}) {
	root, err := w.view.enter()
	w.started.Store(int64(time.Since(w.epoch)))
	entered <- err
	if err != nil {
		return
	}
	defer unix.Close(root)
	for i, m := range w.mounts {
		if w.stop.Load() {
			return
		}
		if !m.Skip {
			w.found[i] = usageOf(root, m)
		}
		w.started.Store(int64(time.Since(w.epoch)))
		w.at.Store(int64(i + 1))
	}
	close(finished)
}

// usageOf asks one mount, when its point still leads to it.
func usageOf(root int, m target) *snapshot.Usage {
	fd, err := openBelow(root, string(m.Point))
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	if id, ok := mountIDOf(fd); !ok || id != m.ID {
		return nil
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return nil
	}
	return usageFrom(&st)
}

// usageFrom counts in f_frsize, or where a file system leaves that 0, in
// f_bsize (statvfs(3)).
func usageFrom(st *unix.Statfs_t) *snapshot.Usage {
	unit := uint64(st.Frsize)
	if unit == 0 {
		unit = uint64(st.Bsize)
	}
	return &snapshot.Usage{
		Size:  unit * uint64(st.Blocks),
		Used:  unit * (uint64(st.Blocks) - uint64(st.Bfree)),
		Avail: unit * uint64(st.Bavail),
	}
}

// openBelow opens a mount point only as a place (O_PATH): that asks no server
// and sets off no automount. Mount points hold no symbolic links.
func openBelow(root int, point string) (int, error) {
	how := unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC | unix.O_NOFOLLOW,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_SYMLINKS,
	}
	for {
		fd, err := unix.Openat2(root, point, &how)
		if err == unix.ENOSYS || err == unix.EPERM { // before Linux 5.6, or filtered
			return openat(root, "."+point, unix.O_PATH|unix.O_NOFOLLOW)
		}
		if err != unix.EINTR && err != unix.EAGAIN {
			return fd, err
		}
	}
}

// mountIDOf is the 32-bit id of the mount that fd is on (statx(2), Linux 5.8).
func mountIDOf(fd int) (snapshot.MountID, bool) {
	st, err := glance(fd, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID)
	return snapshot.MountID(st.Mnt_id), err == nil && st.Mask&unix.STATX_MNT_ID != 0
}
