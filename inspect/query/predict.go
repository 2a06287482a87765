package query

import (
	"slices"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// ManyMounts is the number of new mounts from which an operation is warned of.
const ManyMounts = 1000

// Step is one operation of a prediction.
type Step struct {
	Text   string // as it was asked for
	Target string // who does it, "" for the usual one
	Result predict.Result
	// Effects are those of the result, and the mounts that it puts out of
	// sight or back into it.
	Effects []StepEffect
	// Loads are how many mounts each namespace has and would get, when that
	// is worth a warning.
	Loads []predict.Tally
}

// StepEffect is one effect with the namespace that it happens in.
type StepEffect struct {
	predict.Effect
	NS    *world.Namespace // nil for one that was not seen, or is not yet made
	World *world.World
}

// Prediction is what operations would do, one after the other.
type Prediction struct {
	World *world.World
	State *predict.State // as it is at the end
	Steps []Step
	Limit uint64 // fs.mount-max, 0 where it was not read
	// Unseen is what of the host could not be seen: what it would gain or lose
	// is not among the effects.
	Unseen []string
	Gaps   []snapshot.Gap
}

// Predict applies operations to a state of a world. Apply does one; it follows
// paths, where there is a host to follow them on.
func Predict(w *world.World, s *predict.State, asks []predict.Ask, apply func(i int) (predict.Result, error)) (Prediction, error) {
	p := Prediction{World: w, State: s, Limit: w.Host.MaxMnts, Unseen: s.Gaps(), Gaps: mattering(w.Gaps)}
	for i, a := range asks {
		r, err := apply(i)
		if err != nil {
			return p, err
		}
		p.Steps = append(p.Steps, Step{Text: a.Text, Target: a.Target, Result: r, Effects: effects(w, s, r), Loads: loads(r)})
	}
	return p, nil
}

// After is every mount table as it would be. A mount or group that is not yet
// made has a number below zero, as an unsigned one.
func (p *Prediction) After() *world.World { return tablesOf(p.World, p.State, p.State.Namespaces()) }

// mattering are the gaps that may limit a prediction: not those of what is told
// of a mount beside its place.
func mattering(gaps []snapshot.Gap) []snapshot.Gap {
	return slices.DeleteFunc(slices.Clone(gaps), func(g snapshot.Gap) bool { return g.OfTable() && !g.OfMounts() })
}

// OK says that every operation would succeed.
func (p *Prediction) OK() bool {
	return !slices.ContainsFunc(p.Steps, func(s Step) bool { return !s.Result.OK() })
}

// Doubts are what the answer rests on that could not be seen, each once.
func (p *Prediction) Doubts() []string {
	var list []string
	for _, s := range p.Steps {
		for _, d := range s.Result.Doubts {
			if !slices.Contains(list, d) {
				list = append(list, d)
			}
		}
	}
	return list
}

// effects are those of a result, and what goes out of sight with them.
func effects(w *world.World, s *predict.State, r predict.Result) []StepEffect {
	var list []StepEffect
	for _, e := range slices.Concat(r.Effects, s.Sight(r)) {
		if e.Mount.FSType == "" && e.Mount.Dev == (snapshot.Dev{}) {
			continue // the root mount of a namespace, which nobody sees
		}
		list = append(list, StepEffect{Effect: e, World: w, NS: w.Lookup(uint64(e.Mount.NS))})
	}
	return list
}

// loads are, of an operation that makes many mounts or is refused because a
// namespace is full, the numbers of each namespace, the fullest first.
func loads(r predict.Result) []predict.Tally {
	total := 0
	for _, t := range r.Tally {
		total += t.Comes
	}
	if full := r.Refusal != nil && r.Refusal.Reason == predict.MountMax; !full && total <= ManyMounts {
		return nil
	}
	list := slices.Clone(r.Tally)
	slices.SortStableFunc(list, func(a, b predict.Tally) int { return b.Have + b.Comes - a.Have - a.Comes })
	return list
}

// tablesOf are tables of a state as a world of their own.
func tablesOf(w *world.World, s *predict.State, spaces []predict.ID) *world.World {
	old := map[snapshot.MountID]*world.Mount{}
	options := map[snapshot.Dev]string{}
	for _, v := range w.Views {
		for _, m := range v.Mounts {
			old[m.ID] = m
			options[m.Dev] = m.FSOptions
		}
	}
	after := &snapshot.Snapshot{Host: w.Host, Reader: w.Reader, Gaps: w.Gaps}
	for _, n := range w.Namespaces {
		if n.Type == snapshot.Mnt {
			after.Namespaces = append(after.Namespaces, *n.Namespace) // also those that were not read
		}
	}
	for _, ns := range spaces {
		id := snapshot.NSID{Ino: uint64(ns)}
		t := snapshot.Table{NS: id, Via: "statmount", Whole: true}
		for _, row := range s.Table(ns) {
			m := mountOf(row)
			m.FSOptions = options[row.Dev]
			if was := old[m.ID]; was != nil {
				m.UniqueID, m.FSOptions, m.UIDMap, m.GIDMap, m.Unreachable = was.UniqueID, was.FSOptions, was.UIDMap, was.GIDMap, was.Unreachable
				if predict.FlagsOf(was.VFSOptions) == row.Flags {
					m.VFSOptions = was.VFSOptions
				}
			}
			t.Mounts = append(t.Mounts, m)
		}
		after.Tables = append(after.Tables, t)
		if w.Lookup(uint64(ns)) == nil {
			after.Namespaces = append(after.Namespaces, snapshot.Namespace{ID: id, Type: snapshot.Mnt})
		}
	}
	return world.Build(after)
}

func mountOf(r predict.Row) snapshot.Mount {
	return snapshot.Mount{
		ID: snapshot.MountID(r.ID), Parent: snapshot.MountID(r.Parent), Dev: r.Dev, Root: r.Root, Point: r.Point,
		FSType: r.FSType, Source: r.Source, VFSOptions: r.Flags.String(),
		PeerGroup: snapshot.GroupID(r.Group), Master: snapshot.GroupID(r.Master), Unbindable: r.Unbindable,
	}
}
