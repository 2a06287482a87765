package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/fixtures/labs"
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
