package main

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
)

// watchFlags are the flags of watch.
type watchFlags struct {
	all      bool
	duration time.Duration
	rescan   time.Duration
	record   string
}

func (a *app) watch() *cobra.Command {
	var wf watchFlags
	cmd := &cobra.Command{
		Use:   "watch [flags] [TARGET...]",
		Short: "What is mounted, unmounted and changed, as it happens",
		Long: `watch prints a line for each propagation: what was mounted, unmounted, moved or
changed, in which namespace, by which process, and below it every place that it
reached, in all mount namespaces, also those born later. With a TARGET only what
started in its namespace or reached it.

The kernel tells of mounts, umounts and moves at once and with the process
(fanotify, Linux 6.15, as root). It tells nothing of changes of propagation and
options, nor of new namespaces: those are looked for every --rescan. Where it
tells nothing at all the mount tables are polled, which does not say who did it.

--record keeps the host as it was, and every event; watch --from prints it again,
and so does every other run of it. Ctrl-C ends it.`,
		Example: `  nsview watch                             everything, until Ctrl-C
  nsview watch web                         what happens to container web
  nsview watch -J --duration 10s           ten seconds, as a line of JSON an event
  nsview watch --record host.nsw.gz        keep it for later
  nsview watch --from host.nsw.gz          print it again`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: a.completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			if wf.all && len(args) > 0 {
				return errors.New("read the command line: --all and a TARGET exclude each other")
			}
			if wf.duration < 0 || wf.rescan < 0 {
				return errors.New("read the command line: a time is not negative")
			}
			if cmd.Flags().Changed("rescan") && wf.rescan == 0 {
				return errors.New("read the command line: --rescan takes a time above 0")
			}
			if a.flags.from != "" {
				return a.replay(cmd, wf, args)
			}
			return a.runWatch(cmd, wf, args)
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&a.flags.json, "json", "J", false, "print a line of JSON for each event")
	f.BoolVar(&wf.all, "all", false, "all namespaces, also those born later (the default)")
	f.DurationVar(&wf.duration, "duration", 0, "end after so long (`TIME`: 10s, 5m)")
	f.DurationVar(&wf.rescan, "rescan", 0, "look for new namespaces, and for changes that the kernel does not tell of, so often (`TIME`; default 1s, longer on large hosts)")
	f.StringVar(&wf.record, "record", "", "keep the host and all events in `FILE`; .gz compresses")
	return cmd
}

// runWatch prints what happens until it is told to end, which is no failure.
func (a *app) runWatch(cmd *cobra.Command, wf watchFlags, targets []string) error {
	host, err := a.host()
	if err != nil {
		return err
	}
	ctx, stop := a.watchContext(cmd.Context(), wf)
	defer stop()
	places, err := placesOf(ctx, host, targets)
	if err != nil {
		return err
	}
	w, err := host.Watch(ctx, watch.Options{Rescan: wf.rescan})
	if ended(ctx, err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer w.Close()
	tidyUp()
	spaces, err := spacesOf(places, w.First())
	if err != nil {
		return err
	}
	if err := stillThere(w, spaces); err != nil {
		return err
	}
	a.gaps(w.First().Gaps, w.First().Reader.UID)
	out := watchOutput{app: a, spaces: spaces, watched: len(spaces)}
	if wf.record != "" {
		if err := out.record(wf.record, w.First()); err != nil {
			return err
		}
	}
	return errors.Join(out.follow(ctx, w, w.First().Reader.UID), out.close())
}

// spacesOf are the namespaces of the places, at the beginning.
func spacesOf(places []inspect.Place, first *snapshot.Snapshot) (map[uint64]bool, error) {
	spaces := map[uint64]bool{}
	for _, p := range places {
		ino, err := nsOf(p, snapshot.Mnt, first.Processes)
		if err != nil {
			return nil, err
		}
		spaces[ino] = true
	}
	return spaces, nil
}

// watchMemory is how much a watch may take before collecting often is worth it.
const watchMemory = 150 << 20

// tidyUp collects what reading the host left behind: later it would be done
// while a line is waited for, which takes longer than all else about it.
func tidyUp() {
	debug.SetMemoryLimit(watchMemory)
	runtime.GC()
}

// watchContext ends with the duration, or when whoever reads is gone.
func (a *app) watchContext(ctx context.Context, wf watchFlags) (context.Context, func()) {
	if wf.duration == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, wf.duration)
}

func ended(ctx context.Context, err error) bool { return err != nil && ctx.Err() != nil }

// stillThere refuses to wait for what cannot happen.
func stillThere(w *watch.Watcher, spaces map[uint64]bool) error {
	for i := range w.First().Tables {
		if spaces[w.First().Tables[i].NS.Ino] {
			return nil
		}
	}
	if len(spaces) == 0 {
		return nil
	}
	return errors.New("watch the namespaces asked for: none of them can be watched, or they are gone")
}

// replay prints a recording as the live run did.
func (a *app) replay(cmd *cobra.Command, wf watchFlags, targets []string) error {
	if wf.record != "" || cmd.Flags().Changed("rescan") || cmd.Flags().Changed("duration") {
		return errors.New("read the command line: --record, --rescan and --duration are for a live host")
	}
	r, err := inspect.OpenRecording(a.flags.from)
	if errors.Is(err, watch.ErrNoRecording) {
		return hinted{err, "a recording is made by nsview watch --record " + a.flags.from}
	}
	if r == nil {
		return err
	}
	places, findErr := placesOf(cmd.Context(), inspect.OfSnapshot(r.First(), a.flags.from), targets)
	if findErr != nil {
		return findErr
	}
	spaces, findErr := spacesOf(places, r.First())
	if findErr != nil {
		return findErr
	}
	out := watchOutput{app: a, style: a.style(), spaces: spaces, watched: len(spaces)}
	a.gaps(r.First().Gaps, r.First().Reader.UID)
	for i := range r.Len() {
		s := r.Step(i)
		if stepErr := out.step(&s); stepErr != nil {
			return stepErr
		}
		if out.watched > 0 && len(out.spaces) == 0 {
			break
		}
	}
	return err
}
