package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/fixtures/labs"
	"github.com/nsview/nsview/fixtures/labs/stage"
	"github.com/nsview/nsview/inspect/render"
)

// labFlags are the flags of lab run.
type labFlags struct{ all, live, quiet bool }

func (a *app) labRun() *cobra.Command {
	var lf labFlags
	cmd := &cobra.Command{
		Use:   "run NAME... | --all",
		Short: "Run labs, and compare each claim with the kernel",
		Long: `run stages each lab in namespaces of its own, as root or, where the kernel allows,
as an ordinary user in a user namespace. A lab that cannot be run is skipped by
name, with the reason.

With --live the mount tables of all actors stand beside each other after every
step, what the step changed marked: + made, ~ changed, - gone. On a terminal it
waits for Enter between steps.

The exit status is 0 when all claims hold, 1 when one does not, 2 when a lab could
not be read or came to an early end, and 3 when every lab asked for was skipped.`,
		Example: `  nsview lab run private-copy-pins slave-copy-busy
  nsview lab run --all -q
  nsview lab run --live tuck-beneath
  nsview lab run ./mine.lab -J`,
		Args: func(cmd *cobra.Command, args []string) error {
			if lf.all == (len(args) > 0) {
				return hinted{errors.New("read the command line: lab run takes names of labs or --all"), "nsview lab list names them"}
			}
			return nil
		},
		ValidArgsFunction: completeLab,
		RunE: func(cmd *cobra.Command, args []string) error {
			if lf.all {
				args = labs.Names()
			}
			list := make([]*labs.Lab, len(args))
			for i, name := range args {
				var err error
				if list[i], err = findLab(name); err != nil {
					return err
				}
			}
			return a.runLabs(cmd.Context(), list, lf)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&lf.all, "all", false, "run every lab that comes with nsview")
	f.BoolVar(&lf.live, "live", false, "show the mount tables after every step")
	f.BoolVarP(&lf.quiet, "quiet", "q", false, "print one line for each lab, and the claims that do not hold")
	f.BoolVarP(&a.flags.json, "json", "J", false, "print JSON")
	return cmd
}

// runLabs runs labs and prints them in the order asked for. They are
// independent, so that one is run ahead for each CPU while another is printed.
func (a *app) runLabs(ctx context.Context, list []*labs.Lab, lf labFlags) error {
	var all []labs.Outcome
	show := a.labPrinter(lf)
	if lf.live {
		for _, l := range list {
			all = append(all, a.liveLab(ctx, l))
		}
	} else {
		for o := range ahead(ctx, list) {
			all = append(all, o)
			if err := show(list[len(all)-1], o); err != nil {
				return fmt.Errorf("write the outcome: %w", err)
			}
		}
	}
	if a.flags.json {
		if err := render.Document(a.out, map[string]any{"labs": all}); err != nil {
			return fmt.Errorf("write the outcome: %w", err)
		}
	}
	return a.labsDone(all)
}

// ahead runs labs, as many at a time as there are CPUs, and yields what came of
// them in order.
func ahead(ctx context.Context, list []*labs.Lab) func(yield func(labs.Outcome) bool) {
	return func(yield func(labs.Outcome) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		free := make(chan struct{}, runtime.NumCPU())
		results := make([]chan labs.Outcome, len(list))
		for i := range results {
			results[i] = make(chan labs.Outcome, 1)
		}
		go func() {
			for i, l := range list {
				free <- struct{}{}
				go func() {
					results[i] <- stage.Run(ctx, l, stage.Options{})
					<-free
				}()
			}
		}()
		for _, r := range results {
			if !yield(<-r) {
				return
			}
		}
	}
}

// labPrinter is how a lab that was run is printed.
func (a *app) labPrinter(lf labFlags) func(*labs.Lab, labs.Outcome) error {
	if a.flags.json {
		return func(*labs.Lab, labs.Outcome) error { return nil }
	}
	return func(l *labs.Lab, o labs.Outcome) error {
		if lf.quiet {
			return a.quietLab(o)
		}
		if err := labs.PrintHead(a.out, l); err != nil {
			return err
		}
		for i, s := range o.Steps {
			if err := labs.PrintStep(a.out, i+1, s); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(a.out, "\n%s\n\n", o.Line())
		return err
	}
}

// quietLab prints the verdict and the claims that do not hold.
func (a *app) quietLab(o labs.Outcome) error {
	if err := labs.PrintEnd(a.out, o); err != nil {
		return err
	}
	for _, s := range o.Steps {
		for _, act := range s.Actions {
			for _, c := range act.Checks {
				if c.Holds {
					continue
				}
				if _, err := fmt.Fprintf(a.out, "  line %d: claim: %s  kernel: %s\n", c.Line, render.Safe(c.Claim), render.Safe(string(c.Kernel))); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// labsDone says what came of them all.
func (a *app) labsDone(all []labs.Outcome) error {
	count := map[labs.Verdict]int{}
	for _, o := range all {
		count[o.Verdict]++
	}
	if len(all) > 1 && !a.flags.json {
		text := fmt.Sprintf("%d labs: %d as claimed", len(all), count[labs.Held])
		for _, v := range []labs.Verdict{labs.Refuted, labs.Broken, labs.Skipped} {
			if count[v] > 0 {
				text += fmt.Sprintf(", %d %s", count[v], v)
			}
		}
		if _, err := fmt.Fprintln(a.out, text); err != nil {
			return err
		}
	}
	switch {
	case count[labs.Refuted] > 0:
		return exitError(exitNo)
	case count[labs.Broken] > 0:
		return exitError(exitFailure)
	case count[labs.Skipped] == len(all):
		return exitError(exitUnknown)
	}
	return nil
}
