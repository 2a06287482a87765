package query

import (
	"fmt"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Answer is yes, no, or unknown where something that matters was not read.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// Reason is the first link that is broken on the way from one place to
// another. The codes are stable.
type Reason string

// The reasons. Each is explained in reasonTexts.
const (
	Travels           Reason = "travels"
	SamePlace         Reason = "same-place"
	SourcePrivate     Reason = "source-private"
	SourceUnbindable  Reason = "source-unbindable"
	SourceNotMount    Reason = "source-not-a-shared-mount"
	SlaveSendsNothing Reason = "slave-does-not-send"
	LessPrivileged    Reason = "less-privileged-user-namespace"
	RootNotCovering   Reason = "root-does-not-cover"
	Elsewhere         Reason = "appears-elsewhere"
	Covered           Reason = "receiver-covered"
	OnItsRoot         Reason = "receiver-root-directory"
	SourceDeleted     Reason = "source-deleted"
	ReceiverPrivate   Reason = "receiver-private"
	DifferentGroup    Reason = "different-group"
	OtherFileSystem   Reason = "other-file-system"
	NotRead           Reason = "not-read"
	SeenThere         Reason = "seen-there"
	TooEarly          Reason = "came-too-early"
)

// Spot is a place asked about, with the word the person used for its view.
type Spot struct {
	predict.Place
	Name string // the TARGET, "" for the reader's own namespace
	// Root is the root directory of the process asked about, of which it
	// sees what is below; the zero value is the namespace's.
	Root predict.Place
	// Deleted: it has no name any more, so nothing can be mounted there.
	Deleted bool
	// File: it is no directory.
	File bool
}

func (s Spot) String() string {
	if s.Name == "" {
		return s.Path
	}
	return s.Name + ":" + s.Path
}

// Hop is one step of the way that a mount travels.
type Hop struct {
	Mount *world.Mount
	Point string
	Group snapshot.GroupID
	Via   predict.Via
}

// Verdict is the answer of [Explain].
type Verdict struct {
	Answer   Answer
	Reason   Reason
	Text     string
	From     Spot
	To       *Spot // nil when only From was asked about
	Arrivals []predict.Arrival
	Hops     []Hop
	Evidence []*world.Mount
	Fix      []Fix
	// Now is about what is mounted at From already, nil when From is no mount
	// point: whether To shows it, and if not, why it did not travel.
	Now  *Verdict
	Gaps []snapshot.Gap
}

// Explain answers whether a mount made at one place would appear at another,
// and if not, which link is broken.
func Explain(w *world.World, from Spot, to *Spot) Verdict {
	groups := world.GroupsOf(w)
	v := Verdict{From: from, To: to, Gaps: w.Gaps}
	v.Arrivals = predict.Arrivals(groups, from.Place)
	v.Evidence = []*world.Mount{from.Mount}
	if to == nil {
		v.alone()
		return v
	}
	x := explainer{world: w, groups: groups, from: from, to: *to, v: &v}
	x.answer()
	v.Now = x.now()
	return v
}

// alone answers about one place: whether what is mounted there is seen
// anywhere else.
func (v *Verdict) alone() {
	v.Answer, v.Reason = Yes, Travels
	if len(v.Arrivals) == 1 {
		v.Answer = No
		v.Reason = sourceReason(v.From)
	}
	v.Text = travelText(v.From.Mount, len(v.Arrivals)-1)
	for _, a := range v.Arrivals {
		v.Hops = append(v.Hops, Hop{Mount: a.On, Point: a.Point, Group: a.From(), Via: a.Via})
	}
}

// explainer looks for the first broken link between two places.
type explainer struct {
	world    *world.World
	groups   *world.Groups
	from, to Spot
	v        *Verdict
}

// answer fills the verdict.
func (x *explainer) answer() {
	if x.to.Mount != x.from.Mount {
		x.v.Evidence = append(x.v.Evidence, x.to.Mount)
	}
	x.explain()
	x.v.Text = fmt.Sprintf(reasonTexts[x.v.Reason], x.from, x.to)
	x.v.Fix = x.fixes()
}

// now explains the mount that is at the source already. It was mounted on its
// parent, so it is the parent that sent it or not.
func (x *explainer) now() *Verdict {
	m := x.from.Mount
	if m.Point != x.from.Path || m.Parent == nil || x.v.Reason == SamePlace {
		return nil
	}
	from := x.from
	from.Mount = m.Parent
	v := &Verdict{From: from, To: &x.to, Evidence: []*world.Mount{m.Parent, m}}
	v.Arrivals = predict.Arrivals(x.groups, from.Place)
	if x.to.Mount.Dev == m.Dev && x.to.Mount.Root == m.Root {
		v.Answer, v.Reason = Yes, SeenThere
		v.Text = fmt.Sprintf(reasonTexts[SeenThere], x.from, x.to)
		return v
	}
	(&explainer{world: x.world, groups: x.groups, from: from, to: x.to, v: v}).answer()
	if v.Answer == Yes {
		v.Answer, v.Reason = No, TooEarly
		v.Text = fmt.Sprintf(reasonTexts[TooEarly], x.from, x.to)
	}
	return v
}

func (x *explainer) explain() {
	for _, step := range []func() bool{x.deleted, x.arrives, x.sourceSilent, x.rootTooLow, x.copyElsewhere, x.notRead} {
		if step() {
			return
		}
	}
	x.say(No, OtherFileSystem)
}

func (x *explainer) say(a Answer, r Reason) bool {
	x.v.Answer, x.v.Reason = a, r
	return true
}

// deleted: what has no name any more takes no mount (cant_mount in fs/namespace.c).
func (x *explainer) deleted() bool {
	return x.from.Deleted && x.say(No, SourceDeleted)
}

// here says whether a mount is in the view asked about. Two views of one
// namespace have the same mounts, by other names.
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
			x.v.Hops = x.hops(*a)
			if a.Via == predict.Self {
				return x.say(Yes, SamePlace)
			}
			return x.say(Yes, Travels)
		case a.On == x.to.Root.Mount && a.Point == x.to.Root.Path:
			return x.lost(a, OnItsRoot)
		default:
			covered = a
		}
	}
	return x.lost(covered, Covered) || x.lost(other, Elsewhere)
}

