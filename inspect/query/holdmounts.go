package query

import (
	"fmt"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// umountSet finds the copies of the target's mount that an umount reaches: at
// the same place on every mount that receives from its parent. One with a
// mount on it that is not just a cover of its root stays
// (Documentation/filesystems/propagate_umount.rst).
func (f *finder) umountSet() {
	f.goes, f.stays = map[*world.Mount]bool{}, map[*world.Mount]bool{}
	m := f.target().Place.Mount
	if m == nil || !f.target().isMount() {
		return
	}
	f.goes[m] = true
	if m.Parent == nil {
		return
	}
	inside := predict.Place{Mount: m.Parent, Path: m.Point}.Inside()
	for _, on := range predict.Receivers(f.groups, m.Parent) {
		for _, c := range on.Children {
			if !c.Unreachable && (predict.Place{Mount: on, Path: c.Point}).Inside() == inside {
				f.reach(c)
			}
		}
	}
}

// reach sorts a copy into those that go and those that stay.
func (f *finder) reach(c *world.Mount) {
	cover := len(c.Children) == 1 && c.Children[0].Point == c.Point
	if len(c.Children) == 0 || cover {
		f.goes[c] = true
	} else {
		f.stays[c] = true
	}
}

// mounts lists the mounts of the file systems in every namespace, and those on
// top of the target's own.
func (f *finder) mounts() {
	eachMount(f.w, func(m *world.Mount) {
		if f.has(m) && f.target().Kind != TargetPath {
			f.mount(m)
		}
	})
	m := f.target().Place.Mount
	if m == nil || !f.target().isMount() {
		return
	}
	for _, c := range m.Children {
		f.add(f.mountRow("mount on it", c, BlocksUmount|BlocksRemove, "mounted on top of the target"))
	}
}

func (f *finder) mount(m *world.Mount) {
	own := m == f.target().Place.Mount
	h := f.mountRow("mount "+relation(m), m, BlocksDevice, f.whyMounted(m))
	h.Goes = f.goes[m]
	if own {
		h.Kind = "mount"
	}
	f.add(h)
}

// relation is a mount's propagation in one word.
func relation(m *world.Mount) string {
	switch {
	case m.Master != 0:
		return "slave"
	case m.PeerGroup != 0:
		return "shared"
	}
	return "private"
}

// whyMounted says why a mount is not gone with the others.
func (f *finder) whyMounted(m *world.Mount) string {
	target := f.target().Place.Mount
	switch {
	case m == target:
		return "the target itself"
	case f.goes[m]:
		return "a copy that an umount of the target takes along"
	case f.stays[m] || m.Master != 0 && len(m.Children) > 0:
		return "has " + strings.Join(points(m.Children), ", ") + " on top: an umount elsewhere leaves it"
	case target != nil && m.View == target.View && m.Root != target.Root:
		return "shows " + m.Root + " of it"
	case m.PeerGroup == 0 && m.Master == 0:
		return "private: an umount elsewhere does not reach it"
	}
	return m.Propagation()
}

func points(list []*world.Mount) []string {
	var out []string
	for _, m := range list {
		out = append(out, m.Point)
	}
	return out
}

func (f *finder) mountRow(kind string, m *world.Mount, blocks Blocks, why string) Holder {
	ns := m.View.NS
	h := Holder{
		Kind: kind, Blocks: blocks, NS: ns, Mount: m, Task: leadOf(ns), Where: m.Point, Why: why,
		Owner: f.w.OwnerOf(leadOf(ns)), rank: rankMount - strings.Count(m.Point, "/"),
	}
	h.Release = []string{f.inNS(ns, m.View, umountCommand(m))}
	return h
}

func umountCommand(m *world.Mount) string {
	if len(m.Children) > 0 {
		return "umount -R " + quote(m.Point)
	}
	return "umount " + quote(m.Point)
}

// namespace lists what keeps a namespace that is the target alive.
func (f *finder) namespace() {
	n := f.linked()
	if n == nil {
		return
	}
	for _, p := range n.Processes {
		f.add(Holder{
			Kind: "process", Blocks: BlocksDevice, NS: f.w.Lookup(p.NS[snapshot.Mnt]), Task: p, Owner: f.w.OwnerOf(p),
			Where: fmt.Sprintf("pid %d", p.PID), Why: "is in it", Release: f.endTask(p), rank: rankTask,
		})
	}
	for i := range n.Holds {
		hold := n.Holds[i]
		if hold.Kind == snapshot.HoldBind {
			continue // among the mounts
		}
		p := f.w.Process(hold.PID)
		f.add(Holder{
			Kind: string(hold.Kind), Blocks: BlocksDevice, NS: f.nsOf(p), Task: p, Owner: f.w.OwnerOf(p),
			Where: holdText(hold, f.w.Reader.MNT), Why: "refers to it", Release: f.endTask(p), rank: rankTask,
		})
	}
}

// linked is the namespace that is the target, nil for other targets.
func (f *finder) linked() *world.Namespace {
	if f.target().NSLink == "" {
		return nil
	}
	_, ino, err := snapshot.ParseLink(f.target().NSLink)
	if err != nil {
		return nil
	}
	return f.w.Lookup(ino)
}

func (f *finder) nsOf(p *snapshot.Process) *world.Namespace {
	if p == nil {
		return nil
	}
	return f.w.Lookup(p.NS[snapshot.Mnt])
}

// victims lists the mount points at or below the path. In the same namespace
// they keep it from being removed; in others they are unmounted by that.
func (f *finder) victims() {
	t := f.target()
	if t.Place.Mount == nil {
		return
	}
	at, on := t.Place, t.Place.Mount
	if t.isMount() && on.Parent != nil {
		at = predict.Place{Mount: on.Parent, Path: at.Path}
	}
	inside := at.Inside()
	eachMount(f.w, func(m *world.Mount) {
		if m.Parent == nil || m.Parent.Dev != at.Mount.Dev || m.Unreachable {
			return
		}
		if !world.Under(predict.Place{Mount: m.Parent, Path: m.Point}.Inside(), inside) {
			return
		}
		if m.View.Table.NS.Ino != on.View.Table.NS.Ino {
			f.victimsIn = append(f.victimsIn, m)
			return
		}
		f.blocksRemoval(m)
	})
}

// blocksRemoval marks a mount that is listed already, or lists it.
func (f *finder) blocksRemoval(m *world.Mount) {
	for i := range f.rows {
		if f.rows[i].Mount == m && f.rows[i].Use == nil {
			f.rows[i].Blocks |= BlocksRemove
			return
		}
	}
	f.add(f.mountRow("mount below", m, BlocksRemove, "a mount point at or below the path"))
}
