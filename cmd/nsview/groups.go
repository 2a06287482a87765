package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
)

func (a *app) groups() *cobra.Command {
	var q query.GroupsQuery
	var target string
	cmd := &cobra.Command{
		Use:   "groups [flags] [GROUP...]",
		Short: "Which mounts send each other what is mounted on them",
		Long: `groups shows the peer groups of the host: the mounts, in whatever namespace,
that pass on to each other what is mounted on them, and the group that each
receives from. A master whose mounts are in no namespace that could be read is
shown too.`,
		Example: `  nsview groups                 every peer group
  nsview groups --tree          masters above the groups that receive from them
  nsview groups -N web          those with a mount in container web
  nsview groups 23 -J           one group with all its mounts, as JSON`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.flags.listCols {
				return a.listColumns(render.GroupColumns.Help())
			}
			for _, text := range args {
				id, err := strconv.ParseUint(text, 10, 31)
				if err != nil {
					return fmt.Errorf("read the command line: %q is no number of a peer group", text)
				}
				q.IDs = append(q.IDs, snapshot.GroupID(id))
			}
			return a.runGroups(cmd, q, target)
		},
	}
	a.tableFlags(cmd, render.GroupColumns.Names())
	cmd.Flags().StringVarP(&target, "namespace", "N", "", "only groups with a mount in the mount namespace of `TARGET`")
	cmd.Flags().BoolVar(&q.Tree, "tree", false, "draw masters above the groups that receive from them")
	_ = cmd.RegisterFlagCompletionFunc("namespace", a.completeTarget)
	return cmd
}

func (a *app) runGroups(cmd *cobra.Command, q query.GroupsQuery, target string) error {
	cols, err := choose(a, render.GroupColumns)
	if err != nil {
		return err
	}
	host, err := a.host()
	if err != nil {
		return err
	}
	if target != "" {
		place, err := host.Find(cmd.Context(), target, snapshot.Mnt)
		if err != nil {
			return err
		}
		q.NS = place.NS
	}
	w, err := host.Look(cmd.Context(), snapshot.Want{
		Types: snapshot.Types(snapshot.Mnt), Holders: snapshot.Auto, Tables: snapshot.Tables{All: true, Shape: true},
	})
	if err != nil {
		return err
	}
	answer, err := query.PeerGroups(w, q)
	if err != nil {
		return err
	}
	if a.flags.json {
		err = render.GroupsJSON(a.out, answer)
	} else {
		err = render.Groups(a.out, answer, cols, a.style())
		a.gaps(answer.Gaps, w.Reader.UID)
	}
	if err != nil {
		return fmt.Errorf("write the groups: %w", err)
	}
	return nothing(len(answer.Rows), answer.Gaps)
}
