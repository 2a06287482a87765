package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/spf13/pflag"

	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/attach"
	"github.com/nsview/nsview/launch/cgroup"
	"github.com/nsview/nsview/launch/state"
	"github.com/nsview/nsview/launch/sweep"
)

// keepFlags are about the container as somebody uses it.
type keepFlags struct {
	interactive, tty, detach, remove bool
	name                             string
}

func (kf *keepFlags) flags(f *pflag.FlagSet) {
	f.BoolVarP(&kf.interactive, "interactive", "i", false, "give the command nsview's standard input")
	f.BoolVarP(&kf.tty, "tty", "t", false, "give the command a terminal of its own")
	f.BoolVarP(&kf.detach, "detach", "d", false, "print the container's id and let it run; what it says goes to a log")
	f.BoolVar(&kf.remove, "rm", false, "with -d: remove the log in the end (the rest always goes)")
	f.StringVar(&kf.name, "name", "", "call the container `NAME`, for nsview stop and other commands")
}

// keeper looks after one container, from before it starts until nothing is left
// of it.
type keeper struct {
	*app
	keepFlags
	id    string
	spec  launch.Spec
	group *cgroup.Group // nil without

	sweeper  *sweep.Sweeper
	entry    *state.Entry // nil for a container without a name that is not detached
	signals  *attach.Signals
	terminal *attach.Terminal
	log      *os.File // of a detached container
	// poststart is called when the command runs, started when all is well;
	// started may be nil.
	poststart func(pid int) error
	started   func() error
}

// newID is a container's: 64 hex digits.
func newID() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (package crypto/rand)
	return hex.EncodeToString(b[:])
}

// keeper prepares to keep a container: it adds to the Spec what that takes. It
// makes nothing but a detached container's log.
func (a *app) keeper(flags *pflag.FlagSet, rf *runFlags, spec launch.Spec) (*keeper, error) {
	r, err := rf.limits.resources(flags)
	if err != nil {
		return nil, err
	}
	if rf.bundle.container != nil {
		r = rf.bundle.container.Resources
		spec.Init = rf.box.init
	}
	k := &keeper{app: a, keepFlags: rf.keep, id: rf.bundle.id, spec: spec}
	if err := k.prepare(r); err != nil || !isKeeper() {
		return k, err
	}
	return k, k.beDetached()
}

// prompt gives the shell that is run when no command is named what it needs to
// be talked to, where there is somebody to talk.
func (kf *keepFlags) prompt(a *app, flags *pflag.FlagSet) {
	_, _, in := attach.Size(fileOf(a.in))
	_, _, out := attach.Size(fileOf(a.out))
	if in && out && !kf.detach && !flags.Changed("interactive") && !flags.Changed("tty") {
		kf.interactive, kf.tty = true, true
	}
}

func (k *keeper) prepare(r *specs.LinuxResources) error {
	if err := k.chooseTerminal(); err != nil {
		return err
	}
	if ordinary() && r == nil {
		return nil // whose it is would be nice to see, and costs a group that few may make
	}
	var err error
	k.group, err = ownGroup(&k.spec, k.id, r)
	return err
}

// chooseTerminal sizes a terminal, where the container has one.
func (k *keeper) chooseTerminal() error {
	if k.spec.Terminal == nil {
		return nil
	}
	_, _, typed := attach.Size(fileOf(k.in))
	if !k.tty { // a bundle wants it, which says nothing of who types
		k.interactive = typed
	}
	if k.interactive && !typed && !k.detach {
		return hinted{errors.New("read the command line: -i -t: the standard input is no terminal"), "without -t the command reads the standard input itself"}
	}
	for _, f := range []*os.File{fileOf(k.in), fileOf(k.out)} {
		if rows, columns, ok := attach.Size(f); ok && k.spec.Terminal.Size == (launch.WindowSize{}) {
			k.spec.Terminal.Size = launch.WindowSize{Rows: rows, Columns: columns}
		}
	}
	return nil
}