// lost says that a mount arrives, but not so that it is seen where it should.
func (x *explainer) lost(a *predict.Arrival, why Reason) bool {
	if a == nil {
		return false
	}
	x.v.Hops = x.hops(*a)
	x.v.Evidence = append(x.v.Evidence, a.On)
	return x.say(No, why)
}

// hops is the way from the origin down to a receiver: one step for each group.
func (x *explainer) hops(a predict.Arrival) []Hop {
	list := []Hop{{Mount: a.On, Point: a.Point, Group: a.From(), Via: a.Via}}
	seen := map[snapshot.GroupID]bool{}
	for id := a.From(); id != x.from.Mount.PeerGroup && id != 0 && !seen[id]; {
		seen[id] = true
		g := x.groups.Get(id)
		if g == nil || len(g.Members) == 0 {
			break
		}
		m := g.Members[0]
		list = append([]Hop{{Mount: m, Point: m.Point, Group: id, Via: predict.Slave}}, list...)
		id = g.Master
	}
	return append([]Hop{{Mount: x.from.Mount, Point: x.from.Path, Group: x.from.Mount.PeerGroup, Via: predict.Self}}, list...)
}

// sourceSilent: nothing leaves a parent mount that is not shared.
func (x *explainer) sourceSilent() bool {
	if x.from.Mount.PeerGroup != 0 {
		return false
	}
	r := sourceReason(x.from)
	if r == SlaveSendsNothing && x.ownedByOther() {
		r = LessPrivileged
	}
	return x.say(No, r)
}

func sourceReason(s Spot) Reason {
	switch m := s.Mount; {
	case m.PeerGroup != 0:
		return OtherFileSystem
	case m.Master != 0:
		return SlaveSendsNothing
	case m.Unbindable:
		return SourceUnbindable
	case s.Path != m.Point:
		return SourceNotMount
	}
	return SourcePrivate
}

// ownedByOther says whether the two namespaces belong to different user
// namespaces, as far as that was read.
func (x *explainer) ownedByOther() bool {
	a, b := x.from.Mount.View.NS, x.to.Mount.View.NS
	return a != nil && b != nil && !a.Owner.IsZero() && !b.Owner.IsZero() && a.Owner.Ino != b.Owner.Ino
}

