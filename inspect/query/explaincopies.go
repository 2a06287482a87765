package query

import (
	"slices"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/world"
)

// rootTooLow: a mount in the view receives, but shows another part of the file
// system. The one that serves the place asked for is the one to speak of.
func (x *explainer) rootTooLow() bool {
	for _, m := range predict.Receivers(x.groups, x.v.Arrivals[0].On) {
		if x.here(m) && (x.receiver == nil || m == x.to.Mount) {
			x.receiver = m
		}
	}
	if x.receiver == nil {
		return false
	}
	x.prove(x.receiver)
	return x.say(No, RootNotCovering)
}

// copyHere: what serves the place asked for is the very directory, by a mount
// that has no part in the group.
func (x *explainer) copyHere() bool {
	return predict.PointOn(x.to.Mount, x.place()) == x.to.Path && x.apartFrom(x.to.Mount)
}

// copyElsewhere: the view shows the same directory at another path, through a
// mount that has no part in the group.
func (x *explainer) copyElsewhere() bool {
	return slices.ContainsFunc(x.to.Mount.View.Mounts, x.apartFrom)
}

// place is where a mount made at the source lands.
func (x *explainer) place() predict.Place {
	return predict.Place{Mount: x.v.Arrivals[0].On, Path: x.v.Arrivals[0].Point}
}

// apartFrom says that a mount shows the source, and why it does not receive.
func (x *explainer) apartFrom(m *world.Mount) bool {
	if m.Dev != x.place().Mount.Dev || predict.PointOn(m, x.place()) == "" {
		return false
	}
	x.receiver = m
	x.prove(m)
	if m.PeerGroup == 0 && m.Master == 0 {
		return x.say(No, ReceiverPrivate)
	}
	return x.say(No, DifferentGroup)
}
