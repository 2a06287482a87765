package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/fixtures/rootfs"
	"github.com/nsview/nsview/launch"
)

// runFlags are the flags of run, each group in the file that turns it into a
// part of the Spec.
type runFlags struct {
	root    rootFlags
	bundle  bundleFlags
	image   imageFlags
	volumes volumeFlags
	ns      nsFlags
	command commandFlags
	box     boxFlags
	limits  limitFlags
	keep    keepFlags
	shown   shownFlags
}

func (a *app) runContainer() *cobra.Command {
	var rf runFlags
	cmd := &cobra.Command{
		Use:   "run [flags] [ROOTFS] [-- COMMAND [ARG...]]",
		Short: "Start a container, with every step visible",
		Long: `run starts a command in a container: new mount, pid, uts, ipc, net and cgroup
namespaces (and a user namespace for an ordinary user), in which ROOTFS is the
root. Without ROOTFS that is a small one of this host's own shell and tools;
what is changed in it is lost in the end.

The exit status is the command's, 128 and the signal's number when one killed
it, 127 when the command was not found, 126 when it could not be started, and
125 when the container could not be made.`,
		Example: `  nsview run                          a shell in a container
  nsview run /srv/alpine -- ps aux    a command with another root
  nsview run --plan /srv/alpine       the steps, without doing any
  nsview run --bundle /srv/bundle     an OCI bundle
  nsview run --image alpine.tar       an image, as docker save wrote it
  nsview run --trace -- true          each step, and what it changes`,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.flags.check(cmd); err != nil {
				return coded{err, exitNoContainer}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			err := a.runRun(cmd, &rf, args)
			if err != nil && !errors.As(err, new(exitError)) {
				err = coded{err, launchStatus(err)}
			}
			return err
		},
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return coded{hinted{fmt.Errorf("read the command line: %w", err), "see " + cmd.CommandPath() + " --help"}, exitNoContainer}
	})
	f := cmd.Flags()
	rf.root.flags(f)
	rf.bundle.flags(f)
	rf.image.flags(f)
	rf.volumes.flags(f)
	rf.ns.flags(f)
	rf.command.flags(f)
	rf.box.flags(f)
	rf.limits.flags(f)
	rf.keep.flags(f)
	rf.shown.flags(f)
	f.SortFlags = false
	completeRun(cmd)
	return cmd
}

// Exit statuses of run, as docker run has them.
const (
	exitNoContainer = 125
	exitNotRunnable = 126
	exitNotFound    = 127
	exitSignal      = 128 // and the signal's number
)

// launchStatus is the exit status of a container that did not start.
func launchStatus(err error) int {
	var step *launch.StepError
	if errors.As(err, &step) && step.Call == "execve" {
		if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) {
			return exitNotFound
		}
		return exitNotRunnable
	}
	return exitNoContainer
}

func (a *app) runRun(cmd *cobra.Command, rf *runFlags, args []string) error {
	if err := rf.shown.check(); err != nil {
		return err
	}
	if rf.keep.detach && !rf.shown.plan && !isKeeper() {
		return a.startKeeper(cmd.Context())
	}
	giveBack()          // before the rest of what run needs is added to it
	rf.bundle.id = "ID" // a plan is the same every time
	if !rf.shown.plan {
		rf.bundle.id = newID()
	}
	spec, done, err := a.containerSpec(cmd, rf, args)
	if err != nil {
		return err
	}
	defer done()
	if spec.Program, err = os.Executable(); err != nil {
		spec.Program = "" // it is not needed
	}
	k, err := a.keeper(cmd.Flags(), rf, spec)
	if err != nil {
		return err
	}
	if rf.shown.plan {
		return a.printPlan(k.spec, rf.shown)
	}
	watcher, err := a.watcher(cmd.Context(), rf.shown)
	if err != nil {
		return err
	}
	defer rf.bundle.ended(a)
	k.poststart = rf.bundle.started
	state, err := k.run(cmd.Context(), watcher)
	if state == nil {
		return err
	}
	if err != nil {
		a.say("%v", err) // it ended, and has its own status
	}
	return statusOf(state)
}

