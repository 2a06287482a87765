package inspect

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// PredictWant is what a prediction rests on: every table, who owns each
// namespace, and the views of the places that act.
func PredictWant(places ...Place) snapshot.Want {
	want := snapshot.Want{
		Types: snapshot.Types(snapshot.Mnt, snapshot.User), Holders: snapshot.Auto, Relations: true, UniqueIDs: true,
		Lead: snapshot.FieldCgroup | snapshot.FieldCommand, Names: true,
		Tables: snapshot.Tables{All: true, Detail: true},
	}
	for _, p := range places {
		want.Holders = max(want.Holders, p.Depth)
		if p.PID != 0 {
			want.Tables.PIDs = append(want.Tables.PIDs, p.PID)
		}
	}
	return want
}

// Future is a host as it would be: a state to apply operations to, whose paths
// are followed on the host as it is.
type Future struct {
	State *predict.State

	ctx    context.Context
	host   *Host
	world  *world.World
	actors map[Place]predict.Actor
	went   map[predict.Actor]wentTo // those that left their place
	known  map[entryKey]seen
	silent map[*world.Mount]bool // these did not answer, and are not asked again
	// pivoted: somebody has made another mount the root.
	pivoted bool
	// unseen are the paths of an operation that could not be looked at, each
	// instead of those above it.
	unseen []string
	mute   bool // one of them did not answer
}

// Future starts a future at a world that was read as [PredictWant] says. What
// it asks the host ends with the context.
func (h *Host) Future(ctx context.Context, w *world.World) *Future {
	f := &Future{
		State: predict.New(w, predict.RulesOf(w.Host.Kernel)), ctx: ctx, host: h, world: w,
		actors: map[Place]predict.Actor{}, went: map[predict.Actor]wentTo{},
		known: map[entryKey]seen{}, silent: map[*world.Mount]bool{},
	}
	if h.Live() {
		f.State.Knows(f.entry)
		f.State.Leads(f.link)
	} else {
		f.State.Knows(f.savedEntry)
		f.State.Leads(f.savedLink)
	}
	return f
}

// Apply does an operation as a place would. Symbolic links in its paths are
// followed as they are on the host now.
func (f *Future) Apply(p Place, op predict.Op) (predict.Result, error) {
	by, err := f.actor(p)
	if err != nil {
		return predict.Result{}, err
	}
	op.By, f.unseen, f.mute = by, nil, false
	r := f.State.Apply(op)
	if len(f.unseen) > 0 && f.host.Live() {
		doubt := "whether " + f.unseenText() + " could not be seen"
		if f.mute {
			doubt += ": " + kernel.ErrSilent.Error()
		}
		r.Doubts = append(r.Doubts, doubt)
	}
	f.note(r)
	return r, nil
}

// Taken is what the last operation took for granted, "" for nothing: of a saved
// host there are no files to look at.
func (f *Future) Taken() string {
	if len(f.unseen) == 0 || f.host.Live() {
		return ""
	}
	return "that " + f.unseenText() + " is taken for granted: a saved host has no files"
}

func (f *Future) unseenText() string {
	if len(f.unseen) == 1 {
		return f.unseen[0] + " exists"
	}
	return strings.Join(f.unseen, " and ") + " exist"
}

// passOver notes a path that cannot be looked at.
func (f *Future) passOver(name string) {
	i := slices.IndexFunc(f.unseen, func(above string) bool { return world.Under(name, above) })
	switch {
	case i >= 0:
		f.unseen[i] = name
	case !slices.ContainsFunc(f.unseen, func(below string) bool { return world.Under(below, name) }):
		f.unseen = append(f.unseen, name)
	}
}

// Devices are the file systems of the mounts that operations name, which are
// those that an umount among them may find busy. All says that they cannot be
// told: an operation changes what paths mean.
func (f *Future) Devices(places []Place, asks []predict.Ask) (devs []snapshot.Dev, all bool) {
	for i, a := range asks {
		if a.Op.Kind == predict.OpChroot || a.Op.Kind == predict.OpPivot {
			return nil, true
		}
		for _, name := range []string{a.Op.Src, a.Op.Dst} {
			at := f.lookup(places[i], name)
			if at == nil {
				continue // nothing is there yet
			}
			for m := range at.Subtree() {
				if m == at || a.Op.Recursive || a.Op.Kind == predict.OpMove {
					devs = append(devs, m.Dev)
				}
			}
		}
	}
	return devs, false
}

// lookup is the mount that a path leads to now, nil for none.
func (f *Future) lookup(p Place, name string) *world.Mount {
	by, err := f.actor(p)
	if name == "" || err != nil {
		return nil
	}
	row, _, r := f.State.Lookup(by, name)
	if r != nil {
		return nil
	}
	return f.mount(snapshot.MountID(row.ID))
}

// actor is the place as one who acts, the same for every operation: what it
// unshares or changes its root to, it keeps.
func (f *Future) actor(p Place) (predict.Actor, error) {
	p.Text, p.Depth = "", 0
	if by, ok := f.actors[p]; ok {
		return by, nil
	}
	by, err := f.enter(p)
	if err == nil {
		f.actors[p] = by
	}
	return by, err
}

func (f *Future) enter(p Place) (predict.Actor, error) {
	if p.PID == 0 {
		return f.State.EnterNamespace(predict.ID(p.NS))
	}
	by, err := f.enterAs(p)
	if process := f.world.Process(p.PID); err == nil && process != nil && process.NS[snapshot.User] != 0 {
		f.State.InUser(by, predict.ID(process.NS[snapshot.User]))
	}
	return by, err
}

// enterAs is a process with its root directory, as far as that is known.
func (f *Future) enterAs(p Place) (predict.Actor, error) {
	at, err := f.host.Locate(f.ctx, f.world, p, "/")
	var by predict.Actor
	switch {
	case errors.Is(err, ErrUnseen) || err == nil && at.Mount == nil:
		by, err = f.State.EnterNamespace(predict.ID(p.NS))
	case err == nil:
		by, err = f.State.Enter(predict.Place{Mount: at.Mount, Path: at.Path})
	}
	if who := f.world.Process(p.PID); err == nil && who != nil && who.NS[snapshot.User] != 0 {
		f.State.InUser(by, predict.ID(who.NS[snapshot.User]))
	}
	return by, err
}
