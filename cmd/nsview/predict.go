package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
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
  bind SRC DST               rbind: with all mounts below
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
quotes.

The exit status is 0 when all would succeed, 1 when one would fail, 3 when that
could not be told.`,
		Example: `  nsview predict mount tmpfs /mnt                 who would see it
  nsview predict umount /mnt/usb                  would it be busy, what stays behind
  nsview predict -N web 'bind /data /srv'         as by container web
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

// foresight is one run of predict.
type foresight struct {
	ctx    context.Context
	host   *inspect.Host
	asks   []predict.Ask
	places []inspect.Place // who does each
	world  *world.World
	use    query.Usage
	// unread: what may keep something busy could not be read; unsure: an
	// operation would succeed as far as could be seen.
	unread, unsure bool
}

// find resolves who does each operation, each name once.
func (f *foresight) find(usual string) error {
	known := map[string]inspect.Place{}
	for _, ask := range f.asks {
		name := ask.Target
		if name == "" {
			name = usual
		}
		p, ok := known[name]
		if !ok {
			var err error
			if p, err = f.host.Find(f.ctx, name, snapshot.Mnt); err != nil {
				return err
			}
			known[name] = p
		}
		f.places = append(f.places, p)
	}
	return nil
}

// predict looks at the host and applies the operations.
func (f *foresight) predict() (query.Prediction, error) {
	want := inspect.PredictWant(f.places...)
	if f.unmounts() {
		want.Every = snapshot.FieldCommand | snapshot.FieldCgroup // who keeps it busy
	}
	s, err := f.host.Take(f.ctx, want)
	if err != nil {
		return query.Prediction{}, err
	}
	f.world = world.Build(s)
	for _, p := range f.places {
		if f.world.View(p.NS, 0) == nil && f.world.View(p.NS, p.PID) == nil {
			return query.Prediction{}, noView(f.world, p)
		}
	}
	future := f.host.Future(f.ctx, f.world)
	doubt := f.busy(s, future)
	p, err := query.Predict(f.world, future.State, f.asks, func(i int) (predict.Result, error) {
		r, err := future.Apply(f.places[i], f.asks[i].Op)
		if err != nil {
			return r, fmt.Errorf("act as %s: %w", f.nameOf(i), err)
		}
		f.nameHolder(&r)
		f.unsure = f.unsure || r.OK() && len(r.Doubts) > 0
		if doubt != "" && unmounts(f.asks[i].Op) && r.OK() {
			f.unsure = f.unsure || f.unread
			r.Doubts = append(r.Doubts, doubt)
		}
		return r, nil
	})
	p.Unseen = slices.DeleteFunc(p.Unseen, f.ended)
	return p, err
}

// ended says of a namespace that is not in the state that it ended while the
// host was read: one that could not be read has a gap.
func (f *foresight) ended(unseen string) bool {
	name, _, ok := strings.Cut(unseen, ": its mounts were not read")
	return ok && f.host.Live() && !slices.ContainsFunc(f.world.Gaps, func(g snapshot.Gap) bool { return g.Subject == name })
}

// nameHolder says what keeps busy that is refused as such.
func (f *foresight) nameHolder(r *predict.Result) {
	if r.OK() || r.Refusal.Reason != predict.InUse && r.Refusal.Reason != predict.CopyInUse {
		return
	}
	if by := f.use.By[snapshot.MountID(r.Refusal.Mount)]; by != "" {
		r.Refusal.Text += ": " + by
	}
}

func (f *foresight) nameOf(i int) string {
	if t := f.places[i].Text; t != "" {
		return t
	}
	return "this namespace"
}

// unmounts says whether an operation fails when something is busy.
func unmounts(op predict.Op) bool { return op.Kind == predict.OpUmount && !op.Lazy }

func (f *foresight) unmounts() bool {
	return slices.ContainsFunc(f.asks, func(a predict.Ask) bool { return unmounts(a.Op) })
}

// busy reads what keeps the file systems busy that are to be unmounted, and
// returns what could not be told of it.
func (f *foresight) busy(s *snapshot.Snapshot, future *inspect.Future) (doubt string) {
	if !f.unmounts() {
		return ""
	}
	devs, all := future.Devices(f.places, f.asks)
	if len(devs) == 0 && !all {
		return "" // what is to be unmounted is not there yet
	}
	if f.host.Live() {
		f.host.Busy(f.ctx, s, snapshot.BusyWant{Devs: devs})
		f.world.Busy = s.Busy
	}
	f.use = query.InUse(f.world, devs)
	for _, m := range f.use.Mounts {
		future.State.Use(m)
	}
	switch {
	case f.use.Missing != "":
		f.unread = true
		return "whether something keeps it busy could not be told: " + f.use.Missing
	case f.use.Unlikely != "":
		return "nothing that was seen keeps it busy; " + f.use.Unlikely
	}
	return ""
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

// status: a refusal is a no, whatever could not be seen. For a yes it has to be
// known that nothing keeps a mount busy, and that paths are there; on a saved
// host paths are taken to be there.
func (f *foresight) status(p query.Prediction) error {
	switch {
	case !p.OK():
		return exitError(exitNo)
	case f.unsure:
		return exitError(exitUnknown)
	}
	return nil
}
