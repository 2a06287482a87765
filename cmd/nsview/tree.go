package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// treeFlags are the flags of tree.
type treeFlags struct {
	types []string
	below string
	path  string
	dark  bool
	ids   bool
	peers bool
	whole bool
	all   bool
	list  bool
}

func (a *app) tree() *cobra.Command {
	var tf treeFlags
	cmd := &cobra.Command{
		Use:   "tree [flags] [TARGET...]",
		Short: "What a mount namespace has mounted, as a tree",
		Long: `tree shows the mounts of a namespace, or what a process with a root directory of
its own sees of them; --ns shows the whole namespace of such a process. Without
a TARGET it is the namespace that nsview runs in. A mount that another covers is
marked (hidden).`,
		Example: `  nsview tree                           this namespace
  nsview tree 4711 web chronyd.service  those of a process, a container, a unit
  nsview tree -t overlay -o +LAYERS web the layers of a container's root
  nsview tree --peers web               where its mounts come from and go to
  nsview tree -T /var/lib/kubelet       the mount that a path lies on
  nsview tree -o TARGET,SIZE,USE% web   sizes, read inside the namespace`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: a.completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.flags.listCols {
				return a.listColumns(render.MountColumns.Help())
			}
			return a.runTree(cmd, tf, args)
		},
	}
	a.tableFlags(cmd, render.MountColumns.Names())
	f := cmd.Flags()
	f.StringSliceVarP(&tf.types, "types", "t", nil, "only these file system types (`FSTYPE,...`; noX for all but X)")
	f.StringVarP(&tf.below, "submounts", "R", "", "only the mount at `PATH` and those below it")
	f.StringVarP(&tf.path, "target", "T", "", "only the mount that `PATH` lies on")
	f.BoolVar(&tf.dark, "shadowed", false, "only mounts hidden by another")
	f.BoolVar(&tf.ids, "id", false, "add the columns ID, PARENT and UNIQ-ID")
	f.BoolVar(&tf.peers, "peers", false, "add the columns PEERS, RECEIVES-FROM and SENDS-TO, over all namespaces")
	f.BoolVar(&tf.whole, "ns", false, "the whole namespace of a process, also outside its root directory")
	f.BoolVar(&tf.all, "all", false, "every mount namespace of the host")
	f.BoolVarP(&tf.list, "list", "l", false, "one mount a line, without the drawing of a tree")
	return cmd
}

// columns are those asked for; JSON has more by default, and --id and --peers
// add some.
func (a *app) treeColumns(tf treeFlags) ([]render.Column[*world.Mount], error) {
	all := render.MountColumns
	if a.flags.json {
		all.Defaults = render.MountJSONDefaults
	}
	var more []string
	if tf.ids && a.flags.columns == "" {
		more = []string{"ID", "PARENT", "UNIQ-ID"}
	}
	if tf.peers {
		more = append(more, render.LinkColumns...)
	}
	for _, name := range more {
		if !slices.Contains(all.Defaults, name) {
			all.Defaults = append(slices.Clip(all.Defaults), name)
		}
	}
	return choose(a, all)
}

func (a *app) runTree(cmd *cobra.Command, tf treeFlags, targets []string) error {
	if tf.all && len(targets) > 0 {
		return errors.New("read the command line: --all takes no TARGET")
	}
	cols, err := a.treeColumns(tf)
	if err != nil {
		return err
	}
	q, err := tf.query()
	if err != nil {
		return err
	}
	host, err := a.host()
	if err != nil {
		return err
	}
	places, err := findPlaces(cmd, host, targets, tf)
	if err != nil {
		return err
	}
	want := tablesOf(places, tf)
	render.Wants(cols, &want)
	w, err := host.Look(cmd.Context(), want)
	if err != nil {
		return err
	}
	views, err := viewsOf(w, places, tf)
	if err != nil {
		return err
	}
	if !tf.all { // which others there are does not matter
		w.Gaps = slices.DeleteFunc(slices.Clone(w.Gaps), func(g snapshot.Gap) bool { return !g.OfTable() })
	}
	queries, err := followed(cmd.Context(), host, w, places, q)
	if err != nil {
		return err
	}
	return a.printTrees(w, views, queries, cols, tf)
}

