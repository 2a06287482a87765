package query

import (
	"slices"
	"strings"

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
	NS *world.Namespace // nil for one that was not seen, or is not yet made
	// Beneath is the mount that lies on top of a new one, "" for none.
	Covered string
	World   *world.World
}

// The effects that follow from those of the rules.
const (
	HideEffect predict.EffectKind = "hide" // its path no longer leads to it
	ShowEffect predict.EffectKind = "show" // it does again
)

// Prediction is what operations would do, one after the other.
type Prediction struct {
	World *world.World
	Steps []Step
	After *world.World // every mount table as it would be
	Limit uint64       // fs.mount-max, 0 where it was not read
	// Unseen is what of the host could not be seen: what it would gain or lose
	// is not among the effects.
	Unseen []string
	Gaps   []snapshot.Gap
}

// Predict applies operations to a state of a world. Apply does one; it follows
// paths, where there is a host to follow them on.
func Predict(w *world.World, s *predict.State, asks []predict.Ask, apply func(i int) (predict.Result, error)) (Prediction, error) {
	p := Prediction{World: w, Limit: w.Host.MaxMnts, Unseen: s.Gaps(), Gaps: mattering(w.Gaps)}
	f := foreseer{world: w, state: s, hidden: map[predict.ID]map[predict.ID]bool{}}
	for i, a := range asks {
		f.before()
		r, err := apply(i)
		if err != nil {
			return p, err
		}
		step := Step{Text: a.Text, Target: a.Target, Result: r}
		step.Effects = f.effects(r)
		step.Loads = loads(r)
		p.Steps = append(p.Steps, step)
	}
	p.After = tablesOf(w, s, s.Namespaces())
	return p, nil
}

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

// foreseer is the work of one Predict.
type foreseer struct {
	world  *world.World
	state  *predict.State
	hidden map[predict.ID]map[predict.ID]bool // by namespace, the mounts out of sight
	was    *predict.State
}

// before keeps the state for what an operation hides.
func (f *foreseer) before() { f.was = f.state.Clone() }

// effects adds what goes out of sight in the namespaces that change.
func (f *foreseer) effects(r predict.Result) []StepEffect {
	var list []StepEffect
	told := map[predict.ID]bool{}
	var spaces []predict.ID
	for _, e := range r.Effects {
		if e.Mount.FSType == "" && e.Mount.Dev == (snapshot.Dev{}) {
			continue // the root mount of a namespace, which nobody sees
		}
		list = append(list, f.in(e))
		told[e.Mount.ID] = told[e.Mount.ID] || e.Kind == predict.Attach || e.Kind == predict.Detach || e.Kind == predict.MoveTo
		if !slices.Contains(spaces, e.Mount.NS) && !e.Mount.NS.New() {
			spaces = append(spaces, e.Mount.NS)
		}
	}
	old, now := shadowed(f.world, f.was, spaces), shadowed(f.world, f.state, spaces)
	for _, ns := range spaces {
		for _, row := range f.state.Table(ns) {
			if _, there := old[row.ID]; !there || told[row.ID] || old[row.ID] == now[row.ID] {
				continue
			}
			kind := ShowEffect
			if now[row.ID] {
				kind = HideEffect
			}
			list = append(list, f.in(predict.Effect{Kind: kind, Mount: row, Was: row, Via: predict.Self, Hidden: now[row.ID]}))
		}
	}
	return list
}

func (f *foreseer) in(e predict.Effect) StepEffect {
	s := StepEffect{Effect: e, World: f.world, NS: f.world.Lookup(uint64(e.Mount.NS))}
	if e.Beneath != 0 {
		s.Covered = e.Mount.Point
	}
	return s
}

// shadowed are the mounts of namespaces, and which of them are out of sight.
func shadowed(w *world.World, s *predict.State, spaces []predict.ID) map[predict.ID]bool {
	m := map[predict.ID]bool{}
	for _, v := range tablesOf(w, s, spaces).Views {
		for _, x := range v.Mounts {
			m[predict.ID(x.ID)] = x.Shadowed
		}
	}
	return m
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

// tablesOf are tables of a state as a world of their own. A mount or group that
// is not yet made has a number below zero there, as an unsigned one.
func tablesOf(w *world.World, s *predict.State, spaces []predict.ID) *world.World {
	old := map[snapshot.MountID]*world.Mount{}
	options := map[snapshot.Dev]string{}
	for _, v := range w.Views {
		for _, m := range v.Mounts {
			old[m.ID] = m
			options[m.Dev] = m.FSOptions
		}
	}
	after := &snapshot.Snapshot{Host: w.Host, Reader: w.Reader}
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
		if n := w.Lookup(uint64(ns)); n != nil {
			after.Namespaces = append(after.Namespaces, *n.Namespace)
		} else {
			after.Namespaces = append(after.Namespaces, snapshot.Namespace{ID: id, Type: snapshot.Mnt})
		}
	}
	return world.Build(after)
}

func mountOf(r predict.Row) snapshot.Mount {
	return snapshot.Mount{
		ID: snapshot.MountID(r.ID), Parent: snapshot.MountID(r.Parent), Dev: r.Dev, Root: r.Root, Point: r.Point,
		FSType: r.FSType, Source: r.Source, VFSOptions: optionsOf(r.Flags),
		PeerGroup: snapshot.GroupID(r.Group), Master: snapshot.GroupID(r.Master), Unbindable: r.Unbindable,
	}
}

// optionsOf writes flags as mountinfo does (show_mnt_opts in fs/proc_namespace.c).
func optionsOf(f predict.Flags) string {
	words := []string{"rw"}
	if f&predict.ReadOnly != 0 {
		words[0] = "ro"
	}
	for _, o := range []struct {
		flag predict.Flags
		word string
	}{
		{predict.NoSuid, "nosuid"},
		{predict.NoDev, "nodev"},
		{predict.NoExec, "noexec"},
		{predict.NoAtime, "noatime"},
		{predict.NoDirAtime, "nodiratime"},
		{predict.RelAtime, "relatime"},
		{predict.NoSymFollow, "nosymfollow"},
	} {
		if f&o.flag != 0 {
			words = append(words, o.word)
		}
	}
	return strings.Join(words, ",")
}
