package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// holdersFlags are the flags of holders.
type holdersFlags struct {
	purpose string
	plan    bool
	each    bool
	wait    time.Duration
}

func (a *app) holders() *cobra.Command {
	var hf holdersFlags
	cmd := &cobra.Command{
		Use:   "holders PATH|DEVICE|MAJ:MIN|SOURCE",
		Short: "What keeps a file system, mount or device busy",
		Long: `holders says what, in any namespace, keeps a file system busy: mounts, what tasks
have open, and what the kernel itself uses. It answers three questions: whether
umount(2) of a PATH would succeed, whether the device or file system is free, and
whether the PATH can be removed.

It may be asked about a PATH (TARGET:PATH in another namespace), a block device
by node, name, number, UUID= or LABEL=, what is mounted (server:/export,
pool/dataset), a namespace's file, a container, a unit or a pod's uid.

The exit status is 0 when it is free, 1 when it is held, 3 when that could not be
told, or when the file system is alive and nothing found explains it.`,
		Example: `  nsview holders /dev/vg0/data            why can the device not be closed
  nsview holders /mnt/usb --for umount    what umount would fail for
  nsview holders /mnt/usb --release-plan  what to type, in order
  nsview holders sdb1 --wait-free 60s     wait until nothing holds it`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: a.completeTargets(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.flags.listCols {
				return a.listColumns(render.HolderColumns.Help())
			}
			if len(args) != 1 {
				return hinted{fmt.Errorf("read the command line: holders takes one thing to ask about, not %d", len(args)), "see nsview holders --help"}
			}
			return a.runHolders(cmd.Context(), hf, args[0])
		},
	}
	a.tableFlags(cmd, render.HolderColumns.Names())
	f := cmd.Flags()
	f.StringVar(&hf.purpose, "for", "", "answer for one purpose: umount, device or remove (`PURPOSE`)")
	f.BoolVar(&hf.plan, "release-plan", false, "print the commands that would release it, in order; nothing is run")
	f.BoolVarP(&hf.each, "verbose", "v", false, "one row for each holder, not for each namespace and kind")
	f.DurationVar(&hf.wait, "wait-free", 0, "look again until it is free, for at most so long (`D`)")
	_ = cmd.RegisterFlagCompletionFunc("for", cobra.FixedCompletions([]cobra.Completion{"umount", "device", "remove"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) runHolders(ctx context.Context, hf holdersFlags, text string) error {
	switch query.Purpose(hf.purpose) {
	case query.AnyPurpose, query.ForUmount, query.ForDevice, query.ForRemove:
	default:
		return fmt.Errorf("read the command line: --for is umount, device or remove, not %q", hf.purpose)
	}
	if text == "" {
		return errEmptyTarget
	}
	cols, err := choose(a, render.HolderColumns)
	if err != nil {
		return err
	}
	host, err := a.host()
	if err != nil {
		return err
	}
	answer, err := waitFree(ctx, host, hf, text)
	if err != nil {
		return err
	}
	if err := a.printHolders(answer, cols, hf); err != nil {
		return fmt.Errorf("write the holders: %w", err)
	}
	return holdersStatus(answer.Final())
}

func (a *app) printHolders(answer query.Holders, cols []render.Column[query.Holder], hf holdersFlags) error {
	if a.flags.json {
		return render.HoldersJSON(a.out, answer)
	}
	if hf.plan {
		return render.Plan(a.out, answer)
	}
	err := render.Holders(a.out, answer, cols, a.style())
	a.gaps(answer.Gaps, answer.World.Reader.UID)
	return err
}

func holdersStatus(v query.HoldVerdict) error {
	switch v.Answer {
	case query.Held:
		return exitError(exitNo)
	case query.Maybe:
		return exitError(exitUnknown)
	case query.NotApplicable:
		return errors.New("answer what it was asked for: " + v.Text)
	}
	return nil
}

// settle is how long a file system that nothing explains is given before it is
// looked at again: the kernel takes namespaces and mounts down later than the
// last process that had them.
const settle = 200 * time.Millisecond

// waitEvery is how often --wait-free looks.
const waitEvery = 500 * time.Millisecond

// waitFree looks once, and with --wait-free again and again. A target that
// cannot be found any more is free.
func waitFree(ctx context.Context, host *inspect.Host, hf holdersFlags, text string) (query.Holders, error) {
	answer, err := holdersNow(ctx, host, hf, text, nil)
	if err != nil || hf.wait <= 0 || !host.Live() {
		return answer, err
	}
	ctx, cancel := context.WithTimeout(ctx, hf.wait)
	defer cancel()
	target := answer.Target
	for answer.Final().Answer == query.Held || answer.Final().Answer == query.Maybe {
		select {
		case <-ctx.Done():
			return answer, nil
		case <-time.After(waitEvery):
		}
		next, err := holdersNow(ctx, host, hf, text, &target)
		if err != nil {
			return answer, nil //nolint:nilerr // the last answer stands when time is up
		}
		answer = next
	}
	return answer, nil
}

// holdersNow looks at the host and answers. A file system that is alive
// without a reason is looked at once more, and more closely.
func holdersNow(ctx context.Context, host *inspect.Host, hf holdersFlags, text string, known *query.HoldTarget) (query.Holders, error) {
	answer, err := lookHolders(ctx, host, hf, text, known)
	if err != nil || !host.Live() || answer.Device.Answer != query.Maybe {
		return answer, err
	}
	q := answer.HoldersQuery
	if len(answer.Alive) > 0 {
		select {
		case <-ctx.Done():
			return answer, ctx.Err()
		case <-time.After(settle):
		}
		if answer, err = lookHolders(ctx, host, hf, text, &q.Target); err != nil || answer.Device.Answer != query.Maybe {
			return answer, err
		}
		q.Extra = query.StaleOverlays(answer.World, host.StaleLayers(ctx, answer.World))
	}
	if len(q.Target.Devs) == 1 {
		q.Target.OnDisk = host.OnDisk(q.Target.Block, q.Target.Devs[0])
	}
	return query.HoldersOf(answer.World, q), nil
}

// lookHolders looks, and once more when what the answer rests on changed
// meanwhile.
func lookHolders(ctx context.Context, host *inspect.Host, hf holdersFlags, text string, known *query.HoldTarget) (query.Holders, error) {
	answer, err := lookOnce(ctx, host, hf, text, known, nil)
	if err != nil || !host.Live() || !host.Stirred(ctx, answer.World, answer.Target.Devs, answer.Uses()) {
		return answer, err
	}
	again, err := lookOnce(ctx, host, hf, text, &answer.Target, append([]query.Holder{}, answer.All...))
	if err != nil {
		return answer, nil //nolint:nilerr // what is gone by now was there at the first look
	}
	return again, nil
}

// lookOnce reads the tables, finds what is asked about in them, and then what
// keeps that busy. Before is what an earlier look found.
func lookOnce(ctx context.Context, host *inspect.Host, hf holdersFlags, text string, known *query.HoldTarget, before []query.Holder) (query.Holders, error) {
	s, err := host.Take(ctx, inspect.HoldersWant())
	if err != nil {
		return query.Holders{}, err
	}
	host.Disks(s)
	w := world.Build(s)
	var target query.HoldTarget
	if known != nil && known.Place.Mount == nil {
		target = *known
	} else if target, err = findHeld(ctx, host, w, text); err != nil {
		return query.Holders{}, err
	}
	if host.Live() {
		if err := host.Busy(ctx, s, snapshot.BusyWant{Devs: target.Devs, Blocks: target.BlockDevs(w)}); err != nil {
			return query.Holders{}, fmt.Errorf("look for what keeps it busy: %w", err)
		}
		w.Busy, w.Gaps = s.Busy, s.Gaps
	}
	return query.HoldersOf(w, query.HoldersQuery{Target: target, For: query.Purpose(hf.purpose), Each: hf.each, Before: before}), nil
}
