package inspect

import (
	"context"
	"time"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// resolveLimit is how long following a path may take: it may lead through a
// file system whose server is dead.
const resolveLimit = 2 * time.Second

// Resolve follows a path as a place sees it, through symbolic links and below
// the root directory of a process. It needs a live host.
func (h *Host) Resolve(ctx context.Context, w *world.World, p Place, path string) (kernel.Resolved, error) {
	k := h.src.Kernel.(anyKernel)
	ref := snapshot.Ref{Type: snapshot.Mnt, Ino: p.NS, PID: p.PID}
	if n := w.Lookup(p.NS); n != nil && p.PID == 0 {
		ref = n.Ref()
	}
	pid := p.PID
	if pid == w.Reader.PID {
		pid = 0 // our own root is where we are already
	}
	return k.Resolve(ctx, ref, pid, path, resolveLimit)
}
