package query

import (
	"slices"

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

// Spot is a place asked about, with the word the person used for its view.
type Spot struct {
	predict.Place        // Mount is nil for a place on no mount of its namespace
	Name          string // the TARGET, "" for the reader's own namespace
	// Asked is the path as it was asked for; Place has it as the whole
	// namespace calls it.
	Asked string
	// Root is the root directory of the process asked about, of which it
	// sees what is below; the zero value is the namespace's.
	Root predict.Place
	// Deleted: it has no name any more, so nothing can be mounted there.
	Deleted bool
	// Doubt says why the path was taken by its words although the kernel
	// could have followed it, "" when it was followed or nothing could.
	Doubt string
}

func (s Spot) String() string {
	path := s.Asked
	if path == "" {
		path = s.Path
	}
	if s.Name == "" {
		return path
	}
	return s.Name + ":" + path
}

// Hop is one step of the way that a mount travels. Mount is nil for a group of
// which no namespace that was read has a member.
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

// ExplainQuery is one question: would what is mounted at From appear at To, or
// with a nil To, where would it appear.
type ExplainQuery struct {
	From Spot
	To   *Spot
	// Unique are the 64-bit ids of mounts by their 32-bit ones, as far as
	// they were read beside the world.
	Unique map[snapshot.MountID]snapshot.MountID
}

// Explain answers whether a mount made at one place would appear at another,
// and if not, which link is broken.
func Explain(w *world.World, q ExplainQuery) Verdict {
	v := Verdict{From: q.From, To: q.To, Gaps: w.Gaps}
	x := explainer{world: w, groups: w.Groups(), unique: q.Unique, from: q.From, v: &v}
	if q.From.Mount != nil {
		v.Arrivals = predict.Arrivals(x.groups, q.From.Place)
		x.full = predict.Full(v.Arrivals, w.Host.MaxMnts)
		v.Evidence = []*world.Mount{v.Arrivals[0].On}
	}
	if q.To == nil {
		x.alone()
		return v
	}
	x.to = *q.To
	x.answer()
	v.Now = x.now()
	return v
}

// Wondering says that the order in which mounts were made would tell why what
// is mounted already did not travel, and that it was not read.
func (v Verdict) Wondering() bool {
	return v.Now != nil && v.Now.Reason == TooEarly && v.Now.Answer == No
}

// alone answers about one place: whether what is mounted there is seen
// anywhere else.
func (x *explainer) alone() {
	for _, a := range x.v.Arrivals {
		x.v.Hops = append(x.v.Hops, Hop{Mount: a.On, Point: a.Point, Group: a.From(), Via: a.Via})
	}
	switch {
	case x.nowhere(), x.noRoom():
	case len(x.v.Arrivals) > 1:
		x.say(Yes, Travels)
	case x.silent():
		x.v.Fix = x.shareFixes()
	case slices.ContainsFunc(x.world.Gaps, snapshot.Gap.OfCoverage):
		x.say(Unknown, NotRead)
	default:
		x.say(No, NobodyReceives)
	}
	x.v.Text = x.aloneText()
	x.doubt()
}

// explainer looks for the first broken link between two places.
type explainer struct {
	world    *world.World
	groups   *world.Groups
	unique   map[snapshot.MountID]snapshot.MountID
	from, to Spot
	v        *Verdict
	// receiver is the mount of the view asked about that the answer is about.
	receiver *world.Mount
	over     *world.Mount // what covers the place it arrives at
	// full are the namespaces that have no room for a new mount.
	full []predict.Load
}

// answer fills the verdict.
func (x *explainer) answer() {
	if x.to.Mount != nil && x.to.Mount != x.from.Mount {
		x.v.Evidence = append(x.v.Evidence, x.to.Mount)
	}
	x.explain()
	x.v.Text = x.text()
	x.v.Fix = x.fixes()
	x.doubt()
}

// doubt takes an answer back that rests on a path nobody could follow.
func (x *explainer) doubt() {
	for _, s := range []Spot{x.from, x.to} {
		if s.Doubt != "" && x.v.Answer != Unknown {
			x.v.Text = s.String() + " could not be followed: " + s.Doubt + "; by its words alone: " + x.v.Text
			x.say(Unknown, NotRead)
		}
	}
}

func (x *explainer) explain() {
	for _, step := range []func() bool{
		x.nowhere, x.noRoom, x.arrives, x.silent, x.unseen, x.copyHere, x.rootTooLow, x.copyElsewhere,
	} {
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
