package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/tui"
)

func (a *app) tui() *cobra.Command {
	return &cobra.Command{
		Use:   "tui [TARGET]",
		Short: "Browse namespaces and mounts interactively",
		Long: `tui shows the mount namespaces of the host, the mount tree of the chosen one, the
peer groups, all about what is chosen, and every mount, umount and change as it
happens, with each place that it reached. With a TARGET it begins in that
namespace; with --from it shows a saved host or a recording of nsview watch.

Keys are listed by ?; arrows and those of vi move, Enter opens, Tab goes to the
next pane, / filters, s searches all namespaces, m marks two places and e explains
whether one sees what is mounted at the other, P predicts an operation and shows
the trees as they would be, [ and ] go back and forth in time, c starts a lab or a
container, q leaves. The mouse works.`,
		Example: `  nsview tui                      this host
  nsview tui web                  begin in container web
  nsview tui --from host.json     a saved host
  nsview tui --from host.nsw.gz   a recording of nsview watch --record`,
		Args:              takes(1, "one TARGET"),
		ValidArgsFunction: a.completeTargets(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.runTUI(cmd.Context(), "")
			}
			if args[0] == "" {
				return errEmptyTarget
			}
			return a.runTUI(cmd.Context(), args[0])
		},
	}
}

func (a *app) runTUI(ctx context.Context, target string) error {
	out, err := a.screen()
	if err != nil {
		return err
	}
	o := tui.Options{
		Save: writeFile, Out: out, Environ: os.Environ(), NoColor: !a.colors(a.flags.color, a.width()),
	}
	if o.Recording, o.Note, err = a.recording(); err != nil {
		return err
	}
	if o.Recording == nil {
		err = a.tuiHost(ctx, target, &o)
	} else if o.Foresee = foresee(nil); target != "" {
		err = errors.New("read the command line: a recording is shown as a whole, without a TARGET")
	}
	if err != nil {
		return err
	}
	var s starter
	if s.exe, err = os.Executable(); err == nil && o.Watch != nil {
		o.Starts = s.starts
	}
	// Terminals that are closed send a SIGHUP; main listens to the others.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer stop()
	defer endInTime(ctx, out)()
	err = tui.Run(ctx, o)
	s.wait()
	return err
}

// recording is what --from names when that is one of nsview watch, else nil.
// One that is cut short is shown as far as it goes, and the note says so.
func (a *app) recording() (rec *watch.Recording, note string, err error) {
	if info, err := os.Stat(a.flags.from); err != nil || info.IsDir() {
		return nil, "", nil //nolint:nilerr // as a saved host it is refused with a better word
	}
	rec, err = inspect.OpenRecording(a.flags.from)
	var short *watch.CutShort
	switch {
	case errors.Is(err, watch.ErrNoRecording):
		return nil, "", nil
	case errors.As(err, &short) && rec != nil:
		return rec, short.Error(), nil
	}
	return rec, "", err
}

// tuiHost is the host to browse, live or saved, and where to begin.
func (a *app) tuiHost(ctx context.Context, target string, o *tui.Options) error {
	host, err := a.host()
	if err != nil {
		return err
	}
	if target != "" {
		p, err := host.Find(ctx, target, snapshot.Mnt)
		if err != nil {
			return err
		}
		o.Place = tui.Place{NS: p.NS, PID: p.PID}
	}
	o.Look, o.Foresee = host.Look, foresee(host)
	if host.Live() {
		o.Watch = func(ctx context.Context) (tui.Watcher, error) { return host.Watch(ctx, watch.Options{}) }
		o.Holders = func(ctx context.Context, target string) (query.Holders, error) {
			return holdersNow(ctx, host, holdersFlags{}, target, nil)
		}
	}
	return nil
}

// foresee predicts on a host, or on a moment of a recording.
func foresee(host *inspect.Host) tui.Foresee {
	return func(ctx context.Context, from *snapshot.Snapshot, by tui.Place, asks []predict.Ask) (query.Prediction, error) {
		f := foresight{ctx: ctx, host: host, asks: asks}
		if from != nil {
			f.host = inspect.OfSnapshot(from, "the moment shown")
		}
		if err := f.findFrom(inspect.Place{NS: by.NS, PID: by.PID}); err != nil {
			return query.Prediction{}, err
		}
		return f.predict()
	}
}

// screen is the terminal to draw on.
func (a *app) screen() (*os.File, error) {
	out, ok := a.out.(*os.File)
	if !ok || a.width() == 0 {
		return nil, errors.New("start the tui: standard output is no terminal")
	}
	if name := a.getenv("TERM"); name == "" || name == "dumb" {
		return nil, errors.New("start the tui: standard output is no terminal that can be drawn on (TERM is " + name + ")")
	}
	return out, nil
}

// patience is how long the tui may take to end after a signal.
const patience = 2 * time.Second

// endInTime makes sure that a signal ends the program. A terminal that does not
// read (a stalled connection, ^S) keeps the tui from ending: then the program
// ends without it, and a second signal kills it at once.
func endInTime(ctx context.Context, out *os.File) (release func()) {
	state, stateErr := term.GetState(int(out.Fd()))
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		signal.Reset(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		select {
		case <-done:
		case <-time.After(patience):
			if stateErr == nil {
				_ = term.Restore(int(out.Fd()), state)
			}
			os.Exit(exitFailure)
		}
	})
	return func() {
		stop()
		close(done)
	}
}
