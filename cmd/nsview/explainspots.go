package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// explanation is one question of explain on its way to an answer.
type explanation struct {
	app   *app
	ctx   context.Context
	host  *inspect.Host
	spots []spotArg
	world *world.World
}

// verdict looks at the host, finds the places and asks. A place on a mount that
// is in no table is looked for once more: it may have been mounted meanwhile.
func (x *explanation) verdict() (query.Verdict, error) {
	var found []query.Spot
	for attempt := 0; ; attempt++ {
		var err error
		if x.world, err = x.host.Look(x.ctx, explainWant(x.spots)); err != nil {
			return query.Verdict{}, err
		}
		if found, err = x.locate(); err != nil {
			return query.Verdict{}, err
		}
		detached := slices.ContainsFunc(found, func(s query.Spot) bool { return s.Mount == nil })
		if !detached || attempt > 0 {
			break
		}
	}
	q := query.ExplainQuery{From: found[0]}
	if len(found) == 2 {
		q.To = &found[1]
	}
	v := query.Explain(x.world, q)
	if v.Wondering() && x.host.Live() {
		q.Unique = x.order(found)
		v = query.Explain(x.world, q)
	}
	return v, nil
}

// explainWant reads every table once, the views of the processes asked about
// beside them, and whose each namespace is.
func explainWant(spots []spotArg) snapshot.Want {
	want := snapshot.Want{
		Types: snapshot.Types(snapshot.Mnt), Holders: snapshot.Auto,
		Lead: snapshot.FieldCgroup, Names: true, Relations: true,
		Tables: snapshot.Tables{All: true},
	}
	for _, s := range spots {
		want.Holders = max(want.Holders, s.place.Depth)
		if s.place.PID != 0 {
			want.Tables.PIDs = append(want.Tables.PIDs, s.place.PID)
		}
	}
	return want
}

func (x *explanation) locate() ([]query.Spot, error) {
	found := make([]query.Spot, len(x.spots))
	for i, s := range x.spots {
		at, err := x.host.Locate(x.ctx, x.world, s.place, s.path)
		if err != nil && !errors.Is(err, inspect.ErrDetached) {
			return nil, x.explainMissing(s, err, found[:i])
		}
		found[i] = query.Spot{
			Place: predict.Place{Mount: at.Mount, Path: at.Path}, Name: s.target, Asked: s.path,
			Root: predict.Place{Mount: at.Root, Path: at.RootPath}, Deleted: at.Deleted, Doubt: at.Doubt,
		}
	}
	return found, nil
}

// explainMissing says why a place was not found: with no table to look in, the
// answer is unknown.
func (x *explanation) explainMissing(s spotArg, err error, before []query.Spot) error {
	failed := fmt.Errorf("find %v: %w", s, err)
	if errors.Is(err, inspect.ErrUnseen) {
		p := s.place
		p.Text = s.target
		return noView(x.world, p)
	}
	if errors.Is(err, fs.ErrNotExist) && len(before) == 1 && before[0].Mount != nil {
		if where := x.elsewhere(before[0], s.place.NS); where != "" {
			return hinted{failed, fmt.Sprintf("a mount made at %v would appear in that namespace at %s", x.spots[0], where)}
		}
	}
	return failed
}

// elsewhere is where a mount made at a place would appear in a namespace.
func (x *explanation) elsewhere(from query.Spot, ns uint64) string {
	for _, a := range predict.Arrivals(x.world.Groups(), from.Place) {
		if a.On.View.Table.NS.Ino == ns && !a.Hidden && a.Via != predict.Self {
			return a.Point
		}
	}
	return ""
}

// order reads the 64-bit ids of the mounts of the places' namespaces, which
// tell what was mounted first.
func (x *explanation) order(found []query.Spot) map[snapshot.MountID]snapshot.MountID {
	want := snapshot.Want{Types: snapshot.Types(snapshot.Mnt), Tables: snapshot.Tables{Detail: true}}
	for i, s := range found {
		want.Tables.NS = append(want.Tables.NS, s.Mount.View.Table.NS.Ino)
		want.Holders = max(want.Holders, snapshot.Auto, x.spots[i].place.Depth)
	}
	w, err := x.host.Look(x.ctx, want)
	if err != nil {
		return nil // the answer says what it may have been
	}
	ids := map[snapshot.MountID]snapshot.MountID{}
	for _, v := range w.Views {
		for _, m := range v.Mounts {
			ids[m.ID] = m.UniqueID
		}
	}
	return ids
}
