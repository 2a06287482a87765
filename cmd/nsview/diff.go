package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

func (a *app) diff() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff [flags] A B",
		Short: "How two views differ in what is mounted",
		Long: `diff compares two views: what is mounted in only one of them, and what is mounted
in both with other options, other propagation, another order of stacking, or
hidden in one. Mounts are the same that show the same root of the same file
system at the same path; their ids do not matter.

A and B are TARGETs, or saved hosts: FILE for the namespace that it was saved
from, FILE:TARGET for another. What can be read as a file is a saved host
(a snapshot, a tar, a mountinfo; also a pipe), and so is a directory written with
a slash (./web). Numbers, self and files of namespaces are always TARGETs.

On one host a file system is known by its device number, and propagation is
compared with its group numbers. Between hosts, or two moments of one, a file
system is known by its type and source, and the kind of propagation counts.

The exit status is that of diff(1): 0 the same, 1 different, 2 trouble; and 3
when a table was not whole, so that a mount may only seem to be missing.`,
		Example: `  nsview diff web self                   what container web has mounted otherwise
  nsview diff before.json after.json     the same namespace at two times
  nsview diff before.json:web web        a container now and when it was saved
  nsview diff <(ssh db cat /proc/1/mountinfo) 1   another host`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 || a.flags.listCols {
				return nil
			}
			return hinted{
				fmt.Errorf("read the command line: diff compares two views, A and B: %d given", len(args)),
				"see " + cmd.CommandPath() + " --help",
			}
		},
		ValidArgsFunction: a.completeTargets(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.flags.listCols {
				return a.listColumns(render.DiffColumns.Help())
			}
			return a.runDiff(cmd, args)
		},
	}
	a.tableFlags(cmd, render.DiffColumns.Names())
	return cmd
}

func (a *app) runDiff(cmd *cobra.Command, args []string) error {
	all := render.DiffColumns
	if a.flags.json {
		all.Defaults = render.DiffJSONDefaults
	}
	cols, err := choose(a, all)
	if err != nil {
		return err
	}
	sides, err := a.sides(cmd, args)
	if err != nil {
		return err
	}
	answer := compareSides(sides[0], sides[1])
	if a.flags.json {
		err = render.DiffJSON(a.out, answer, cols)
	} else {
		err = render.Diff(a.out, answer, cols, a.style())
		a.gaps(answer.Gaps, sides[0].world.Reader.UID)
	}
	if err != nil {
		return fmt.Errorf("write the differences: %w", err)
	}
	return differStatus(answer)
}

func compareSides(a, b side) query.Differences {
	if a.world == b.world {
		d := query.Diff(a.view, b.view, true)
		d.Gaps = append(d.Gaps, query.TableGaps(a.world, a.view, b.view)...)
		return d
	}
	d := query.Diff(a.view, b.view, false)
	d.Gaps = slices.Concat(d.Gaps, query.TableGaps(a.world, a.view), query.TableGaps(b.world, b.view))
	return d
}

func differStatus(d query.Differences) error {
	switch {
	case len(d.Gaps) > 0:
		return exitError(exitUnknown)
	case len(d.Rows) > 0:
		return exitError(exitNo)
	}
	return nil
}

// side is one of the two views.
type side struct {
	file, target string // file is "" for the host asked about
	host         *inspect.Host
	place        inspect.Place
	world        *world.World
	view         *world.View
}

// sides opens, finds and reads the two. Those of one host are read in one look,
// so that they are of one moment.
func (a *app) sides(cmd *cobra.Command, args []string) ([]side, error) {
	sides := make([]side, len(args))
	for i, text := range args {
		s := &sides[i]
		var err error
		if s.file, s.target, err = cutFile(text); err != nil {
			return nil, err
		}
		if i > 0 && s.file == sides[0].file {
			s.host = sides[0].host
		} else if s.host, err = a.hostOf(s.file); err != nil {
			return nil, err
		}
		if s.place, err = s.host.Find(cmd.Context(), s.target, snapshot.Mnt); err != nil {
			return nil, inFile(s.file, err)
		}
	}
	if sides[0].host == sides[1].host {
		return sides, lookAt(cmd, &sides[0], &sides[1])
	}
	if err := lookAt(cmd, &sides[0]); err != nil {
		return nil, err
	}
	return sides, lookAt(cmd, &sides[1])
}

func (a *app) hostOf(file string) (*inspect.Host, error) {
	if file == "" {
		return a.host()
	}
	return inspect.Open(file)
}

// inFile says of a saved host's error which host it is.
func inFile(file string, err error) error {
	if file == "" {
		return err
	}
	return fmt.Errorf("%w (in %s)", err, file)
}

// lookAt reads the views of one host.
func lookAt(cmd *cobra.Command, sides ...*side) error {
	var places []inspect.Place
	for _, s := range sides {
		places = append(places, s.place)
	}
	want := tablesOf(places, treeFlags{})
	want.Tables.Detail = true
	want.Tables.Masters = false // where a mount receives from in the end is not compared
	w, err := sides[0].host.Look(cmd.Context(), want)
	if err != nil {
		return err
	}
	for _, s := range sides {
		s.world = w
		if s.view = w.View(s.place.NS, s.place.PID); s.view == nil {
			return inFile(s.file, noView(w, s.place))
		}
	}
	return nil
}
