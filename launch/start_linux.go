package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Process is a command that was started.
type Process struct {
	cmd   *exec.Cmd
	done  chan struct{} // closed when state and err are set
	state *os.ProcessState
	err   error
}

// Start starts a command and returns when it runs in its new surroundings. The
// error is a [*StepError] when one of the steps of the plan was refused; then
// nothing is left of it. The command is killed when ctx ends, and by the kernel
// when this program does.
func Start(ctx context.Context, spec Spec, streams Streams) (*Process, error) {
	steps, err := Plan(spec)
	if err != nil {
		return nil, err
	}
	ends, err := newEnds()
	if err != nil {
		return nil, fmt.Errorf("start the child: %w", err)
	}
	defer ends.close()
	p := &Process{cmd: command(spec, streams, ends), done: make(chan struct{})}
	started := make(chan error, 1)
	go p.keep(ctx, started)
	if err := <-started; err != nil {
		return nil, stepError(steps, 1, bare(err))
	}
	if err := ends.talk(steps); err != nil {
		p.Stop()
		return nil, errors.Join(ctx.Err(), err)
	}
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

// keep starts the child and waits for its end on one thread: the kernel kills
// the child when the thread that made it ends, not when the process does. The
// thread is as it was, so that it may go on to other work afterwards.
func (p *Process) keep(ctx context.Context, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	err := p.cmd.Start()
	if err == nil {
		defer context.AfterFunc(ctx, func() { _ = p.Signal(unix.SIGKILL) })()
	}
	started <- err
	if err == nil {
		p.state, p.err = p.cmd.Process.Wait()
	}
}

// command is the child, before it is made.
func command(spec Spec, streams Streams, e *ends) *exec.Cmd {
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{childName},
		ExtraFiles: []*os.File{e.planR, e.reportW},
		SysProcAttr: &syscall.SysProcAttr{
			Cloneflags:                 uintptr(spec.Namespaces),
			UidMappings:                mappings(spec.UIDs),
			GidMappings:                mappings(spec.GIDs),
			GidMappingsEnableSetgroups: spec.Setgroups,
			Pdeathsig:                  unix.SIGKILL,
		},
	}
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

// ends are both ends of both pipes.
type ends struct{ planR, planW, reportR, reportW *os.File }

func newEnds() (*ends, error) {
	var e ends
	var err error
	if e.planR, e.planW, err = os.Pipe(); err != nil {
		return nil, err
	}
	if e.reportR, e.reportW, err = os.Pipe(); err != nil {
		e.close()
		return nil, err
	}
	return &e, nil
}

func (e *ends) close() {
	for _, f := range []*os.File{e.planR, e.planW, e.reportR, e.reportW} {
		_ = f.Close() // nil and closed files say so and do no harm
	}
}

// talk sends the plan to the child and listens until it has succeeded or
// failed. The child's ends are closed first: an end is seen only when nobody
// holds the other one.
func (e *ends) talk(steps []Step) error {
	_ = e.planR.Close()
	_ = e.reportW.Close()
	_, err := e.planW.Write(encode(steps))
	if err == nil {
		err = e.planW.Close()
	}
	if err != nil && !errors.Is(err, unix.EPIPE) { // a dead child shows below
		return fmt.Errorf("send the plan to the child: %w", err)
	}
	return listen(e.reportR, steps)
}

func listen(r io.Reader, steps []Step) error {
	for done := 1; ; {
		rep, err := readReport(r)
		switch {
		case errors.Is(err, io.EOF) && done == len(steps)-1:
			return nil
		case errors.Is(err, io.EOF):
			return stepError(steps, done+1, ErrEnded)
		case err != nil:
			return fmt.Errorf("listen to the child: %w", err)
		case rep.step <= done || rep.step > len(steps):
			return fmt.Errorf("listen to the child: it speaks of step %d after step %d", rep.step, done)
		case rep.kind == reportFailed:
			return stepError(steps, rep.step, rep.errno)
		}
		done = rep.step
	}
}
