package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
)

// predictFlags are the flags of predict.
type predictFlags struct {
	target string
	tables bool
}

func (a *app) predict() *cobra.Command {
	var pf predictFlags
	cmd := &cobra.Command{
		Use:   "predict [flags] OP...",
		Short: "What an operation on mounts would do, in every namespace",
		Long: `predict says, before it is done, what an operation would do in every mount
namespace of the host: what appears where, what goes beneath or out of sight, what
stays, or why the kernel would refuse it. Nothing is done.

An OP is one of

  mount TYPE DST             a new file system
  bind [--idmap] SRC DST     rbind: with all mounts below; --idmap: with a map
                             of users and groups of its own
  move SRC DST               beneath: below what is mounted at DST
  umount [-l] [-R] DST       -l: lazily, -R: with all mounts below
  make-shared DST            make-private, make-slave, make-unbindable;
                             make-rshared and so on: with all mounts below
  set-group SRC DST          DST joins the peer group of SRC
  remount FLAGS DST          flags of the mount: ro,nosuid,exec,...
  unshare [--user]           a mount namespace of one's own
  pivot NEW OLD              pivot_root(2)
  chroot DIR

It is predicted for one who may do it (CAP_SYS_ADMIN over the namespace).
Several are separated by ; and done in order, each as by the process or namespace
that -N names, or one that @TARGET before it names. Words with spaces are put in
quotes. Links are followed as they are now, and /proc/self as that process's.

The exit status is 0 when all would succeed, 1 when one would fail, 3 when that
could not be told.`,
		Example: `  nsview predict mount tmpfs /mnt                 who would see it
  nsview predict umount /mnt/usb                  would it be busy, what stays behind
  nsview predict -N web 'bind /data /srv'         as by container web
  nsview predict bind /proc/4711/ns/mnt /run/ns   would the namespace be kept
  nsview predict 'unshare; make-rslave /; mount tmpfs "/my dir"'
  nsview predict --from host.json 'move /a /b; @4711 umount -l /b'`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeOperation,
		RunE: func(cmd *cobra.Command, args []string) error {
			args, err := flagsBehind(cmd.Flags(), args)
			if err != nil {
				return hinted{fmt.Errorf("read the command line: %w", err), "see nsview predict --help"}
			}
			if a.flags.listCols {
				return a.listColumns(render.EffectColumns.Help())
			}
			if cmd.Flags().Changed("namespace") && pf.target == "" {
				return errEmptyTarget
			}
			return a.runPredict(cmd.Context(), pf, args)
		},
	}
	a.tableFlags(cmd, render.EffectColumns.Names())
	f := cmd.Flags()
	f.SetInterspersed(false) // umount -l is of the operation
	f.StringVarP(&pf.target, "namespace", "N", "", "as by this process or namespace (`TARGET`)")
	f.BoolVar(&pf.tables, "tables", false, "print every mount table as it would be")
	_ = cmd.RegisterFlagCompletionFunc("namespace", a.completeTarget)
	return cmd
}

// flagsBehind reads the flags that stand behind operations, which have options
// of their own, and returns the words of the operations.
func flagsBehind(f *pflag.FlagSet, args []string) (words []string, err error) {
	var flags []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			words = append(words, args[i+1:]...)
			return words, f.Parse(flags)
		case len(arg) < 2 || arg[0] != '-' || predict.Option(arg):
			words = append(words, arg)
			continue
		}
		flags = append(flags, arg)
		if takesNext(f, arg) && i+1 < len(args) {
			i++
			flags = append(flags, args[i])
		}
	}
	return words, f.Parse(flags)
}

// takesNext says whether the word behind a flag is its value.
func takesNext(f *pflag.FlagSet, arg string) bool {
	var flag *pflag.Flag
	if name, long := strings.CutPrefix(arg, "--"); long {
		if strings.Contains(name, "=") {
			return false
		}
		flag = f.Lookup(name)
	} else {
		flag = f.ShorthandLookup(arg[len(arg)-1:])
	}
	return flag != nil && flag.NoOptDefVal == ""
}

// completeOperation offers the names of operations where one may begin.
func completeOperation(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 || args[len(args)-1] == ";" {
		return predict.Names(), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

func (a *app) runPredict(ctx context.Context, pf predictFlags, args []string) error {
	cols, err := choose(a, render.EffectColumns)
	if err != nil {
		return err
	}
	line := predict.Line(args)
	asks, err := predict.Parse(line)
	if err != nil {
		return hinted{fmt.Errorf("read the operations: %w", err), "see nsview predict --help"}
	}
	host, err := a.host()
	if err != nil {
		return err
	}
	f := foresight{ctx: ctx, host: host, asks: asks}
	if err := f.find(pf.target); err != nil {
		return err
	}
	p, err := f.predict()
	if err != nil {
		return err
	}
	if err := a.printPrediction(p, cols, pf); err != nil {
		return fmt.Errorf("write the prediction: %w", err)
	}
	return f.status(p)
}

func (a *app) printPrediction(p query.Prediction, cols []render.Column[query.StepEffect], pf predictFlags) error {
	var trees []query.Tree
	if pf.tables {
		trees = []query.Tree{}
		for _, v := range p.After().Views {
			if t, err := query.Trees(v, query.TreeQuery{}); err == nil {
				trees = append(trees, t)
			}
		}
	}
	all := render.MountColumns
	if a.flags.json {
		all.Defaults = render.MountJSONDefaults
	}
	tree, err := all.Choose("")
	if err != nil {
		return err
	}
	if a.flags.json {
		return render.PredictionJSON(a.out, p, trees, tree)
	}
	if err := render.Prediction(a.out, p, cols, a.style()); err != nil {
		return err
	}
	if err := render.FutureTables(a.out, trees, tree, render.TreeStyle{Style: a.style()}); err != nil {
		return err
	}
	for _, d := range p.Doubts() {
		a.say("not certain: %s", d)
	}
	a.unseen(p)
	return nil
}

// unseen says in one line what is not among the effects.
func (a *app) unseen(p query.Prediction) {
	if n := len(p.Unseen); n > 0 {
		a.say("not among the effects: %s%s", p.Unseen[0], andMore(n-1))
	}
	a.gaps(p.Gaps, p.World.Reader.UID)
}

func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; and %d more (JSON lists them)", n)
}
