package query

import (
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// The steps of an explanation, in their order. Each looks at one link and says
// whether it settles the answer.

// nowhere: what has no name any more takes no mount (cant_mount in
// fs/namespace.c), and what is on no mount of a namespace neither sends nor
// receives.
func (x *explainer) nowhere() bool {
	switch {
	case x.from.Mount == nil:
		return x.say(No, SourceDetached)
	case x.from.Deleted || deletedRoot(x.from.Place):
		return x.say(No, SourceDeleted)
	case x.to.Mount == nil && x.v.To != nil:
		return x.say(No, ReceiverDetached)
	}
	return false
}

// noRoom: where one namespace that the mount would come to is full, nobody gets
// it.
func (x *explainer) noRoom() bool {
	if len(x.full) == 0 {
		return false
	}
	return x.say(No, MountMax)
}

// deletedRoot says whether a place is the root of a mount whose directory has
// been deleted, as mountinfo marks it.
func deletedRoot(p predict.Place) bool {
	return p.Path == p.Mount.Point && strings.HasSuffix(p.Mount.Root, "//deleted")
}

// here says whether a mount is in the view asked about.
func (x *explainer) here(m *world.Mount) bool {
	return m.View == x.to.Mount.View
}

// arrives looks for the place among those that the mount would appear at.
// Several may have the same path, one over the other.
func (x *explainer) arrives() bool {
	var covered, other *predict.Arrival
	for i := range x.v.Arrivals {
		switch a := &x.v.Arrivals[i]; {
		case !x.here(a.On):
		case a.Point != x.to.Path:
			if a.Via != predict.Self {
				other = a
			}
		case predict.Shown(x.v.Arrivals, *a, x.to.Root):
			return x.travels(*a)
		case a.On == x.to.Root.Mount && a.Point == x.to.Root.Path:
			return x.lost(a, OnItsRoot)
		default:
			covered = a
		}
	}
	return x.lost(covered, Covered) || x.lost(other, Elsewhere)
}

func (x *explainer) travels(a predict.Arrival) bool {
	x.receiver, x.v.Hops = a.On, x.hops(a)
	if a.Via == predict.Self {
		return x.say(Yes, SamePlace)
	}
	x.prove(a.On)
	return x.say(Yes, Travels)
}

// lost says that a mount arrives, but not so that it is seen where it should.
func (x *explainer) lost(a *predict.Arrival, why Reason) bool {
	if a == nil {
		return false
	}
	x.receiver, x.v.Hops = a.On, x.hops(*a)
	x.prove(a.On)
	if x.over = predict.Over(*a); x.over != nil && why == Covered {
		x.prove(x.over)
	}
	return x.say(No, why)
}

// prove adds a line to the evidence.
func (x *explainer) prove(m *world.Mount) {
	if !slices.Contains(x.v.Evidence, m) {
		x.v.Evidence = append(x.v.Evidence, m)
	}
}

// hops is the way from the origin down to a receiver: one step for each group,
// each by a mount that passes it on.
func (x *explainer) hops(a predict.Arrival) []Hop {
	origin := x.v.Arrivals[0]
	list := []Hop{{Mount: origin.On, Point: origin.Point, Group: origin.On.PeerGroup, Via: predict.Self}}
	if a.Via == predict.Self {
		return list
	}
	last := Hop{Mount: a.On, Point: a.Point, Group: a.From(), Via: a.Via}
	for i, id := range a.Through[1:] {
		if id == a.On.PeerGroup {
			last.Group = a.Through[i] // it is of the group that receives
			break
		}
		hop := Hop{Group: a.Through[i], Via: predict.Slave}
		if g := x.groups.Get(id); g != nil && !g.Unseen() {
			hop.Mount, hop.Point = g.Members[0], g.Members[0].Point
		}
		list = append(list, hop)
	}
	if m := a.On; a.Via == predict.Slave && m.Master != last.Group && m.PeerGroup != last.Group {
		list = append(list, Hop{Group: m.Master, Via: predict.Slave})
	}
	return append(list, last)
}

// silent: nothing leaves a mount that is not shared.
func (x *explainer) silent() bool {
	m := x.v.Arrivals[0].On
	switch {
	case m.PeerGroup != 0:
		return false
	case m.Master != 0 && x.lessPrivileged():
		return x.say(No, LessPrivileged)
	case m.Master != 0:
		return x.say(No, SlaveSendsNothing)
	case m.Unbindable:
		return x.say(No, SourceUnbindable)
	case x.from.Path != m.Point:
		return x.say(No, SourceNotMount)
	}
	return x.say(No, SourcePrivate)
}

// lessPrivileged says whether the source is in a namespace whose user namespace
// lies below that of the other: the kernel made all its mounts slaves when it
// was cloned (mount_namespaces(7)).
func (x *explainer) lessPrivileged() bool {
	a := x.from.Mount.View.NS
	if x.to.Mount == nil || a == nil || x.to.Mount.View.NS == nil {
		return false
	}
	to := x.to.Mount.View.NS.Owner.Ino
	if to == 0 || a.Owner.Ino == to {
		return false
	}
	for n, steps := a.OwnedBy, 0; n != nil && steps < len(x.world.Namespaces); n, steps = n.Above, steps+1 {
		if n.ID.Ino == to {
			return true
		}
	}
	return false
}

// unseen: a mount that shows the place receives from a group of which no member
// was seen. Members there may be, in namespaces that could not be read or on
// trees in none, and what they receive is not known.
func (x *explainer) unseen() bool {
	place := x.place()
	for _, m := range x.to.Mount.View.Mounts {
		if m.Dev == place.Mount.Dev && predict.PointOn(m, place) == x.to.Path && x.topUnseen(m) {
			x.receiver = m
			x.prove(m)
			return x.say(Unknown, NotRead)
		}
	}
	return false
}

// topUnseen says whether the masters of a mount end in a group that was not
// seen, which may receive from the source.
func (x *explainer) topUnseen(m *world.Mount) bool {
	seen := map[snapshot.GroupID]bool{}
	for id := m.Master; id != 0 && !seen[id]; {
		seen[id] = true
		g := x.groups.Get(id)
		if g == nil || g.Unseen() && !slices.ContainsFunc(g.Slaves, x.apart) {
			return true
		}
		id = g.Master
	}
	return false
}

// apart says whether what the kernel tells of a slave rules out that its master
// receives from the source. It names the nearest group above that is in the
// slave's namespace: the source's is none of those above, or the mount would
// have arrived, and none of those between, if it is there too or not below.
func (x *explainer) apart(slave *world.Mount) bool {
	if slave.From == 0 {
		return false
	}
	source := x.groups.Get(x.v.Arrivals[0].On.PeerGroup)
	if slices.ContainsFunc(source.Members, func(m *world.Mount) bool { return m.View == slave.View }) {
		return true
	}
	seen := map[snapshot.GroupID]bool{}
	for g := source; g != nil && !seen[g.ID]; g = x.groups.Get(g.Master) {
		if seen[g.ID] = true; g.ID == slave.From {
			return false
		}
	}
	return true
}
