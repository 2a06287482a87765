package inspect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// resolveLimit is how long following a path may take: it may lead through a
// file system whose server is dead.
const resolveLimit = 2 * time.Second

// Located is a place of a host: the mount that serves it, and its path as the
// whole namespace calls it, which is how mounts travel.
type Located struct {
	Mount *world.Mount
	Path  string
	// Root is the mount that the root directory of the process asked about is
	// on, and RootPath that directory: what lies above, the process does not
	// see. Nil and empty for a whole namespace.
	Root     *world.Mount
	RootPath string
	// Deleted: it has no name any more, so nothing can be mounted there.
	Deleted bool
	// Doubt says why the path was taken by its words: the kernel could have
	// followed it, but did not let us, or a file system did not answer. Empty
	// for a saved host, where there is nothing to follow.
	Doubt string
}

// ErrUnseen says that a place is there but on no mount that was read: on one
// that is in no namespace any more, or in one that may not be read.
var ErrUnseen = errors.New("the mount that serves it is in no mount table that was read")

// ErrDetached says that a path leads to a mount that is in no namespace, or no
// more: unmounted lazily while a process still has its root directory there.
var ErrDetached = errors.New("it lies on a mount that is in no namespace any more")

// Locate finds the mount that serves a path. On a live host the kernel follows
// the path as the place would; where it may not, and on a saved one, the path
// is taken by its words. The world must hold the table of the whole namespace.
func (h *Host) Locate(ctx context.Context, w *world.World, p Place, name string) (Located, error) {
	if process := w.Process(p.PID); process != nil && p.NS == 0 {
		p.NS = process.NS[snapshot.Mnt] // inferred, where the link may not be read
	}
	view := w.View(p.NS, 0)
	if view == nil {
		return Located{}, ErrUnseen
	}
	if !h.Live() {
		return lexical(w, view, p, name)
	}
	at, err := h.resolve(ctx, w, p, name)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, kernel.ErrSilent) {
		l, lexErr := lexical(w, view, p, name)
		l.Doubt = err.Error()
		return l, lexErr
	}
	if err != nil {
		return Located{}, err
	}
	l := Located{Mount: view.ByID(at.Mount), Path: at.Path, Deleted: at.Deleted}
	if l.Mount == nil {
		return l, ErrDetached
	}
	if p.PID != 0 {
		l.Root, l.RootPath = view.ByID(at.Root), at.RootPath
	}
	return l, nil
}

// MountOn is the id of the mount that a path lies on, as the kernel follows the
// path on a live host. It is 0 where the path can be taken by its words only: on
// a saved host, where the caller may not look, below an automount point, which
// following would set off, and where a file system does not answer.
func (h *Host) MountOn(ctx context.Context, w *world.World, p Place, name string) (snapshot.MountID, error) {
	if !h.Live() {
		return 0, nil
	}
	if v := w.View(p.NS, p.PID); v != nil {
		if m := v.Serving(name); m != nil && m.FSType == "autofs" {
			return 0, nil
		}
	}
	at, err := h.resolve(ctx, w, p, name)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, kernel.ErrSilent) {
		return 0, nil
	}
	return at.Mount, err
}

func lexical(w *world.World, view *world.View, p Place, name string) (Located, error) {
	root := w.RootOf(p.PID)
	l := Located{Path: path.Join(root, name)}
	if l.Mount = view.Serving(l.Path); l.Mount == nil {
		return l, ErrUnseen
	}
	if p.PID != 0 && root != "/" {
		l.Root, l.RootPath = view.Serving(root), root
	}
	return l, nil
}

// resolve has the kernel follow a path.
func (h *Host) resolve(ctx context.Context, w *world.World, p Place, name string) (kernel.Resolved, error) {
	k, ok := h.src.Kernel.(anyKernel)
	if !ok {
		return kernel.Resolved{}, fmt.Errorf("follow %s: %w", name, errors.ErrUnsupported)
	}
	ref := snapshot.Ref{Type: snapshot.Mnt, Ino: p.NS, PID: p.PID}
	if p.PID == 0 {
		ref = refOf(w, p.NS)
	}
	return k.Resolve(ctx, ref, p.PID, name, resolveLimit)
}

// entry has the kernel look at the end of a path of a whole namespace, for a
// process, or with 0 for nobody.
func (h *Host) entry(ctx context.Context, w *world.World, ns uint64, name string, who int) (kernel.Entry, error) {
	k, ok := h.src.Kernel.(anyKernel)
	if !ok {
		return kernel.Entry{}, fmt.Errorf("look at %s: %w", name, errors.ErrUnsupported)
	}
	return k.Entry(ctx, refOf(w, ns), who, name, resolveLimit)
}

func refOf(w *world.World, ns uint64) snapshot.Ref {
	if n := w.Lookup(ns); n != nil {
		return n.Ref()
	}
	return snapshot.Ref{Type: snapshot.Mnt, Ino: ns}
}
