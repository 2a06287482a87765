package inspect

import (
	"context"
	"errors"
	"io/fs"
	"path"
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
	known  map[entryKey]predict.Entry
	silent map[*world.Mount]bool // these did not answer, and are not asked again
	unseen string                // the last path that could not be looked at
}

type entryKey struct {
	ns   uint64
	path string
}

// Future starts a future at a world that was read as [PredictWant] says. What
// it asks the host ends with the context.
func (h *Host) Future(ctx context.Context, w *world.World) *Future {
	f := &Future{
		State: predict.New(w, predict.RulesOf(w.Host.Kernel)), ctx: ctx, host: h, world: w,
		actors: map[Place]predict.Actor{}, known: map[entryKey]predict.Entry{}, silent: map[*world.Mount]bool{},
	}
	if h.Live() {
		f.State.Knows(f.entry)
	}
	return f
}

// Apply does an operation as a place would. Symbolic links in its paths are
// followed on the host as it is now, as far as they lead somewhere.
func (f *Future) Apply(p Place, op predict.Op) (predict.Result, error) {
	by, err := f.actor(p)
	if err != nil {
		return predict.Result{}, err
	}
	op.By = by
	var doubts []string
	for _, name := range []*string{&op.Src, &op.Dst} {
		if *name == "" {
			continue
		}
		followed, doubt := f.follow(p, *name)
		if *name = followed; doubt != "" {
			doubts = append(doubts, doubt)
		}
	}
	f.unseen = ""
	r := f.State.Apply(op)
	if f.unseen != "" && len(doubts) == 0 {
		doubts = append(doubts, "whether "+f.unseen+" exists could not be seen")
	}
	r.Doubts = append(r.Doubts, doubts...)
	return r, nil
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
			at, err := f.host.Locate(f.ctx, f.world, places[i], name)
			if name == "" || err != nil || at.Mount == nil {
				continue // nothing is there yet
			}
			for m := range at.Mount.Subtree() {
				if m == at.Mount || a.Op.Recursive || a.Op.Kind == predict.OpMove {
					devs = append(devs, m.Dev)
				}
			}
		}
	}
	return devs, false
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
	at, err := f.host.Locate(f.ctx, f.world, p, "/")
	switch {
	case errors.Is(err, ErrUnseen) || err == nil && at.Mount == nil:
		return f.State.EnterNamespace(predict.ID(p.NS))
	case err != nil:
		return 0, err
	}
	return f.State.Enter(predict.Place{Mount: at.Mount, Path: at.Path})
}

// follow is a path without symbolic links, as the place calls it. One that leads
// nowhere yet is taken by its words.
func (f *Future) follow(p Place, name string) (followed, doubt string) {
	clean := path.Clean(name)
	if !f.host.Live() {
		return clean, ""
	}
	at, err := f.host.Locate(f.ctx, f.world, p, name)
	switch {
	case err != nil:
		return clean, ""
	case at.Doubt != "":
		return clean, name + " could not be followed, and is taken by its words: " + at.Doubt
	case at.Mount == nil || !world.Under(at.Path, rootDir(at)):
		return clean, ""
	}
	return path.Join("/", strings.TrimPrefix(at.Path, strings.TrimSuffix(rootDir(at), "/"))), ""
}

func rootDir(at Located) string {
	if at.RootPath == "" {
		return "/"
	}
	return at.RootPath
}

// entry is what is at a place of a file system now: the kernel follows the path
// that one of its mounts shows it at. What is mounted new as a tmpfs is empty.
func (f *Future) entry(at predict.Where) predict.Entry {
	m, inside := at.Mount, at.Inside
	switch {
	case m == nil && inside == "/":
		return predict.Directory
	case m == nil && (at.FSType == "tmpfs" || at.FSType == "ramfs"):
		return predict.Absent
	case m == nil || m.View == nil || m.Unreachable || !world.Under(inside, m.Root):
		return predict.EntryUnknown
	}
	key := entryKey{m.View.Table.NS.Ino, path.Join(m.Point, strings.TrimPrefix(inside, strings.TrimSuffix(m.Root, "/")))}
	e, ok := f.known[key]
	if !ok {
		e = f.look(key, m)
	}
	f.known[key] = e
	if e == predict.EntryUnknown {
		f.unseen = key.path
	}
	return e
}

// look asks the kernel, unless the path leads elsewhere: something may cover it.
func (f *Future) look(key entryKey, m *world.Mount) predict.Entry {
	if on := m.View.Serving(key.path); f.silent[m] || on != m && (on == nil || on.Point != key.path) {
		return predict.EntryUnknown
	}
	at, err := f.host.resolve(f.ctx, f.world, Place{NS: key.ns}, key.path)
	f.silent[m] = errors.Is(err, kernel.ErrSilent)
	switch {
	case errors.Is(err, fs.ErrNotExist) || kernel.NotDirectory(err):
		return predict.Absent
	case err != nil || at.Path != key.path: // by a link it leads elsewhere
		return predict.EntryUnknown
	case at.File:
		return predict.File
	}
	return predict.Directory
}