// fileOf is a stream as the command gets it; what is no file is /dev/null.
func fileOf(stream any) *os.File {
	f, _ := stream.(*os.File)
	return f
}

// statusOf is the command's end as an exit status; nil for 0.
func statusOf(state *os.ProcessState) error {
	status, ok := state.Sys().(syscall.WaitStatus)
	switch {
	case ok && status.Signaled():
		return exitError(exitSignal + int(status.Signal()))
	case state.ExitCode() != 0:
		return exitError(state.ExitCode())
	}
	return nil
}

// containerSpec turns flags and arguments into what is to be started. done
// releases what the container needs meanwhile.
func (a *app) containerSpec(cmd *cobra.Command, rf *runFlags, args []string) (spec launch.Spec, done func(), err error) {
	dash := cmd.ArgsLenAtDash()
	if dash < 0 {
		dash = len(args)
	}
	places, command := args[:dash], args[dash:]
	if len(places) > 1 {
		return spec, nil, hinted{
			fmt.Errorf("read the command line: run takes one ROOTFS: %q is too much", places[1]),
			"the command stands behind --: nsview run " + places[0] + " -- " + places[1],
		}
	}
	if rf.bundle.dir != "" {
		spec, err = rf.bundle.spec(a, cmd, places, command)
		return spec, func() {}, err
	}
	if err := rf.ns.apply(&spec, ordinary()); err != nil {
		return spec, nil, err
	}
	if done, err = a.containerRoot(&spec, rf, places); err != nil {
		return spec, nil, err
	}
	if len(command) == 0 {
		rf.keep.prompt(a, cmd.Flags())
	}
	if rf.keep.tty {
		spec.Terminal = &launch.Terminal{}
	}
	if err := rf.inside(cmd, a, &spec, command); err != nil {
		done()
		return spec, nil, err
	}
	return spec, done, nil
}

// containerRoot chooses the root.
func (a *app) containerRoot(spec *launch.Spec, rf *runFlags, places []string) (func(), error) {
	nothing := func() {}
	switch {
	case len(rf.root.layers) > 0 && len(places) > 0:
		return nil, fmt.Errorf("read the command line: the root is %s or made of layers, not both", places[0])
	case rf.image.file != "" && len(rf.root.layers)+len(places) > 0:
		return nil, errTwoRoots
	case rf.image.file != "":
		return nothing, rf.image.apply(a, spec, &rf.root)
	case len(rf.root.layers) > 0:
		return nothing, rf.root.overlay(spec)
	case rf.root.upper != "" && len(places) > 0:
		return nil, errors.New("read the command line: --upper is for a root of layers: name them with --layer")
	case len(places) > 0:
		return nothing, rf.root.directory(spec, places[0])
	}
	done, err := a.ownRoot(spec)
	if err != nil {
		return nil, err
	}
	if rf.root.upper != "" {
		rf.root.layers = spec.Rootfs.Layers
		err = rf.root.overlay(spec)
	}
	return done, err
}

// inside sets what is in the container.
func (rf *runFlags) inside(cmd *cobra.Command, a *app, spec *launch.Spec, command []string) error {
	if err := rf.root.apply(cmd.Context(), a, spec); err != nil {
		return err
	}
	if err := rf.volumes.apply(a, spec); err != nil {
		return err
	}
	if err := rf.root.propagate(spec); err != nil {
		return err
	}
	if err := rf.command.apply(a, spec, command, rf.image.config); err != nil {
		return err
	}
	if rf.image.config.user != "" && !cmd.Flags().Changed("user") {
		rf.box.user = rf.image.config.user
	}
	return rf.box.apply(cmd.Flags(), spec)
}

// ownRoot takes the root that is made of this host's tools.
func (a *app) ownRoot(spec *launch.Spec) (func(), error) {
	cache, err := a.ownDir("XDG_CACHE_HOME", ".cache", "rootfs")
	if err != nil {
		return nil, fmt.Errorf("find a place for a root of this host's tools: %w", err)
	}
	r, err := rootfs.Open(cache)
	if err != nil {
		return nil, err
	}
	spec.Rootfs = &launch.Rootfs{Layers: []string{r.Dir}}
	return func() { _ = r.Close() }, nil
}