// followed asks the same of every view, the path of -T as each of the places
// follows it.
func followed(ctx context.Context, host *inspect.Host, w *world.World, places []inspect.Place, q query.TreeQuery) (func(i int) query.TreeQuery, error) {
	ons := make([]snapshot.MountID, len(places))
	for i, p := range places {
		if q.Serving == "" {
			break
		}
		var err error
		if ons[i], err = host.MountOn(ctx, w, p, q.Serving); err != nil {
			return nil, fmt.Errorf("find the mount that %s lies on: %w", q.Serving, err)
		}
	}
	return func(i int) query.TreeQuery {
		if i < len(ons) {
			q.On = ons[i]
		}
		return q
	}, nil
}

// query checks the flags that pick mounts.
func (tf treeFlags) query() (query.TreeQuery, error) {
	q := query.TreeQuery{FSTypes: tf.types, Below: tf.below, Serving: tf.path, Shadowed: tf.dark}
	for _, f := range []struct{ flag, path string }{{"-R", tf.below}, {"-T", tf.path}} {
		if f.path != "" && !strings.HasPrefix(f.path, "/") {
			return q, hinted{
				fmt.Errorf("read the command line: the path of %s does not start with /: %s", f.flag, f.path),
				"it is a path as the TARGET sees it, which has another working directory",
			}
		}
	}
	if q.Below != "" {
		q.Below = path.Clean(q.Below)
	}
	if q.Serving != "" {
		q.Serving = path.Clean(q.Serving)
	}
	return q, nil
}

// findPlaces resolves the targets; none is the reader's own place.
func findPlaces(cmd *cobra.Command, host *inspect.Host, targets []string, tf treeFlags) ([]inspect.Place, error) {
	if tf.all {
		return nil, nil
	}
	places, err := placesOf(cmd.Context(), host, targets)
	if err == nil && len(targets) == 0 {
		var own inspect.Place
		own, err = host.Find(cmd.Context(), "", snapshot.Mnt)
		places = append(places, own)
	}
	if err != nil || !tf.whole {
		return places, err
	}
	for i, p := range places {
		if _, err := nsOf(p, snapshot.Mnt, nil); err != nil {
			return nil, err
		}
		places[i].PID = 0
	}
	return places, nil
}

// placesOf resolves targets that were named.
func placesOf(ctx context.Context, host *inspect.Host, targets []string) ([]inspect.Place, error) {
	places := make([]inspect.Place, len(targets))
	for i, text := range targets {
		if text == "" {
			return nil, errEmptyTarget
		}
		var err error
		if places[i], err = host.Find(ctx, text, snapshot.Mnt); err != nil {
			return nil, err
		}
	}
	return places, nil
}

// tablesOf wants no more than the tables of the places. A namespace by number
// may have no process: then the kernel and what holds it are asked.
func tablesOf(places []inspect.Place, tf treeFlags) snapshot.Want {
	var want snapshot.Want
	want.Tables.All = tf.all
	for _, p := range places {
		if p.PID != 0 {
			want.Tables.PIDs = append(want.Tables.PIDs, p.PID)
		} else {
			want.Tables.NS = append(want.Tables.NS, p.NS)
			want.Holders = max(want.Holders, p.Depth)
		}
	}
	if tf.all || len(want.Tables.NS) > 0 {
		want.Types = snapshot.Types(snapshot.Mnt)
		want.Holders = max(want.Holders, snapshot.Auto)
		want.Tables.Masters = true
	}
	if tf.all || len(places) > 1 {
		want.UniqueIDs = true
	}
	return want
}

// oneOfEach leaves out what single processes see of a namespace whose whole table
// is there: a saved host has both.
func oneOfEach(views []*world.View) []*world.View {
	seen := map[uint64]bool{0: false}
	var list []*world.View
	for _, v := range views { // of one namespace the whole table comes first
		if ino := v.Table.NS.Ino; !seen[ino] {
			seen[ino] = ino != 0
			list = append(list, v)
		}
	}
	return list
}

// viewsOf picks the views of the places from the world.
func viewsOf(w *world.World, places []inspect.Place, tf treeFlags) ([]*world.View, error) {
	if tf.all {
		return oneOfEach(w.Views), nil
	}
	views := make([]*world.View, len(places))
	for i, p := range places {
		if views[i] = w.View(p.NS, p.PID); views[i] == nil {
			return nil, noView(w, p)
		}
	}
	return views, nil
}
