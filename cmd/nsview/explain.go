package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

func (a *app) explain() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain FROM:PATH [TO[:PATH]]",
		Short: "Why B does or does not see what is mounted in A",
		Long: `explain says whether a mount made at one place appears at another, which link is
broken when it does not, and what to type. FROM and TO are TARGETs; a bare PATH
is in nsview's own namespace, and TO without a path means the same path. With one
place it says where a mount made there would appear.`,
		Example: `  nsview explain /mnt/usb web             does container web see /mnt/usb
  nsview explain /srv 4711:/data          another path in process 4711's view
  nsview explain web:/data                everywhere a mount at /data would appear`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeTarget,
		RunE:              a.runExplain,
	}
	cmd.Flags().BoolVarP(&a.flags.json, "json", "J", false, "print JSON")
	return cmd
}

// spotArg is TARGET:PATH as it was typed.
type spotArg struct {
	target, path string
	place        inspect.Place
}

// parseSpot takes TARGET:PATH or PATH; a TARGET may hold colons itself
// (docker:web:/data), a path starts with a slash.
func parseSpot(text, path string) (spotArg, error) {
	if strings.HasPrefix(text, "/") {
		return spotArg{path: text}, nil
	}
	if target, rest, ok := cutSpot(text); ok {
		return spotArg{target: target, path: rest}, nil
	}
	if path != "" {
		return spotArg{target: text, path: path}, nil
	}
	if abs, err := filepath.Abs(text); err == nil && strings.ContainsAny(text, "./") {
		return spotArg{path: abs}, nil
	}
	return spotArg{}, hinted{
		fmt.Errorf("read the command line: %s names no path", text),
		"write TARGET:PATH, as in web:/data, or an absolute PATH of this namespace",
	}
}

func cutSpot(text string) (target, path string, ok bool) {
	i := strings.Index(text, ":/")
	if i < 0 {
		return "", "", false
	}
	return text[:i], text[i+1:], true
}

func (a *app) runExplain(cmd *cobra.Command, args []string) error {
	host, err := a.host()
	if err != nil {
		return err
	}
	spots := make([]spotArg, len(args))
	for i, text := range args {
		if spots[i], err = parseSpot(text, spots[0].path); err != nil {
			return err
		}
		if spots[i].place, err = host.Find(cmd.Context(), spots[i].target, snapshot.Mnt); err != nil {
			return err
		}
	}
	w, err := host.Look(cmd.Context(), explainWant(spots))
	if err != nil {
		return err
	}
	found := make([]query.Spot, len(spots))
	for i, s := range spots {
		if found[i], err = locate(cmd, host, w, s); err != nil {
			return err
		}
	}
	var to *query.Spot
	if len(found) == 2 {
		to = &found[1]
	}
	v := query.Explain(w, found[0], to)
	if a.flags.json {
		err = render.ExplainJSON(a.out, v)
	} else {
		err = render.Explain(a.out, v, w)
		a.gaps(v.Gaps, w.Reader.UID)
	}
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return verdictStatus(v.Answer)
}

func verdictStatus(answer query.Answer) error {
	switch answer {
	case query.No:
		return exitError(exitNo)
	case query.Unknown:
		return exitError(exitUnknown)
	}
	return nil
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

// locate finds the mount that serves a path.
func locate(cmd *cobra.Command, host *inspect.Host, w *world.World, s spotArg) (query.Spot, error) {
	at, err := host.Locate(cmd.Context(), w, s.place, s.path)
	if err != nil {
		return query.Spot{}, fmt.Errorf("find %s: %w", strings.TrimPrefix(s.target+":"+s.path, ":"), err)
	}
	return query.Spot{
		Place: predict.Place{Mount: at.Mount, Path: at.Path}, Name: s.target,
		Root: predict.Place{Mount: at.Root, Path: at.RootPath}, Deleted: at.Deleted, File: at.File,
	}, nil
}
