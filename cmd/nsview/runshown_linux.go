package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/launch"
)

// shownFlags have the steps shown.
type shownFlags struct {
	plan, trace, step, json bool
}

func (sf *shownFlags) flags(f *pflag.FlagSet) {
	f.BoolVar(&sf.plan, "plan", false, "print the steps, and do none")
	f.BoolVar(&sf.trace, "trace", false, "print each step as it is done, and what it changes in the table of mounts")
	f.BoolVar(&sf.step, "step", false, "as --trace, and wait for Enter before each step")
	f.BoolVarP(&sf.json, "json", "J", false, "print steps as JSON, one object a line")
}

// printPlan prints the steps, each with who does it.
func (a *app) printPlan(spec launch.Spec, _ shownFlags) error {
	steps, err := launch.Plan(spec)
	if err != nil {
		return err
	}
	for i, s := range steps {
		why := ""
		if s.Why != "" {
			why = "  # " + s.Why
		}
		fmt.Fprintf(a.out, "%3d %-6s %s\n", i+1, s.By, render.Safe(s.String()+why))
	}
	return nil
}

func (a *app) watcher(shownFlags) launch.Watcher { return nil }
