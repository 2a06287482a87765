package query

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// ChangeKind says on which side a mount is.
type ChangeKind string

// The kinds of change from A to B.
const (
	OnlyInA ChangeKind = "only-in-A"
	OnlyInB ChangeKind = "only-in-B"
	Changed ChangeKind = "changed"
)

// Change is one way in which two views differ in a mount.
type Change struct {
	Kind  ChangeKind
	What  string       // what differs: "mount" is there or not, "vfs-options", ...
	Mount *world.Mount // A's where both have it
	A, B  string       // what each has and the other has not; "" for nothing
}

// Differences is the answer of [Diff].
type Differences struct {
	Rows []Change
	// Gaps are what was not read of the two tables: with any, a mount that
	// seems to be in one view alone may be in both.
	Gaps []snapshot.Gap
}

// Diff answers how two views differ. Mounts are the same that show the same
// root of the same file system at the same path. OneHost says that device and
// group numbers of the two mean the same; otherwise a file system is known by
// its type and source, and of propagation only the kind is compared.
func Diff(a, b *world.View, oneHost bool) Differences {
	d := differ{oneHost: oneHost}
	d.match(a, b)
	for _, p := range d.pairs {
		d.compare(p)
	}
	d.compareOrder()
	slices.SortStableFunc(d.rows, func(x, y Change) int { return cmp.Compare(x.Mount.Point, y.Mount.Point) })
	return Differences{Rows: d.rows, Gaps: d.gaps}
}

// pairOf is a mount that both views have.
type pairOf struct {
	a, b *world.Mount
	at   int // its place among b's mounts
}

type differ struct {
	oneHost bool
	pairs   []pairOf // in the order of a
	rows    []Change
	gaps    []snapshot.Gap
}

// mountKey is what makes two mounts the same.
type mountKey struct {
	dev                         snapshot.Dev
	fstype, source, root, point string
}

func (d *differ) key(m *world.Mount) mountKey {
	k := mountKey{root: m.Root, point: m.Point}
	if d.oneHost {
		k.dev = m.Dev
	} else {
		k.fstype, k.source = m.FSType, m.Source
	}
	return k
}

// match pairs the mounts of the two views. Of several that are alike the lower
// one in a stack is paired with the lower one.
func (d *differ) match(a, b *world.View) {
	inB := stacked(b)
	waiting := make(map[mountKey][]int, len(inB))
	for i, m := range inB {
		waiting[d.key(m)] = append(waiting[d.key(m)], i)
	}
	taken := make([]bool, len(inB))
	for _, m := range stacked(a) {
		k := d.key(m)
		list := waiting[k]
		if len(list) == 0 {
			d.add(Change{OnlyInA, "mount", m, m.VFSOptions, ""})
			continue
		}
		waiting[k], taken[list[0]] = list[1:], true
		d.pairs = append(d.pairs, pairOf{m, inB[list[0]], list[0]})
	}
	for i, m := range inB {
		if !taken[i] {
			d.add(Change{OnlyInB, "mount", m, "", m.VFSOptions})
		}
	}
}

// stacked are the mounts of a view by path, of those on one path the lower
// ones first.
func stacked(v *world.View) []*world.Mount {
	level := make(map[*world.Mount]int, len(v.Mounts))
	for _, m := range v.Mounts {
		for up := m.Parent; up != nil && up.Point == m.Point; up = up.Parent {
			level[m]++
		}
	}
	list := slices.Clone(v.Mounts)
	slices.SortStableFunc(list, func(x, y *world.Mount) int {
		return cmp.Or(cmp.Compare(x.Point, y.Point), cmp.Compare(level[x], level[y]), cmp.Compare(x.ID, y.ID))
	})
	return list
}

func (d *differ) add(c Change) { d.rows = append(d.rows, c) }

// changed adds a row when the two sides are not the same.
func (d *differ) changed(what string, m *world.Mount, a, b string) {
	if a != b {
		d.add(Change{Changed, what, m, a, b})
	}
}

func (d *differ) compare(p pairOf) {
	vfsA, vfsB := onlyOptions(p.a.VFSOptions, p.b.VFSOptions)
	d.changed("vfs-options", p.a, vfsA, vfsB)
	fsA, fsB := onlyOptions(p.a.FSOptions, p.b.FSOptions)
	d.changed("fs-options", p.a, fsA, fsB)
	d.changed("propagation", p.a, d.propagation(p.a), d.propagation(p.b))
	d.idmaps(p)
	d.changed("visibility", p.a, visibility(p.a), visibility(p.b))
}

// idmaps compares how two idmapped mounts map users and groups. That a mount is
// idmapped its options tell; how, only statmount(2).
func (d *differ) idmaps(p pairOf) {
	if mapsUnread(p.a) || mapsUnread(p.b) {
		d.gaps = append(d.gaps, snapshot.Gap{Subject: p.a.Point, Op: "compare id maps", Error: "they were not read on both sides"})
		return
	}
	d.changed("idmap", p.a, idmap(p.a), idmap(p.b))
}

func mapsUnread(m *world.Mount) bool {
	return idmap(m) == "" && slices.Contains(strings.Split(m.VFSOptions, ","), "idmapped")
}

// idmap is the maps of a mount as the kernel writes them, "" for none.
func idmap(m *world.Mount) string {
	if len(m.UIDMap) == 0 && len(m.GIDMap) == 0 {
		return ""
	}
	return "u:" + strings.Join(m.UIDMap, ";") + " g:" + strings.Join(m.GIDMap, ";")
}

// onlyOptions are the options that one side has and the other has not; where
// only their order differs, all of them.
func onlyOptions(a, b string) (onlyA, onlyB string) {
	if a == b {
		return "", ""
	}
	inA, inB := strings.Split(a, ","), strings.Split(b, ",")
	onlyA, onlyB = without(inA, inB), without(inB, inA)
	if onlyA == onlyB {
		return a, b
	}
	return onlyA, onlyB
}

func without(list, other []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		return slices.Contains(other, s)
	}), ",")
}

// propagation leaves out where a mount receives from in the end, which follows
// from what else is in the view.
func (d *differ) propagation(m *world.Mount) string {
	if d.oneHost {
		plain := *m
		plain.From = 0
		return plain.Propagation()
	}
	switch {
	case m.PeerGroup != 0 && m.Master != 0:
		return "shared,slave"
	case m.PeerGroup != 0:
		return "shared"
	case m.Master != 0:
		return "slave"
	case m.Unbindable:
		return "unbindable"
	}
	return "private"
}

func visibility(m *world.Mount) string {
	if m.Shadowed {
		return "hidden"
	}
	return "visible"
}
