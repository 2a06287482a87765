// Package busy looks for what keeps file systems busy besides their mounts: what
// tasks have open, where they stand, what they have mapped, sockets they have
// bound, and what the kernel itself uses.
//
// Whatever may hang is asked on a thread that can be left behind, and no server
// of a file system is asked at all. What a source did not tell is said with it.
package busy

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// limit is how long one link of /proc, loop device or kernel file may take
// to answer.
const limit = 2 * time.Second

// Reader is the [snapshot.BusyReader] of the live host.
type Reader struct {
	proc   *proc.FS
	kernel *kernel.Kernel
	sys    fs.FS
	etc    fs.FS
}

// New makes a reader of a host by its /proc, its kernel, its /sys and its /etc.
func New(p *proc.FS, k *kernel.Kernel, sys, etc fs.FS) Reader {
	return Reader{proc: p, kernel: k, sys: sys, etc: etc}
}

// Disks lists the block devices, and which of their file systems the kernel
// shows to be alive, before more is read: a device is found by name with them.
func (r Reader) Disks() *snapshot.Busy {
	b := &snapshot.Busy{Alive: proc.AliveInSys(r.sys)}
	b.Blocks, _ = proc.Blocks(r.sys) // read again, and then said, by Busy
	return b
}

// LookAt looks at a path of the reader's own namespace, within a time limit and
// without asking any server.
func (r Reader) LookAt(path string) kernel.Place {
	p := r.kernel.NewProber(limit)
	defer p.Close()
	return p.At(path)
}

// OnDisk is the type of the file system on a block device, "" where it cannot be
// told in time.
func (r Reader) OnDisk(block string, dev snapshot.Dev) string {
	sb, err := r.kernel.SuperblockOf("/dev/"+block, dev, limit)
	if err != nil {
		return ""
	}
	return sb.Type
}

// Tagged are the block devices whose file system says that it has a UUID= or
// LABEL=, for hosts without the links of udev.
func (r Reader) Tagged(tag, value string) []snapshot.Dev {
	blocks, _ := proc.Blocks(r.sys)
	var list []snapshot.Dev
	for _, b := range blocks {
		sb, err := r.kernel.SuperblockOf("/dev/"+b.Name, b.Dev, limit)
		is := tag == "UUID" && strings.EqualFold(sb.UUID, value) || tag == "LABEL" && sb.Label == value
		if err == nil && sb.Type != "" && is {
			list = append(list, b.Dev)
		}
	}
	return list
}

// take is the work of one look.
type take struct {
	Reader
	ctx    context.Context
	snap   *snapshot.Snapshot
	want   snapshot.BusyWant
	busy   *snapshot.Busy
	gaps   snapshot.AlikeGaps
	prober *kernel.Prober
	aside  *aside

	mounts  map[snapshot.MountID]snapshot.Dev // of all tables
	lost    map[snapshot.MountID]snapshot.Dev // of none
	sockets map[uint64]*boundSocket           // by inode number
	pipes   map[uint64][]snapshot.Dev         // of autofs, by inode number
	links   map[uint32]int                    // processes by the id of a BPF link they have
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
func (r Reader) Busy(ctx context.Context, of *snapshot.Snapshot, want snapshot.BusyWant) *snapshot.Busy {
	b := &take{
		Reader: r, ctx: ctx, snap: of, want: want, busy: &snapshot.Busy{Devs: want.Devs},
		prober: r.kernel.NewProber(limit), aside: newAside(r.proc),
		mounts: map[snapshot.MountID]snapshot.Dev{}, lost: map[snapshot.MountID]snapshot.Dev{},
		sockets: map[uint64]*boundSocket{}, uses: map[useKey]int{},
		pipes: map[uint64][]snapshot.Dev{}, links: map[uint32]int{},
	}
	defer b.prober.Close()
	defer b.aside.Close()
	for i := range of.Tables {
		for j := range of.Tables[i].Mounts {
			m := &of.Tables[i].Mounts[j]
			b.mounts[m.ID] = m.Dev
			b.pipesOf(m)
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
func (b *take) wanted(dev snapshot.Dev) bool {
	return len(b.want.Devs) == 0 || slices.Contains(b.want.Devs, dev)
}

// read records that a source was read, or why not.
func (b *take) read(source string, err error) {
	r := snapshot.Reading{Source: source}
	if err != nil {
		r.Error = err.Error()
	}
	b.busy.Sources = append(b.busy.Sources, r)
}

// partly records that some of a source could not be read.
func (b *take) partly(source, why string) {
	b.busy.Sources = append(b.busy.Sources, snapshot.Reading{Source: source, Error: why, Partly: true})
}

// blocks reads the block devices, and which file systems /sys and /proc show
// to be in use.
func (b *take) blocks() {
	var err error
	b.busy.Blocks, err = proc.Blocks(b.sys)
	b.read("block devices", err)
	if err != nil {
		b.gaps.Add("/sys/class/block", "read block devices", err)
	}
	b.busy.Alive = append(proc.AliveInSys(b.sys), b.proc.AliveInProc()...)
	b.arrays()
	b.mappers()
	_, err = fs.Stat(b.sys, "fs")
	b.read("superblocks", err)
}

// arrays adds what /proc/mdstat tells of arrays: their kind, and the devices
// they are made of where /sys does not tell.
func (b *take) arrays() {
	for _, a := range b.proc.Arrays() {
		for i := range b.busy.Blocks {
			switch d := &b.busy.Blocks[i]; {
			case d.Name == a.Name:
				d.Array = a.Kind
			case slices.Contains(a.Of, d.Name) && !slices.Contains(d.Holders, a.Name):
				d.Holders = append(d.Holders, a.Name)
			}
		}
	}
}

// mappers asks device-mapper how often each of its devices that matters is
// open: a sign of life that nothing else gives for a device without a file
// system.
func (b *take) mappers() {
	for i := range b.busy.Blocks {
		d := &b.busy.Blocks[i]
		if d.DM == "" || len(b.want.Blocks) > 0 && !slices.Contains(b.want.Blocks, d.Dev) {
			continue
		}
		switch n, err := b.kernel.MapperOpens(d.Dev, limit); {
		case err != nil:
			b.gaps.Add(d.Name, "ask device-mapper how often it is open", err)
		case n > 0:
			b.busy.Alive = append(b.busy.Alive, snapshot.Alive{Name: d.Name, Where: fmt.Sprintf("device-mapper: %s is open %d times", d.DM, n)})
		}
	}
}

// loops asks every loop device for its file. What it does not tell is known by
// path alone.
func (b *take) loops() {
	b.busy.Loops = proc.Loops(b.sys)
	failed := 0
	for i := range b.busy.Loops {
		l := &b.busy.Loops[i]
		dev, ino, err := b.kernel.LoopBacking("/dev/"+l.Name, limit)
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

func (b *take) swaps() {
	var err error
	b.busy.Swaps, err = b.proc.Swaps()
	for i := range b.busy.Swaps {
		at := b.prober.At(b.busy.Swaps[i].Path)
		b.busy.Swaps[i].Missing = at.Err != nil
	}
	b.read("swap", err)
}
