package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/render"
)

// app is one run of nsview.
type app struct {
	terminal
	flags common
}

// common are the flags that mean the same everywhere.
type common struct {
	json       bool
	columns    string
	allColumns bool
	noHeadings bool
	raw        bool
	noTruncate bool
	listCols   bool
	color      string
	from       string
	proc       string
}

// run is main without the process around it: arguments in, exit status out.
func run(ctx context.Context, args []string, t terminal) int {
	a := &app{terminal: t}
	root := a.root()
	root.SetArgs(spellRelation(root, args))
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	completions(root) // to the output just set
	if err := root.ExecuteContext(ctx); err != nil {
		return t.fail(err)
	}
	return exitYes
}

func (a *app) root() *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "nsview",
		Short: "See the namespaces of a host and how mounts travel between them",
		Long: `nsview lists the namespaces of a host, shows what is mounted in each mount
namespace, and who keeps each alive: also those that no process is in.

A TARGET is a process (4711, self), a namespace by number (4026532177,
mnt:[4026532177]), by 64-bit id (id:4105) or by file (/run/netns/x), or a
container or unit by name (web, docker:ba54f3f7, chronyd.service).`,
		Example: `  nsview list --type mnt         every mount namespace and what runs in it
  nsview tree 4711               the mounts that process 4711 sees
  nsview tree web                the mounts of container web
  nsview snapshot -o host.json   save the host to study it elsewhere`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,

		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.flags.check(cmd) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if version {
				return a.printVersion()
			}
			return onlyBelow(cmd, args)
		},
		SuggestionsMinimumDistance: 2, // letters wrong in a mistyped command
	}
	// Of cobra's own version flag the text could be set by a template only, and
	// a program with templates keeps every exported method of every type: it is
	// a quarter larger, on disk and in memory.
	root.Flags().BoolVarP(&version, "version", "v", false, "version for nsview")
	root.SetHelpCommand(helpCommand(root))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return hinted{fmt.Errorf("read the command line: %w", err), "see " + cmd.CommandPath() + " --help"}
	})
	f := root.PersistentFlags()
	f.StringVar(&a.flags.from, "from", "", "study a saved host: a snapshot, a directory or tar that looks like /proc, or a mountinfo `FILE`")
	f.StringVar(&a.flags.proc, "proc", "/proc", "`DIR` where proc is mounted")
	f.StringVar(&a.flags.color, "color", "auto", "colour the output: auto, always or never (`WHEN`)")
	_ = root.RegisterFlagCompletionFunc("color", cobra.FixedCompletions([]cobra.Completion{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
	root.AddCommand(a.list(), a.tree(), a.groups(), a.explain(), a.holders(), a.predict(), a.diff(), a.snapshot(), a.runContainer(), a.stop(), a.lab(), a.tui(), a.watch(), a.version())
	return root
}

// check is about the flags that all commands have.
func (c *common) check(cmd *cobra.Command) error {
	switch c.color {
	case "auto", "always", "never":
	default:
		return fmt.Errorf("read the command line: --color is auto, always or never, not %q", c.color)
	}
	top := cmd
	for top.HasParent() && top.Parent().HasParent() {
		top = top.Parent()
	}
	if c.from != "" && slices.Contains([]string{"run", "stop", "lab"}, top.Name()) {
		return fmt.Errorf("read the command line: %s is about the running host, not one that --from names", cmd.CommandPath())
	}
	return nil
}

// tableFlags adds the flags of commands that print a table.
func (a *app) tableFlags(cmd *cobra.Command, names []string) {
	f := cmd.Flags()
	f.BoolVarP(&a.flags.json, "json", "J", false, "print JSON")
	f.StringVarP(&a.flags.columns, "output", "o", "", "print these columns (`COLS`: A,B or +A to add; -H lists them)")
	f.BoolVar(&a.flags.allColumns, "output-all", false, "print all columns")
	f.BoolVarP(&a.flags.noHeadings, "noheadings", "n", false, "print no headings")
	f.BoolVarP(&a.flags.raw, "raw", "r", false, "print cells separated by one blank, blanks in them as \\x20")
	f.BoolVarP(&a.flags.noTruncate, "notruncate", "u", false, "cut nothing to fit the terminal")
	f.BoolVarP(&a.flags.listCols, "list-columns", "H", false, "list the columns and what they show")
	_ = cmd.RegisterFlagCompletionFunc("output", completeWords(names))
}

// style is how tables are to look.
func (a *app) style() render.Style {
	w := a.width()
	return render.Style{
		Width: w, Color: a.colors(a.flags.color, w), Raw: a.flags.raw,
		NoHeadings: a.flags.noHeadings, NoTruncate: a.flags.noTruncate,
	}
}

// host opens the host asked about.
func (a *app) host() (*inspect.Host, error) {
	if a.flags.from != "" {
		return inspect.Open(a.flags.from)
	}
	h, err := inspect.Live(a.flags.proc, a.getenv("DOCKER_HOST"))
	if err != nil {
		return nil, hinted{err, "mount proc with: mount -t proc proc " + a.flags.proc + ", name another with --proc, or study a saved host with --from"}
	}
	return h, nil
}

// choose picks the columns asked for, of JSON's own defaults when given.
func choose[R any](a *app, cols render.Columns[R]) ([]render.Column[R], error) {
	if a.flags.json && a.flags.raw {
		return nil, errors.New("read the command line: --json and --raw are two forms of output: choose one")
	}
	if a.flags.allColumns {
		return cols.All, nil
	}
	chosen, err := cols.Choose(a.flags.columns)
	if err != nil {
		return nil, fmt.Errorf("read the command line: %w", err)
	}
	return chosen, nil
}
