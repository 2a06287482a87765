package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// foresight is one run of predict.
type foresight struct {
	ctx    context.Context
	host   *inspect.Host
	asks   []predict.Ask
	places []inspect.Place // who does each
	world  *world.World
	use    query.Usage
	// unread: what may keep something busy could not be read; unsure: an
	// operation would succeed as far as could be seen.
	unread, unsure bool
}

// find resolves who does each operation, each name once.
func (f *foresight) find(usual string) error {
	known := map[string]inspect.Place{}
	for _, ask := range f.asks {
		if ask.Target == "" {
			ask.Target = usual
		}
		if err := f.act(ask.Target, known); err != nil {
			return err
		}
	}
	return nil
}

// findFrom resolves who does each operation where the usual one is known.
func (f *foresight) findFrom(usual inspect.Place) error {
	known := map[string]inspect.Place{"": usual}
	for _, ask := range f.asks {
		if err := f.act(ask.Target, known); err != nil {
			return err
		}
	}
	return nil
}

// act adds who does the next operation.
func (f *foresight) act(name string, known map[string]inspect.Place) error {
	p, ok := known[name]
	if !ok {
		var err error
		if p, err = f.host.Find(f.ctx, name, snapshot.Mnt); err != nil {
			return err
		}
		known[name] = p
	}
	f.places = append(f.places, p)
	return nil
}

// predict looks at the host and applies the operations.
func (f *foresight) predict() (query.Prediction, error) {
	want := inspect.PredictWant(f.places...)
	if f.disturbs() {
		want.Every = snapshot.FieldCommand | snapshot.FieldCgroup // who keeps it busy
	}
	s, err := f.host.Take(f.ctx, want)
	if err != nil {
		return query.Prediction{}, err
	}
	f.world = world.Build(s)
	for _, p := range f.places {
		if f.world.View(p.NS, 0) == nil && f.world.View(p.NS, p.PID) == nil {
			return query.Prediction{}, noView(f.world, p)
		}
	}
	future := f.host.Future(f.ctx, f.world)
	doubt := f.busy(s, future)
	p, err := query.Predict(f.world, future.State, f.asks, func(i int) (predict.Result, error) {
		r, err := future.Apply(f.places[i], f.asks[i].Op)
		if err != nil {
			return r, fmt.Errorf("act as %s: %w", f.nameOf(i), err)
		}
		f.nameHolder(&r)
		f.unsure = f.unsure || r.OK() && len(r.Doubts) > 0
		if taken := future.Taken(); taken != "" && r.OK() {
			r.Doubts = append(r.Doubts, taken)
		}
		if doubt != "" && disturbs(f.asks[i].Op) && r.OK() {
			f.unsure = f.unsure || f.unread
			r.Doubts = append(r.Doubts, doubt)
		}
		return r, nil
	})
	p.Unseen = slices.DeleteFunc(p.Unseen, f.ended)
	return p, err
}

// ended says of a namespace that is not in the state that it ended while the
// host was read: one that could not be read has a gap.
func (f *foresight) ended(unseen string) bool {
	name, _, ok := strings.Cut(unseen, ": its mounts were not read")
	return ok && f.host.Live() && !slices.ContainsFunc(f.world.Gaps, func(g snapshot.Gap) bool { return g.Subject == name })
}

// nameHolder says what keeps busy that is refused as such.
func (f *foresight) nameHolder(r *predict.Result) {
	if r.OK() {
		return
	}
	var by string
	switch m := snapshot.MountID(r.Refusal.Mount); r.Refusal.Reason {
	case predict.InUse, predict.CopyInUse:
		by = f.use.By[m]
	case predict.HasWriters:
		by = f.use.Writing[m]
	}
	if by != "" {
		r.Refusal.Text += ": " + by
	}
}

func (f *foresight) nameOf(i int) string {
	if t := f.places[i].Text; t != "" {
		return t
	}
	return "this namespace"
}

// disturbs says whether an operation fails when something is busy, or written to.
func disturbs(op predict.Op) bool {
	return op.Kind == predict.OpUmount && !op.Lazy || op.Kind == predict.OpRemount && op.Flags&predict.ReadOnly != 0
}

func (f *foresight) disturbs() bool {
	return slices.ContainsFunc(f.asks, func(a predict.Ask) bool { return disturbs(a.Op) })
}

// busy reads what keeps the file systems busy that are to be unmounted or to
// become read-only, and returns what could not be told of it.
func (f *foresight) busy(s *snapshot.Snapshot, future *inspect.Future) (doubt string) {
	if !f.disturbs() {
		return ""
	}
	devs, all := future.Devices(f.places, f.asks)
	if len(devs) == 0 && !all {
		return "" // what it is about is not there yet
	}
	if f.host.Live() {
		if err := f.host.Busy(f.ctx, s, snapshot.BusyWant{Devs: devs}); err != nil {
			f.unread = true
			return "whether something keeps it busy could not be told: " + err.Error()
		}
		f.world.Busy = s.Busy
	}
	f.use = query.InUse(f.world, devs)
	for _, m := range f.use.Mounts {
		future.State.Use(m)
		if f.use.Writing[m.ID] != "" {
			future.State.Write(m)
		}
	}
	switch {
	case f.use.Missing != "":
		f.unread = true
		return "whether something keeps it busy could not be told: " + f.use.Missing
	case f.use.Unlikely != "":
		return "nothing that was seen keeps it busy; " + f.use.Unlikely
	}
	return ""
}

// status: a refusal is a no, whatever could not be seen. For a yes it has to be
// known that nothing keeps a mount busy, and that paths are there; on a saved
// host paths are taken to be there.
func (f *foresight) status(p query.Prediction) error {
	switch {
	case !p.OK():
		return exitError(exitNo)
	case f.unsure:
		return exitError(exitUnknown)
	}
	return nil
}
