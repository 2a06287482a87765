package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/fixtures/labs"
	"github.com/nsview/nsview/fixtures/labs/stage"
	"github.com/nsview/nsview/inspect/render"
)

func (a *app) lab() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Experiments about namespaces and propagation that check themselves",
		Long: `A lab is an experiment: a story, a claim, and steps that show it. nsview runs it
in throwaway namespaces with real system calls, and prints each claim beside what
the kernel did. Nothing outside changes, and nothing is left.

A lab is one text file; what has a slash in its name or ends in .lab is taken for
the path of one of your own. CONTRIBUTING.md shows the format, nsview lab show one
that can be changed.`,
		Example: `  nsview lab list                        which there are, and what they claim
  nsview lab show slave-copy-busy        the file
  nsview lab run slave-copy-busy         do it, claim beside kernel
  nsview lab run --live private-copy-pins   with the mount tables after every step
  nsview lab run --all -q                a line for each
  nsview lab run ./mine.lab`,
		Args: cobra.ArbitraryArgs,
		RunE: onlyBelow,
	}
	cmd.AddCommand(a.labList(), a.labShow(), a.labRun())
	return cmd
}

func (a *app) labList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the labs and what they claim",
		Example: `  nsview lab list
  nsview lab list -J`,
		Args:              takes(0, "no arguments"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			all, err := labs.All()
			if err != nil {
				return err
			}
			if a.flags.json {
				return a.labListJSON(all)
			}
			for _, l := range all {
				if _, err := fmt.Fprintf(a.out, "%-24s %s\n", l.Name, l.Title); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&a.flags.json, "json", "J", false, "print JSON")
	return cmd
}

func (a *app) labListJSON(all []*labs.Lab) error {
	type row struct {
		Lab    string      `json:"lab"`
		Title  string      `json:"title"`
		Claim  string      `json:"claim"`
		Source string      `json:"source"`
		Needs  []labs.Need `json:"needs"`
	}
	rows := make([]row, len(all))
	for i, l := range all {
		rows[i] = row{l.Name, l.Title, l.Claim, l.Source, append([]labs.Need{}, l.Needs...)}
	}
	return render.Document(a.out, map[string]any{"labs": rows})
}

func (a *app) labShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print the file of a lab: its story, stage, steps and claims",
		Example: `  nsview lab show private-copy-pins
  nsview lab show private-copy-pins > mine.lab`,
		Args:              oneLab,
		ValidArgsFunction: completeOneLab,
		RunE: func(_ *cobra.Command, args []string) error {
			l, err := findLab(args[0])
			if err != nil {
				return err
			}
			for line := range strings.Lines(string(l.Text)) {
				if _, err := fmt.Fprintln(a.out, render.Safe(strings.TrimRight(line, "\n"))); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

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

func oneLab(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return hinted{fmt.Errorf("read the command line: lab %s takes the name of a lab", cmd.Name()), "nsview lab list names them"}
	}
	return takes(1, "one lab")(cmd, args)
}

func findLab(name string) (*labs.Lab, error) {
	l, err := labs.Find(name)
	if errors.Is(err, labs.ErrUnknown) {
		return nil, hinted{err, "nsview lab list names them; a file of your own is given as ./" + name + ".lab"}
	}
	return l, err
}

func completeOneLab(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completeLab(cmd, args, typed)
}

func completeLab(_ *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return labs.Names(), cobra.ShellCompDirectiveDefault
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
