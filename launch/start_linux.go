package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Process is a command that was started.
type Process struct {
	cmd   *exec.Cmd
	tty   *os.File
	done  chan struct{} // closed when state and err are set
	state *os.ProcessState
	err   error
}

// Watcher is told of every step. The child waits meanwhile.
type Watcher interface {
	// Before is called before the nth step, with the child's process id, 0
	// when it is not there yet. An error ends the launch.
	Before(n int, s Step, pid int) error
	// After is called when the nth step is done. The last one, execve, has no
	// After: nothing waits any more.
	After(n int, s Step, pid int) error
}

// Start starts a command and returns when it runs in its new surroundings. The
// error is a [*StepError] when one of the steps of the plan was refused; then
// nothing is left of it. The command is killed when ctx ends, and by the kernel
// when this program does.
func Start(ctx context.Context, spec Spec, streams Streams) (*Process, error) {
	return StartWatched(ctx, spec, streams, nil)
}

// StartWatched is [Start] with every step shown to a watcher.
func StartWatched(ctx context.Context, spec Spec, streams Streams, w Watcher) (*Process, error) {
	steps, err := Plan(spec)
	if err != nil {
		return nil, err
	}
	t := &talk{steps: steps, watcher: w}
	if err := t.open(); err != nil {
		return nil, fmt.Errorf("start the child: %w", err)
	}
	defer t.close()
	if w != nil {
		if err := w.Before(1, steps[0], 0); err != nil {
			return nil, err
		}
	}
	inherited := []*os.File{t.theirs}
	var tty *ttySocket
	if spec.Terminal != nil {
		if tty, err = newTTYSocket(); err != nil {
			return nil, fmt.Errorf("start the child: %w", err)
		}
		defer tty.close()
		inherited = append(inherited, tty.theirs)
	}
	program, err := guardedSelf()
	if err != nil {
		return nil, err
	}
	defer func() { _ = program.Close() }() // nil says so and does no harm
	p := &Process{cmd: command(spec, streams, inherited, program), done: make(chan struct{})}
	started := make(chan error, 1)
	go p.keep(spec.joined(PID), started)
	err = <-started
	if err != nil {
		return nil, stepError(steps, 1, bare(err))
	}
	t.pid = p.PID()
	// A launch that is called off ends as one whose caller is gone: the child
	// takes back what it has made.
	defer context.AfterFunc(ctx, t.hangUp)()
	if err := t.run(); err != nil {
		t.hangUp()
		<-p.done
		t.takeBack()
		return nil, errors.Join(ctx.Err(), err)
	}
	if tty != nil {
		if p.tty, err = tty.receive(); err != nil {
			p.Stop()
			return nil, err
		}
	}
	p.killAfter(ctx)
	return p, nil
}

// Run is Start and Wait.
func Run(ctx context.Context, spec Spec, streams Streams) (*os.ProcessState, error) {
	p, err := Start(ctx, spec, streams)
	if err != nil {
		return nil, err
	}
	state, err := p.Wait()
	return state, errors.Join(ctx.Err(), err)
}

// PID is the command's process id, as the caller sees it.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Terminal is the master of the command's terminal, and nil when it has none.
// The caller closes it.
func (p *Process) Terminal() *os.File { return p.tty }

// Wait waits for the command's end and says how it came about. It may be
// called any number of times.
func (p *Process) Wait() (*os.ProcessState, error) {
	<-p.done
	return p.state, p.err
}

// Signal sends a signal to the command. It goes by the command's pidfd where
// the kernel has those, so that it never meets another process.
func (p *Process) Signal(sig os.Signal) error { return p.cmd.Process.Signal(sig) }

// Stop kills the command and waits until it is gone. What it has started
// itself ends with it only in a pid namespace of its own.
func (p *Process) Stop() {
	_ = p.Signal(unix.SIGKILL) // the one error is that it is gone already
	<-p.done
}

// killAfter kills the command when ctx ends.
func (p *Process) killAfter(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { _ = p.Signal(unix.SIGKILL) })
	go func() {
		<-p.done
		stop()
	}()
}

// keep starts the child and waits for its end on one thread: the kernel kills
// the child when the thread that made it ends, not when the process does. The
// thread is as it was, so that it may go on to other work afterwards.
func (p *Process) keep(pids string, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	back, err := bearIn(pids)
	if err == nil {
		err = p.cmd.Start()
		// A thread that cannot go back ends with this goroutine, still locked.
		if back() != nil {
			runtime.LockOSThread()
		}
	}
	started <- err
	if err == nil {
		p.state, p.err = p.cmd.Process.Wait()
	}
}

// bearIn has this thread's children born in a pid namespace; the thread itself
// stays where it is (pid_namespaces(7)). back undoes it.
func bearIn(pids string) (back func() error, err error) {
	if pids == "" {
		return func() error { return nil }, nil
	}
	own, err := unix.Open("/proc/thread-self/ns/pid_for_children", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, refused("open", "/proc/thread-self/ns/pid_for_children", err)
	}
	other, err := unix.Open(pids, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		err = unix.Setns(other, unix.CLONE_NEWPID)
		_ = unix.Close(other)
	}
	if err != nil {
		_ = unix.Close(own)
		return nil, refused("setns", quoted(pids), err)
	}
	return func() error {
		defer unix.Close(own)
		return unix.Setns(own, unix.CLONE_NEWPID)
	}, nil
}

// oneProcessor is for Go in the child, which does one thing after another:
// threads for more would only cost time.
const oneProcessor = "GOMAXPROCS=1"

// command is the child, before it is made.
func command(spec Spec, streams Streams, inherited []*os.File, program *os.File) *exec.Cmd {
	cmd := &exec.Cmd{
		Path: self, Args: []string{childName}, Env: []string{oneProcessor},
		ExtraFiles:  inherited,
		SysProcAttr: &syscall.SysProcAttr{Cloneflags: uintptr(spec.Namespaces &^ spec.late())},
	}
	if program != nil {
		cmd.Path = fmt.Sprintf("/proc/self/fd/%d", program.Fd())
	}
	spec.mapIDs(cmd)
	// An interface that holds a nil file would not be nil.
	if streams.In != nil {
		cmd.Stdin = streams.In
	}
	if streams.Out != nil {
		cmd.Stdout = streams.Out
	}
	if streams.Err != nil {
		cmd.Stderr = streams.Err
	}
	return cmd
}

// mapIDs has package syscall map the ids of a new user namespace, unless
// programs do it.
func (s Spec) mapIDs(cmd *exec.Cmd) {
	if s.MapTools != (MapTools{}) {
		cmd.Args = []string{unmappedName}
		return
	}
	attr := cmd.SysProcAttr
	attr.UidMappings, attr.GidMappings = mappings(s.UIDs), mappings(s.GIDs)
	attr.GidMappingsEnableSetgroups = s.Setgroups
	if s.Foreign {
		// Who is not root there loses all rights by execve(2).
		attr.Credential = &syscall.Credential{NoSetGroups: !s.Setgroups}
	}
}

// mappings is nil for no maps: package syscall would have the child wait for
// an empty map too, and without a new user namespace the parent waits for the
// child meanwhile (CLONE_VFORK), for ever.
func mappings(maps []IDMap) []syscall.SysProcIDMap {
	if len(maps) == 0 {
		return nil
	}
	list := make([]syscall.SysProcIDMap, len(maps))
	for i, m := range maps {
		list[i] = syscall.SysProcIDMap{ContainerID: m.Inside, HostID: m.Outside, Size: m.Size}
	}
	return list
}

// bare is the errno in an error, which the step's text makes clear, or the
// error itself when there is none.
func bare(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}
