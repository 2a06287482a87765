package query

import (
	"fmt"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// kernel lists what the kernel itself has open on the file systems: no task
// has a descriptor of it.
func (f *finder) kernel() {
	if f.w.Busy == nil || f.target().NSLink != "" {
		return
	}
	for _, l := range f.w.Busy.Loops {
		f.loop(l)
	}
	for _, s := range f.w.Busy.Swaps {
		f.swap(s)
	}
	for _, n := range f.w.Busy.Named {
		f.user(n)
	}
	f.above()
}

// kernelRow is a use by the kernel of a file. m is the mount that the path
// leads to, nil when it leads to none: then its mount is detached.
func (f *finder) kernelRow(kind, where, why string, m *world.Mount, release ...string) {
	f.kernelUse(Holder{Kind: kind, Mount: m, Where: where, Why: why, Release: release})
}

func (f *finder) kernelUse(h Holder) {
	h.Blocks, h.rank = BlocksDevice|f.pins(h.Mount), rankKernel
	f.add(h)
}

func (f *finder) loop(l snapshot.Loop) {
	m := f.named(l.Path)
	t := f.target()
	known := l.Dev != (snapshot.Dev{})
	switch {
	case known && !f.devs[l.Dev], !known && m == nil:
		return
	case t.Kind == TargetPath && !f.isFile(l, m):
		return
	}
	why := fmt.Sprintf("backing inode %d on %s, autoclear=%t", l.Ino, l.Dev, l.Autoclear)
	if !known {
		why = "by name, it may be stale"
	}
	f.kernelUse(Holder{
		Kind: "loop", Where: "/dev/" + l.Name + " over " + l.Path, Why: why, Mount: m, writes: !l.ReadOnly,
		Release: []string{f.unstack(l.Name) + "losetup -d /dev/" + l.Name},
	})
}

// isFile says whether a loop device's file is the target or lies below it.
func (f *finder) isFile(l snapshot.Loop, m *world.Mount) bool {
	t := f.target()
	if t.File != 0 && l.Ino == t.File {
		return true
	}
	return m != nil && world.Under(inside(m, l.Path), t.Place.Inside())
}

// unstack says how to free a device first, when it is in use itself.
func (f *finder) unstack(name string) string {
	b := blockNamed(f.w, name)
	used := b != nil && len(b.Holders) > 0
	eachMount(f.w, func(m *world.Mount) { used = used || b != nil && m.Dev == b.Dev })
	if used {
		return "nsview holders /dev/" + name + " --for device; then "
	}
	return ""
}

func (f *finder) swap(s snapshot.Swap) {
	release := "swapoff " + quote(s.Path)
	if !s.File {
		if b := blockNamed(f.w, s.Path); b != nil && f.devs[b.Dev] {
			f.kernelRow("swap", s.Path, "swap area on the device", nil, release)
		}
		return
	}
	if m := f.onTarget(s.Path); m != nil {
		f.kernelUse(Holder{Kind: "swap", Where: s.Path, Why: "swap file, by name", Mount: m, writes: true, Release: []string{release}})
	}
}

// onTarget is the mount of the target that a path leads to; of a path as
// target, when it is that or lies below.
func (f *finder) onTarget(path string) *world.Mount {
	m := f.named(path)
	if m == nil || f.target().Kind == TargetPath && !world.Under(inside(m, path), f.target().Place.Inside()) {
		return nil
	}
	return m
}

func (f *finder) user(n snapshot.Named) {
	if b := blockNamed(f.w, n.Path); b != nil && strings.HasPrefix(n.Path, "/dev/") {
		if f.devs[b.Dev] {
			f.kernelRow(string(n.Kind), n.Path, n.Name+" serves the device", nil, f.releaseNamed(n))
		}
		return
	}
	if m := f.onTarget(n.Path); m != nil && n.Kind != snapshot.NamedShare {
		f.kernelRow(string(n.Kind), n.Path, strings.TrimSpace(f.whose(n)+" (by name)"), m, f.releaseNamed(n))
	}
}

// whose names what uses a file, and the process that has it.
func (f *finder) whose(n snapshot.Named) string {
	if n.PID == 0 {
		return n.Name
	}
	return fmt.Sprintf("%s of pid %d", n.Name, n.PID)
}

func (f *finder) releaseNamed(n snapshot.Named) string {
	ns := f.w.Lookup(n.In.Ino)
	switch n.Kind {
	case snapshot.NamedUprobe:
		if n.File == "" {
			return f.releaseProbe(n)
		}
		return f.inNS(ns, nil, "sh -c "+quote("echo "+quote("-:"+n.Name)+" >> "+quote(n.File)))
	case snapshot.NamedBinfmt:
		return f.inNS(ns, nil, "sh -c "+quote("echo -1 > "+quote(n.File)))
	case snapshot.NamedExport:
		return "exportfs -u " + quote(n.Name+":"+n.Path)
	}
	return "remove " + quote(n.Path) + " from " + quote(n.Name)
}

// releaseProbe ends who has a probe. A link that nobody has is pinned in a file
// of bpffs.
func (f *finder) releaseProbe(n snapshot.Named) string {
	if release := f.endTask(f.process(n.PID)); len(release) > 0 {
		return release[0]
	}
	id := strings.TrimPrefix(n.Name, "bpf link ")
	return "bpftool -f link show id " + id + " # and remove the file that pins it"
}

// above lists the devices that are made of the target's.
func (f *finder) above() {
	for _, dev := range f.target().Devs {
		b := blockAt(f.w, dev)
		if b == nil {
			continue
		}
		for _, name := range b.Holders {
			f.kernelRow(holderKind(f.w, name), "/dev/"+name, madeOf(f.w, name, b.Name), nil, f.unstack(name)+closeCommand(f.w, name))
		}
	}
}

func madeOf(w *world.World, name, of string) string {
	if b := blockNamed(w, name); b != nil && b.Array != "" {
		return "made of " + of + " (" + b.Array + ")"
	}
	return "made of " + of
}

func holderKind(w *world.World, name string) string {
	switch b := blockNamed(w, name); {
	case b != nil && strings.HasPrefix(b.UUID, "CRYPT-"):
		return "luks"
	case b != nil && strings.HasPrefix(b.UUID, "LVM-"):
		return "lvm"
	case b != nil && b.DM != "":
		return "dm"
	}
	return strings.TrimRight(name, "0123456789")
}

func closeCommand(w *world.World, name string) string {
	b := blockNamed(w, name)
	switch holderKind(w, name) {
	case "luks":
		return "cryptsetup close " + quote(b.DM)
	case "lvm":
		return "lvchange -an /dev/mapper/" + quote(b.DM)
	case "dm":
		return "dmsetup remove " + quote(b.DM)
	case "md":
		return "mdadm --stop /dev/" + name
	}
	return "stop /dev/" + name
}

// layers lists the overlays that have a layer or work directory on the file
// systems. The kernel keeps no mount for these, only the paths they were given
// by, read in the namespace of the overlay.
func (f *finder) layers() {
	if f.target().NSLink != "" {
		return
	}
	shows := map[*world.View]bool{}
	eachMount(f.w, func(m *world.Mount) { shows[m.View] = shows[m.View] || f.has(m) })
	eachMount(f.w, func(o *world.Mount) {
		if !shows[o.View] || o.FSType != "overlay" {
			return
		}
		l := o.Layers()
		for _, dir := range append(l.Strings(), l.Work) {
			if f.isLayer(o, dir) {
				f.layer(o, dir)
				return
			}
		}
	})
}

func (f *finder) isLayer(o *world.Mount, dir string) bool {
	if !strings.HasPrefix(dir, "/") {
		return false
	}
	m := o.View.Serving(dir)
	if m == nil || !f.has(m) {
		return false
	}
	return f.target().Kind != TargetPath || world.Under(inside(m, dir), f.target().Place.Inside())
}

func (f *finder) layer(o *world.Mount, dir string) {
	h := f.mountRow("overlay", o, BlocksDevice, "has the layer "+dir+" (by name, it may be stale)")
	h.rank = rankKernel
	f.add(h)
}

// StaleOverlays are the suspects among overlays: those with a layer whose path
// leads nowhere now.
func StaleOverlays(w *world.World, stale map[*world.Mount]string) []Holder {
	f := &finder{w: w}
	var list []Holder
	eachMount(w, func(m *world.Mount) {
		if dir := stale[m]; dir != "" {
			h := f.mountRow("overlay", m, 0, "its layer "+dir+" leads nowhere now: what was mounted there may be kept by it")
			h.Count = 1
			list = append(list, h)
		}
	})
	return list
}
