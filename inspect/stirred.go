package inspect

import (
	"context"
	"slices"

	"github.com/nsview/nsview/inspect/busy"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Stirred says whether what was read of some file systems has changed since: a
// mount of theirs came or went, a mount namespace was born, or one of the uses is
// no more. No devices are all. What cannot be looked at again is taken to be as it
// was.
func (h *Host) Stirred(ctx context.Context, w *world.World, devs []snapshot.Dev, uses []snapshot.Use) bool {
	r, ok := h.src.Busy.(busy.Reader)
	return ok && (!r.Still(uses) || h.remounted(ctx, w, devs))
}

func (h *Host) remounted(ctx context.Context, w *world.World, devs []snapshot.Dev) bool {
	k, ok := h.src.Kernel.(anyKernel)
	if !ok {
		return false
	}
	born := false
	_, _ = k.Walk(snapshot.Types(snapshot.Mnt), func(n snapshot.Namespace) { // refused: then no others were seen before
		born = born || w.Lookup(n.ID.Ino) == nil
	})
	if born {
		return true
	}
	of := func(m snapshot.Mount) bool { return len(devs) == 0 || slices.Contains(devs, m.Dev) }
	for _, v := range w.Views {
		if v.PID != 0 || v.NS == nil || ctx.Err() != nil {
			continue
		}
		now, err := k.Brief(v.NS.Ref())
		if err != nil {
			continue
		}
		left := make(map[snapshot.MountID]bool, len(v.Table.Mounts))
		for i := range v.Table.Mounts {
			if of(v.Table.Mounts[i]) {
				left[v.Table.Mounts[i].ID] = true
			}
		}
		for _, m := range now {
			if of(m) && m.ID != m.Parent && !left[m.ID] && v.Whole {
				return true
			}
			delete(left, m.ID)
		}
		if len(left) > 0 {
			return true
		}
	}
	return false
}
