package inspect

import (
	"context"
	"io/fs"
	"slices"
	"time"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// busyLimit is how long one link of /proc, loop device or kernel file may take
// to answer.
const busyLimit = 2 * time.Second

// busyReader is the [snapshot.BusyReader] of the live host.
type busyReader struct {
	proc   *proc.FS
	kernel *kernel.Kernel
	sys    fs.FS
}

// busyTake is the work of one look.
type busyTake struct {
	busyReader
	ctx    context.Context
	snap   *snapshot.Snapshot
	want   snapshot.BusyWant
	busy   *snapshot.Busy
	gaps   snapshot.AlikeGaps
	prober *kernel.Prober

	mounts  map[snapshot.MountID]snapshot.Dev // of all tables
	lost    map[snapshot.MountID]snapshot.Dev // of none
	sockets map[uint64]*boundSocket           // by inode number
	uses    map[useKey]int                    // place in busy.Uses
}

// boundSocket is a unix socket that is bound to a path of interest, or that
// has messages nobody has read.
type boundSocket struct {
	kernel.Socket
	bound bool
	met   bool
}

// Busy implements [snapshot.BusyReader].
func (r busyReader) Busy(ctx context.Context, of *snapshot.Snapshot, want snapshot.BusyWant) *snapshot.Busy {
	b := &busyTake{
		busyReader: r, ctx: ctx, snap: of, want: want, busy: &snapshot.Busy{Devs: want.Devs},
		prober: r.kernel.NewProber(busyLimit),
		mounts: map[snapshot.MountID]snapshot.Dev{}, lost: map[snapshot.MountID]snapshot.Dev{},
		sockets: map[uint64]*boundSocket{}, uses: map[useKey]int{},
	}
	defer b.prober.Close()
	for i := range of.Tables {
		for j := range of.Tables[i].Mounts {
			m := &of.Tables[i].Mounts[j]
			b.mounts[m.ID] = m.Dev
		}
	}
	for _, step := range []func(){b.blocks, b.readSockets, b.tasks, b.unmetSockets, b.loops, b.swaps, b.named} {
		if ctx.Err() == nil {
			step()
		}
	}
	b.busy.Gaps = b.gaps.List()
	return b.busy
}

// wanted says whether a file system is asked about.
func (b *busyTake) wanted(dev snapshot.Dev) bool {
	return len(b.want.Devs) == 0 || slices.Contains(b.want.Devs, dev)
}

// read records that a source was read, or why not.
func (b *busyTake) read(source string, err error) {
	r := snapshot.Reading{Source: source}
	if err != nil {
		r.Error = err.Error()
	}
	b.busy.Sources = append(b.busy.Sources, r)
}

// partly records that some of a source could not be read.
func (b *busyTake) partly(source, why string) {
	b.busy.Sources = append(b.busy.Sources, snapshot.Reading{Source: source, Error: why, Partly: true})
}

// blocks reads the block devices, and which file systems /sys and /proc show
// to be in use.
func (b *busyTake) blocks() {
	var err error
	b.busy.Blocks, err = proc.Blocks(b.sys)
	b.read("block devices", err)
	if err != nil {
		b.gaps.Add("/sys/class/block", "read block devices", err)
	}
	b.busy.Alive = append(proc.AliveInSys(b.sys), b.proc.AliveInProc()...)
	_, err = fs.Stat(b.sys, "fs")
	b.read("superblocks", err)
}

// loops asks every loop device for its file. What it does not tell is known by
// path alone.
func (b *busyTake) loops() {
	b.busy.Loops = proc.Loops(b.sys)
	failed := 0
	for i := range b.busy.Loops {
		l := &b.busy.Loops[i]
		dev, ino, err := b.kernel.LoopBacking("/dev/"+l.Name, busyLimit)
		if err != nil {
			failed++
			b.gaps.Add(l.Name, "ask for its backing file", err)
			continue
		}
		l.Dev, l.Ino = dev, ino
	}
	if failed > 0 {
		b.partly("loop", "some loop devices did not tell their file")
		return
	}
	b.read("loop", nil)
}

func (b *busyTake) swaps() {
	var err error
	b.busy.Swaps, err = b.proc.Swaps()
	for i := range b.busy.Swaps {
		at := b.prober.Places(b.busy.Swaps[i].Path)[0]
		b.busy.Swaps[i].Missing = at.Err != nil
	}
	b.read("swap", err)
}
