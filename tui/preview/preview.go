// Package preview is what a prediction would change, as the panes show it: which
// mounts would be new, gone or other than they are, and why.
package preview

import (
	"slices"

	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/names"
)

// Kind is how a mount would differ.
type Kind uint8

// The kinds. Stays is a mount that one would expect to go or to be copied.
const (
	Same Kind = iota
	New
	Gone
	Changed // moved, or of another propagation, or with other flags
	Hidden  // its path would no longer lead to it
	Shown   // it would again
	Stays
	kinds
)

var symbols = [kinds]string{" ", "+", "-", "~", "↧", "↥", "!"}

// Symbol is one column wide, a blank for Same.
func (k Kind) Symbol() string { return symbols[k] }

// Styles are the looks of the kinds.
type Styles [kinds]ansi.Style

// Change is what would happen to one mount.
type Change struct {
	Kind    Kind
	Beneath bool         // it would go beneath what is mounted there
	Moves   bool         // to another path: its row is Gone where it is
	Was     *world.Mount // nil for a new one
	Effects []query.StepEffect
}

// Count is how many mounts would come, go and change.
type Count struct{ New, Gone, Changed int }

// Preview is a prediction laid over the tables. A nil one changes nothing.
type Preview struct {
	Line       string // the operations, as they were asked for
	Prediction query.Prediction
	After      *world.World // as it would be

	changes map[names.Key]*Change
	counts  map[uint64]Count
	gone    map[uint64][]*world.Mount  // from their places, by namespace in the order of the table
	lost    map[names.Key]*world.Mount // as they were: those on which something would be gone
	roots   map[uint64]*world.View     // as they were: those of which a root would be gone
	groups  map[snapshot.GroupID]*Group
	ended   []*world.PeerGroup // those that would be gone, by number
}

// Of compares the tables before and after a prediction. It walks all effects,
// of which there may be a hundred thousand.
func Of(line string, p query.Prediction) *Preview {
	v := &Preview{
		Line: line, Prediction: p, After: p.After(),
		changes: map[names.Key]*Change{}, counts: map[uint64]Count{},
		gone: map[uint64][]*world.Mount{}, lost: map[names.Key]*world.Mount{}, roots: map[uint64]*world.View{},
		groups: map[snapshot.GroupID]*Group{},
	}
	for _, s := range p.Steps {
		for _, e := range s.Effects {
			v.add(e)
		}
	}
	before, after := v.find(p.World), v.find(v.After)
	for k, c := range v.changes {
		now := after[k]
		c.Was = before[k]
		if c.Kind = c.kind(now); c.Kind == Same {
			delete(v.changes, k)
			continue
		}
		c.Moves = c.Kind == Changed && c.Was.Point != now.Point && c.has(predict.MoveTo)
		v.count(k, c.Kind)
		v.regroup(c.Was, now)
	}
	v.gather()
	v.judgeGroups()
	return v
}

// add notes an effect. What is not of one mount of a table (a new namespace, a
// changed root directory) is told with the prediction.
func (v *Preview) add(e query.StepEffect) {
	k := names.Key{NS: uint64(e.Mount.NS), ID: snapshot.MountID(e.Mount.ID)}
	c := v.changes[k]
	if c == nil {
		c = &Change{}
		v.changes[k] = c
	}
	c.Effects = append(c.Effects, e)
	c.Beneath = c.Beneath || e.Beneath != 0 && e.Kind == predict.Attach
}

// find finds what effects are about in the tables of a world, each of which is
// walked once.
func (v *Preview) find(w *world.World) map[names.Key]*world.Mount {
	found := make(map[names.Key]*world.Mount, len(v.changes))
	for _, at := range w.Views {
		if at.PID != 0 {
			continue
		}
		for _, m := range at.Mounts {
			if k := names.KeyOf(m); v.changes[k] != nil {
				found[k] = m
			}
		}
	}
	return found
}

// has says whether one of the effects is of one of the kinds.
func (c *Change) has(kinds ...predict.EffectKind) bool {
	return slices.ContainsFunc(c.Effects, func(e query.StepEffect) bool { return slices.Contains(kinds, e.Kind) })
}

// kind compares a mount with what it would be. What one operation does and the
// next undoes is no change.
func (c *Change) kind(after *world.Mount) Kind {
	switch before := c.Was; {
	case before == nil && after == nil:
		return Same
	case before == nil:
		return New
	case after == nil:
		return Gone
	case c.has(predict.MoveTo, predict.Change, predict.Reflag) && differ(before, after):
		return Changed
	case after.Shadowed && !before.Shadowed:
		return Hidden
	case before.Shadowed && !after.Shadowed:
		return Shown
	case c.has(predict.Stay, predict.Pruned):
		return Stays
	}
	return Same
}

func differ(a, b *world.Mount) bool {
	return a.Point != b.Point || a.Mount.Parent != b.Mount.Parent || a.Propagation() != b.Propagation() ||
		predict.FlagsOf(a.VFSOptions) != predict.FlagsOf(b.VFSOptions)
}

func (v *Preview) count(k names.Key, kind Kind) {
	c := v.counts[k.NS]
	switch kind {
	case New:
		c.New++
	case Gone:
		c.Gone++
	case Changed, Hidden, Shown:
		c.Changed++
	}
	if c != (Count{}) {
		v.counts[k.NS] = c
	}
}

// gather lists what would be gone from its place, and where it is missing.
func (v *Preview) gather() {
	for _, at := range v.Prediction.World.Views {
		ns := at.Table.NS.Ino
		if at.PID != 0 || v.counts[ns] == (Count{}) {
			continue
		}
		for _, m := range at.Mounts {
			switch {
			case v.KindOf(m) != Gone:
				continue
			case m.Parent != nil:
				v.lost[names.KeyOf(m.Parent)] = m.Parent
			default:
				v.roots[ns] = at
			}
			v.gone[ns] = append(v.gone[ns], m)
		}
	}
}

// Empty says that the tables would stay as they are.
func (v *Preview) Empty() bool { return len(v.changes) == 0 }

// OfMount is what would happen to a mount, nil for nothing.
func (v *Preview) OfMount(m *world.Mount) *Change {
	if v == nil {
		return nil
	}
	return v.changes[names.KeyOf(m)]
}

// KindOf is how a mount would differ. What moves is Gone as it was, and Changed as
// it would be.
func (v *Preview) KindOf(m *world.Mount) Kind {
	switch c := v.OfMount(m); {
	case c == nil:
		return Same
	case c.Moves && c.Was == m:
		return Gone
	default:
		return c.Kind
	}
}

// OfSpace is how many mounts of a namespace would differ.
func (v *Preview) OfSpace(ns uint64) Count {
	if v == nil {
		return Count{}
	}
	return v.counts[ns]
}

// Total is how many mounts would differ, and in how many namespaces.
func (v *Preview) Total() (all Count, spaces int) {
	for _, c := range v.counts {
		all.New, all.Gone, all.Changed = all.New+c.New, all.Gone+c.Gone, all.Changed+c.Changed
	}
	return all, len(v.counts)
}

// Gone are the mounts of a namespace that would be gone from their places.
func (v *Preview) Gone(ns uint64) []*world.Mount {
	if v == nil {
		return nil
	}
	return v.gone[ns]
}

// Find is a mount that would be gone, nil for none.
func (v *Preview) Find(ns uint64, id snapshot.MountID) *world.Mount {
	if v != nil {
		if c := v.changes[names.Key{NS: ns, ID: id}]; c != nil && c.Kind == Gone {
			return c.Was
		}
	}
	return nil
}
