package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
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
		Args:              wants(2, "one place or two"),
		ValidArgsFunction: a.completeTargets(2),
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

// parseSpot takes TARGET:PATH or PATH. A TARGET may hold colons itself
// (docker:web:/data); one that is a file is told from a PATH by isFile.
func parseSpot(text, path string, isFile func(string) bool) (spotArg, error) {
	if text == "" {
		return spotArg{}, errEmptyTarget
	}
	target, rest, ok := cutSpot(text)
	switch {
	case ok && (!strings.HasPrefix(text, "/") || isFile(target)):
		return spotArg{target: target, path: rest}, nil
	case strings.HasPrefix(text, "/") && path != "" && isFile(text):
		return spotArg{target: text, path: path}, nil
	case strings.HasPrefix(text, "/"):
		return spotArg{path: text}, nil
	case path != "":
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
	if i <= 0 {
		return "", "", false
	}
	return text[:i], text[i+1:], true
}

func (s spotArg) String() string { return strings.TrimPrefix(s.target+":"+s.path, ":") }

func (a *app) runExplain(cmd *cobra.Command, args []string) error {
	host, err := a.host()
	if err != nil {
		return err
	}
	isFile := func(name string) bool {
		t, known := host.TypeOf(cmd.Context(), name)
		return known && t == snapshot.Mnt
	}
	x := explanation{app: a, ctx: cmd.Context(), host: host, spots: make([]spotArg, len(args))}
	for i, text := range args {
		if x.spots[i], err = parseSpot(text, x.spots[0].path, isFile); err != nil {
			return err
		}
		if x.spots[i].place, err = host.Find(cmd.Context(), x.spots[i].target, snapshot.Mnt); err != nil {
			return err
		}
	}
	v, err := x.verdict()
	if err != nil {
		return err
	}
	if a.flags.json {
		err = render.ExplainJSON(a.out, v)
	} else {
		err = render.Explain(a.out, v, x.world)
		a.gaps(v.Gaps, x.world.Reader.UID)
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
