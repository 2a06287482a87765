package main

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/launch"
)

// Magic numbers of statfs(2) that the root of an initramfs may have.
const (
	ramfsMagic = 0x858458f6
	tmpfsMagic = 0x01021994
)

// choosePivot decides how to change the root. Runtimes do it by pivot_root(2),
// which leaves nothing of the host in the table of mounts; the root that the
// kernel starts with cannot be moved that way (pivot_root(2), NOTES).
func (a *app) choosePivot(ctx context.Context, way string, r *launch.Rootfs) error {
	switch way {
	case "auto":
		r.Pivot, r.PivotWhy = launch.PivotAway, "chosen, as / is no initramfs: the old root now lies on top of the new one"
		initramfs, err := a.onInitramfs(ctx)
		if err != nil {
			return err
		}
		if initramfs {
			r.Pivot, r.PivotWhy = launch.MoveOver, "chosen, as / is an initramfs, which pivot_root(2) cannot move: the new root covers it"
		}
	case "pivot_root":
		r.Pivot = launch.PivotAway
	case "move":
		r.Pivot = launch.MoveOver
	case "chroot":
		r.Pivot = launch.ChrootOnly
	default:
		return fmt.Errorf("read the command line: --pivot is auto, pivot_root, move or chroot, not %q", way)
	}
	return nil
}

// onInitramfs says whether the root is the one the kernel starts with. Only
// where its type leaves it open the table of mounts is read.
func (a *app) onInitramfs(ctx context.Context) (bool, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs("/", &fs); err != nil || int64(fs.Type) != ramfsMagic && int64(fs.Type) != tmpfsMagic {
		return false, nil //nolint:nilerr // a root that does not answer is no initramfs
	}
	host, err := a.host()
	if err != nil {
		return false, err
	}
	var want snapshot.Want
	want.Tables.PIDs = []int{os.Getpid()}
	w, err := host.Look(ctx, want)
	if err != nil {
		return false, err
	}
	v := w.View(0, os.Getpid())
	return v != nil && len(v.Roots) > 0 && v.Roots[0].FSType == "rootfs", nil
}
