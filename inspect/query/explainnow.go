package query

import (
	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// now explains the mount that is at the source already. It was mounted on its
// parent, so it is the parent that sent it or not.
func (x *explainer) now() *Verdict {
	if x.from.Mount == nil || x.to.Mount == nil || x.v.Reason == SourceDeleted {
		return nil
	}
	m := x.v.Arrivals[0].On
	if m.Point != x.v.Arrivals[0].Point || m.Parent == nil || x.v.Reason == SamePlace {
		return nil
	}
	from := x.from
	from.Mount = m.Parent
	v := &Verdict{From: from, To: &x.to, Evidence: []*world.Mount{m.Parent, m}}
	n := explainer{world: x.world, groups: x.groups, unique: x.unique, from: from, to: x.to, v: v}
	n.already(m)
	return v
}

// already fills the verdict about a mount that is there.
func (x *explainer) already(m *world.Mount) {
	if x.to.Mount.Dev == m.Dev && x.to.Inside() == m.Root {
		x.prove(x.to.Mount)
		x.say(Yes, SeenThere)
		x.v.Text = x.text()
		x.doubt()
		return
	}
	x.v.Arrivals = predict.ArrivalsOn(x.groups, x.from.Place)
	x.answer()
	if x.v.Answer != Yes {
		return
	}
	x.say(No, x.missed(m))
	x.v.Text, x.v.Fix = x.text(), x.fixes()
	x.doubt()
}

// missed says why a mount is not where a new one would be. 64-bit ids are given
// in the order of mounting, so they tell which of two came first.
func (x *explainer) missed(m *world.Mount) Reason {
	mount, receiver := x.id(m), x.id(x.receiver)
	switch {
	case mount == 0 || receiver == 0 || mount > receiver:
		return TooEarly
	case mount < x.oldest(x.receiver.View) && sameChain(m.Parent, x.receiver):
		return UnmountedThere
	case m.Unbindable:
		return LeftOutUnbindable
	}
	return BoundAlone
}

// id is the 64-bit id of a mount, 0 when it was not read.
func (x *explainer) id(m *world.Mount) snapshot.MountID {
	if m.UniqueID != 0 {
		return m.UniqueID
	}
	return x.unique[m.ID]
}

// oldest is the lowest id of a view, about the time when its namespace was
// cloned: a clone gives all its copies new ids.
func (x *explainer) oldest(v *world.View) snapshot.MountID {
	var lowest snapshot.MountID
	for _, m := range v.Mounts {
		if id := x.id(m); lowest == 0 || id < lowest {
			lowest = id
		}
	}
	return lowest
}

// sameChain says whether two mounts look like a mount and its copy in a clone
// of the namespace: alike up to the root. A clone copies what is mounted on
// each, too (copy_tree in fs/namespace.c), which a bind need not do.
func sameChain(a, b *world.Mount) bool {
	for a != nil && b != nil {
		if a.Dev != b.Dev || a.Root != b.Root || a.Point != b.Point {
			return false
		}
		a, b = a.Parent, b.Parent
	}
	return a == nil && b == nil
}
