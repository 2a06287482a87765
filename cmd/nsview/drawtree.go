package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// noView says why a table is not there: it may not be read, or the process
// has exited in between.
func noView(w *world.World, p inspect.Place) error {
	name := p.Text
	if name == "" {
		name = "this namespace"
	}
	if i := slices.IndexFunc(w.Gaps, snapshot.Gap.OfTable); i >= 0 {
		g := w.Gaps[i]
		return unsure{fmt.Errorf("read the mount table of %s: %s: %s", name, g.Op, g.Error)}
	}
	return fmt.Errorf("read the mount table of %s: it is gone", name)
}

func (a *app) printTrees(w *world.World, views []*world.View, of func(int) query.TreeQuery, cols []render.Column[*world.Mount], tf treeFlags) error {
	many := tf.all || len(views) > 1
	trees := make([]query.Tree, 0, len(views))
	for i, v := range views {
		t, err := query.Trees(v, of(i))
		switch {
		case errors.Is(err, query.ErrNothing) && !many:
			return a.noMount(w, v, err, cols)
		case errors.Is(err, query.ErrNothing):
			continue
		case err != nil:
			return err
		}
		trees = append(trees, t)
	}
	var err error
	switch {
	case a.flags.json && many:
		err = render.TreesJSON(a.out, trees, cols, tf.list, w.Gaps)
	case a.flags.json:
		err = render.TreeJSON(a.out, trees[0], cols, tf.list, w.Gaps)
	default:
		err = a.drawTrees(w, trees, cols, tf, many)
	}
	if err != nil {
		return fmt.Errorf("write the tree: %w", err)
	}
	return nothing(len(trees), w.Gaps)
}

// noMount is the answer no.
func (a *app) noMount(w *world.World, v *world.View, why error, cols []render.Column[*world.Mount]) error {
	if a.flags.json {
		if err := render.TreeJSON(a.out, query.Tree{View: v}, cols, false, w.Gaps); err != nil {
			return fmt.Errorf("write the tree: %w", err)
		}
	} else {
		a.say("%v", why)
		if v.PID != 0 && query.At(v, "/") == nil {
			a.say("hint: the root directory of process %d%s is no mount point, so its view lacks the mount it lies on; --ns shows the whole namespace", v.PID, rootOf(v))
		}
		a.gaps(w.Gaps, w.Reader.UID)
	}
	return nothing(0, w.Gaps)
}

func rootOf(v *world.View) string {
	if v.Root == "" || v.Root == "/" {
		return ""
	}
	return ", " + v.Root + ","
}

func (a *app) drawTrees(w *world.World, trees []query.Tree, cols []render.Column[*world.Mount], tf treeFlags, many bool) error {
	style := render.TreeStyle{Style: a.style(), List: tf.list}
	for i, t := range trees {
		if many {
			if err := render.TreeTitle(a.out, w, t.View, i > 0); err != nil {
				return err
			}
		}
		if err := render.Tree(a.out, t, cols, style); err != nil {
			return err
		}
	}
	a.gaps(w.Gaps, w.Reader.UID)
	return nil
}
