package main

import (
	"errors"
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
	f.BoolVar(&sf.trace, "trace", false, "print each step to standard error as it is done, and what it changes in the table of mounts")
	f.BoolVar(&sf.step, "step", false, "as --trace, and wait for Enter before each step")
	f.BoolVarP(&sf.json, "json", "J", false, "with --plan or --trace: one JSON object a step")
}

// check refuses flags that do not go together.
func (sf *shownFlags) check() error {
	switch {
	case sf.plan && (sf.trace || sf.step):
		return errors.New("read the command line: --plan does nothing that could be traced")
	case sf.json && !sf.plan && !sf.trace && !sf.step:
		return errors.New("read the command line: --json is for --plan and --trace")
	}
	return nil
}

// printPlan prints the steps, each with who does it.
func (a *app) printPlan(spec launch.Spec, sf shownFlags) error {
	steps, err := launch.Plan(spec)
	if err != nil {
		return err
	}
	for i, s := range steps {
		if sf.json {
			err = render.StepJSON(a.out, stepLine(i+1, s), nil)
		} else {
			err = render.Step(a.out, stepLine(i+1, s))
		}
		if err != nil {
			return fmt.Errorf("print the plan: %w", err)
		}
	}
	return nil
}

func stepLine(n int, s launch.Step) render.StepLine {
	return render.StepLine{Step: n, By: s.By().String(), Call: string(s.Call()), Flags: s.FlagNames(), Text: s.String(), Why: s.Why}
}