// run starts the container and waits for its end.
func (k *keeper) run(parent context.Context, w launch.Watcher) (state *os.ProcessState, err error) {
	defer func() { err = errors.Join(err, k.tidy()) }()
	if err := k.reserve(); err != nil {
		return nil, err
	}
	k.signals = attach.Relay()
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	defer cancel()
	running := callOff(parent, cancel, w != nil)
	p, err := launch.StartWatched(ctx, k.spec, k.streams(), w)
	running()
	if err != nil {
		if k.log != nil {
			_ = os.Remove(k.log.Name()) // there is nothing in it, as nothing has run
		}
		return nil, explained(fmt.Errorf("start the container: %w", err))
	}
	if err := k.attend(p); err != nil {
		p.Stop()
		return nil, err
	}
	state, err = p.Wait()
	if err != nil {
		return nil, fmt.Errorf("wait for the container: %w", err)
	}
	return state, nil
}

// callOff has a signal call the launch off, until the command runs: then it is
// for the command. As nobody knows on which side of that moment it comes, there
// is time to get over it, unless somebody is asked about each step.
func callOff(parent context.Context, cancel func(), asking bool) (running func()) {
	patience := time.Second
	if asking {
		patience = 0
	}
	runs := make(chan struct{})
	stop := context.AfterFunc(parent, func() {
		select {
		case <-runs:
		case <-time.After(patience):
			cancel()
		}
	})
	return func() {
		stop()
		close(runs)
	}
}

// streams are the command's, unless it has a terminal: then they are for what
// goes wrong before.
func (k *keeper) streams() launch.Streams {
	if k.log != nil {
		return launch.Streams{Out: k.log, Err: k.log}
	}
	s := launch.Streams{Out: fileOf(k.out), Err: fileOf(k.err)}
	if k.interactive && k.spec.Terminal == nil {
		s.In = fileOf(k.in)
	}
	return s
}

// reserve starts the sweeper, tells it all that is going to be made, and takes
// the name.
func (k *keeper) reserve() error {
	named := k.name != "" || k.detach
	if k.group == nil && !named {
		return nil
	}
	var err error
	if k.sweeper, err = sweep.Start(); err != nil {
		return err
	}
	if k.log != nil && k.remove {
		if err := k.sweeper.Add(sweep.File, k.log.Name()); err != nil {
			return err
		}
	}
	if named {
		if err := k.takeName(); err != nil {
			return err
		}
	}
	if k.group != nil {
		return remember(k.sweeper, k.group)
	}
	return nil
}

func (k *keeper) takeName() error {
	dir, err := k.runtimeDir()
	if err != nil {
		return err
	}
	if err := k.sweeper.Add(sweep.Dir, filepath.Join(dir, k.id)); err != nil {
		return err
	}
	if k.entry, err = state.In(dir).Add(k.id, k.name); err != nil {
		if errors.Is(err, state.ErrNameTaken) {
			return hinted{err, "end it with: nsview stop " + k.name}
		}
		return err
	}
	if _, link := k.entry.Paths(); link != "" {
		return k.sweeper.Add(sweep.File, link)
	}
	return nil
}

// attend connects the user with the container and notes that it runs.
func (k *keeper) attend(p *launch.Process) error {
	if tty := p.Terminal(); tty != nil {
		var user *os.File
		if _, _, ok := attach.Size(fileOf(k.in)); ok && k.interactive && !k.detach {
			user = fileOf(k.in)
		}
		var err error
		if k.terminal, err = attach.Connect(user, tty, k.out); err != nil {
			return err
		}
	}
	k.signals.To(p.Signal)
	if err := k.poststart(p.PID()); err != nil {
		return err
	}
	if k.entry != nil {
		c := state.Container{ID: k.id, Name: k.name, PID: p.PID(), Keeper: os.Getpid(), Command: k.spec.Args, Root: k.spec.Rootfs.Path}
		if k.log != nil {
			c.Log = k.log.Name()
		}
		if err := k.entry.Save(c); err != nil {
			return err
		}
	}
	if k.started != nil {
		return k.started()
	}
	return nil
}

// tidy leaves everything as it was: the user's terminal first.
func (k *keeper) tidy() error {
	if k.terminal != nil {
		k.terminal.Close()
	}
	// Signals are passed on until the end: to leave off takes longer than a
	// container may, and those that come now are for nobody.
	err := k.sweeper.Close()
	if k.entry != nil {
		k.entry.Close()
	}
	return err
}
