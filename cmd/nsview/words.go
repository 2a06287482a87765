package main

import (
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// takes checks the number of arguments: at most so many, called what.
func takes(most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= most {
			return nil
		}
		return hinted{
			fmt.Errorf("read the command line: %s takes %s: %q is too much", cmd.Name(), what, args[most]),
			"see " + cmd.CommandPath() + " --help",
		}
	}
}

// wants checks the number of arguments: one at least, and at most so many.
func wants(most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return takes(most, what)(cmd, args)
		}
		return hinted{
			fmt.Errorf("read the command line: %s takes %s: nothing was given", cmd.Name(), what),
			"see " + cmd.CommandPath() + " --help",
		}
	}
}

// onlyBelow is a command that only those below it do anything of: without one
// of them it helps.
func onlyBelow(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return unknownCommand(cmd, args[0])
}

func unknownCommand(cmd *cobra.Command, name string) error {
	err := fmt.Errorf("read the command line: unknown command %q", name)
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return hinted{err, "did you mean " + strings.Join(near, " or ") + "?"}
	}
	return hinted{err, "see " + cmd.CommandPath() + " --help"}
}

// spellRelation writes -Tparent as -T=parent: pflag takes letters behind a flag
// whose value may be left out for more flags. Elsewhere -T has another meaning.
func spellRelation(root *cobra.Command, args []string) []string {
	if cmd, _, err := root.Find(args); err != nil || cmd.Name() != "list" {
		return args
	}
	behind := regexp.MustCompile(`^(-[A-Za-z]*T)(owner|parent)$`)
	spelt := make([]string, len(args))
	for i, arg := range args {
		spelt[i] = behind.ReplaceAllString(arg, "$1=$2")
	}
	return spelt
}

func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (list []cobra.Completion, none cobra.ShellCompDirective) {
			if cmd, rest, err := root.Find(args); err == nil && len(rest) == 0 {
				for _, below := range cmd.Commands() {
					if below.IsAvailableCommand() {
						list = append(list, cobra.CompletionWithDesc(below.Name(), below.Short))
					}
				}
			}
			return list, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil {
				return unknownCommand(root, args[0])
			}
			if len(rest) > 0 {
				return unknownCommand(cmd, rest[0])
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

// completions adds cobra's command that prints the scripts of shells, which
// refuses in the words of the others what it does not take.
func completions(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	cmd, _, err := root.Find([]string{"completion"})
	if err != nil {
		return // there is none
	}
	cmd.Args, cmd.RunE = cobra.ArbitraryArgs, onlyBelow
	for _, shell := range cmd.Commands() {
		shell.Args = takes(0, "no arguments")
	}
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  takes(0, "no arguments"),

		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

func (a *app) printVersion() error {
	_, err := fmt.Fprintln(a.out, "nsview", versionText())
	return err
}

// versionText is what the binary says of itself.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown: this binary carries no version"
	}
	return info.Main.Version + " " + info.GoVersion
}
