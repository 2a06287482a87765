package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// groupFlags are the flags of groups.
type groupFlags struct {
	target string
	tree   bool
	graph  string
}

func (a *app) groups() *cobra.Command {
	var gf groupFlags
	cmd := &cobra.Command{
		Use:   "groups [flags] [GROUP...]",
		Short: "Which mounts send each other what is mounted on them",
		Long: `groups shows the peer groups of the host: the mounts, in whatever namespace,
that pass on to each other what is mounted on them, and the group that each
receives from. A master whose mounts are in no namespace that could be read is
shown too.

--graph draws them instead: namespaces as boxes with the mounts that take part,
peer groups as coloured hubs between them, masters to the left of the groups and
mounts that receive from them. The picture is SVG (.svg), text for dot(1) (.dot,
.gv) or for Mermaid (.mmd), as the file's name ends; svg:-, dot:- and mmd:- go to
standard output. More than 30 namespaces are folded by owner, and groups that
hang in the same places are drawn as one; the picture says what was folded.`,
		Example: `  nsview groups                      every peer group
  nsview groups --tree               masters above the groups that receive from them
  nsview groups -N web               those with a mount in container web
  nsview groups 23 -J                one group with all its mounts, as JSON
  nsview groups --graph groups.svg   a picture for the browser
  nsview groups -N web --graph dot:- | dot -Tpng -o web.png`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.flags.listCols {
				return a.listColumns(render.GroupColumns.Help())
			}
			return a.runGroups(cmd, gf, args)
		},
	}
	a.tableFlags(cmd, render.GroupColumns.Names())
	f := cmd.Flags()
	f.StringVarP(&gf.target, "namespace", "N", "", "only groups with a mount in the mount namespace of `TARGET`")
	f.BoolVar(&gf.tree, "tree", false, "draw masters above the groups that receive from them")
	f.StringVar(&gf.graph, "graph", "", "draw a picture into `FILE` (.svg, .dot or .mmd; svg:- for standard output)")
	_ = cmd.RegisterFlagCompletionFunc("namespace", a.completeTarget)
	_ = cmd.MarkFlagFilename("graph", "svg", "dot", "gv", "mmd")
	return cmd
}

// query reads what is asked for.
func (gf groupFlags) query(ids []string) (query.GroupsQuery, error) {
	q := query.GroupsQuery{Tree: gf.tree}
	for _, text := range ids {
		id, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return q, fmt.Errorf("read the command line: %q is no number of a peer group", text)
		}
		q.IDs = append(q.IDs, snapshot.GroupID(id))
	}
	return q, nil
}

func (a *app) runGroups(cmd *cobra.Command, gf groupFlags, ids []string) error {
	cols, err := choose(a, render.GroupColumns)
	if err != nil {
		return err
	}
	var pic *picture
	want := snapshot.Want{
		Types: snapshot.Types(snapshot.Mnt), Holders: snapshot.Auto, Tables: snapshot.Tables{All: true, Shape: true},
	}
	if cmd.Flags().Changed("graph") {
		if pic, err = a.picture(gf); err != nil {
			return err
		}
		graphWant(&want)
	}
	host, err := a.host()
	if err != nil {
		return err
	}
	q, err := gf.query(ids)
	if err != nil {
		return err
	}
	var targets []string
	if cmd.Flags().Changed("namespace") {
		targets = []string{gf.target}
	}
	places, err := placesOf(cmd.Context(), host, targets)
	if err != nil {
		return err
	}
	w, err := host.Look(cmd.Context(), want)
	if err != nil {
		return err
	}
	for _, p := range places {
		if q.NS, err = nsOf(p, snapshot.Mnt, w.Processes); err != nil {
			return err
		}
	}
	answer, err := query.PeerGroups(w, q)
	if err != nil {
		return err
	}
	if err := a.showGroups(w, answer, cols, pic); err != nil {
		return fmt.Errorf("write the groups: %w", err)
	}
	return nothing(len(answer.Rows), answer.Gaps)
}

func (a *app) picture(gf groupFlags) (*picture, error) {
	if a.flags.json || gf.tree {
		return nil, errors.New("read the command line: --graph is a form of output as --json and --tree are: choose one")
	}
	return parsePicture(gf.graph)
}

func (a *app) showGroups(w *world.World, answer query.Groups, cols []render.Column[query.GroupRow], pic *picture) error {
	if a.flags.json {
		return render.GroupsJSON(a.out, answer)
	}
	var err error
	if pic != nil {
		err = a.drawGroups(w, answer, pic)
	} else {
		err = render.Groups(a.out, answer, cols, a.style())
	}
	a.gaps(answer.Gaps, w.Reader.UID)
	return err
}