// rootTooLow: a mount in the view receives, but shows another part of the file
// system.
func (x *explainer) rootTooLow() bool {
	for _, m := range predict.Receivers(x.groups, x.from.Mount) {
		if x.here(m) {
			x.v.Evidence = append(x.v.Evidence, m)
			return x.say(No, RootNotCovering)
		}
	}
	return false
}

// copyElsewhere: the view shows the same directory through a mount that has no
// part in the group.
func (x *explainer) copyElsewhere() bool {
	same := func(m *world.Mount) bool {
		return m.Dev == x.from.Mount.Dev && world.Under(x.from.Inside(), m.Root)
	}
	m := x.to.Mount
	if !same(m) {
		m = nil
		for _, other := range x.to.Mount.View.Mounts {
			if same(other) {
				m = other
			}
		}
	}
	if m == nil {
		return false
	}
	if m != x.to.Mount {
		x.v.Evidence = append(x.v.Evidence, m)
	}
	if m.PeerGroup == 0 && m.Master == 0 {
		return x.say(No, ReceiverPrivate)
	}
	return x.say(No, DifferentGroup)
}

// notRead: a chain that runs through a group of which no member was seen may
// still lead here, when not every namespace could be read.
func (x *explainer) notRead() bool {
	up := x.groups.Get(x.to.Mount.Master)
	return up != nil && up.Unseen() && len(x.world.Gaps) > 0 && x.say(Unknown, NotRead)
}

// reasonTexts are the reasons in plain words, of the place it is mounted at
// and the place it is looked for.
var reasonTexts = map[Reason]string{
	Travels:           "a mount made at %s appears at %s",
	SamePlace:         "%s and %s are the same place",
	SourcePrivate:     "the mount at %s is private: what is mounted on it stays in its namespace, so nothing reaches %s",
	SourceUnbindable:  "the mount at %s is unbindable, so private: what is mounted on it stays in its namespace, and nothing reaches %s",
	SourceNotMount:    "%s is no mount itself, and the mount it lies on is not a shared mount: nothing made there reaches %s",
	SlaveSendsNothing: "the mount at %s is a slave: it receives from its master and sends nothing back, so nothing reaches %s",
	LessPrivileged:    "the mount at %s is in the namespace of a less privileged user namespace, which the kernel makes a slave: it receives and sends nothing back, so nothing reaches %s",
	RootNotCovering:   "a mount made at %s is received in the namespace of %s, but the mount that receives it shows another directory of the file system",
	Elsewhere:         "a mount made at %s appears in that namespace, but at another path than %s",
	Covered:           "a mount made at %s arrives at %s, but another mount covers it there",
	OnItsRoot:         "a mount made at %s arrives on the root directory of %s, whose process goes on seeing what lies below",
	SourceDeleted:     "%s has been deleted, so nothing can be mounted there that would reach %s",
	ReceiverPrivate:   "what %s is mounted from is mounted at or near %s too, but privately: it receives nothing",
	DifferentGroup:    "the mounts of %s and %s show the same file system but are in different peer groups, and neither receives from the other",
	OtherFileSystem:   "the namespace of %[2]s has no mount of the file system of %[1]s that receives from it",
	SeenThere:         "what is mounted at %s now is at %s too",
	TooEarly:          "what is mounted at %s now is not at %s although a new mount would be: it was mounted before the two were joined, was left out when they were (a bind that is not recursive), or was unmounted there; propagation is not retroactive",
	NotRead:           "whether a mount at %s reaches %s hangs on a peer group whose members could not be read",
}

// travelText says in plain words what a mount sends and receives.
func travelText(m *world.Mount, places int) string {
	sends, receives := "what is mounted on it stays where it is", "receives nothing"
	if m.PeerGroup != 0 {
		sends = fmt.Sprintf("what is mounted on it appears in %d other places", places)
		receives = fmt.Sprintf("receives from its peers (group %d)", m.PeerGroup)
	}
	if m.Master != 0 {
		receives = fmt.Sprintf("receives from group %d", m.Master)
	}
	return fmt.Sprintf("%s is %s: %s, and it %s", m.Point, m.Propagation(), sends, receives)
}
