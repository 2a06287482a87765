package attach

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Terminal connects a user's terminal with the master of another: what is typed
// goes there raw, what comes back is shown, and both are of the same size. The
// user's terminal is set back by [Terminal.Close], before nsview is stopped by a
// signal, and when a goroutine of this package panics.
type Terminal struct {
	user   *os.File // nil when nothing is read
	master *os.File

	mu      sync.Mutex
	cooked  *term.State // nil while it is not raw
	wake    *os.File    // its end ends the reading
	ended   *os.File
	signals chan os.Signal
	work    sync.WaitGroup
	showing bool
	shown   chan struct{} // closed when all that came is shown
}

// patience is for processes that have a terminal whose container has ended.
const patience = 200 * time.Millisecond

// Size is that of a terminal in rows and columns; not ok for what is none.
func Size(f *os.File) (rows, columns uint16, ok bool) {
	if f == nil {
		return 0, 0, false
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0, false
	}
	return size.Row, size.Col, true
}

// Connect starts to copy, and takes the master over: [Terminal.Close] closes it. What is typed comes from user, a terminal, or nothing
// when it is nil; what the master says goes to out.
func Connect(user, master *os.File, out io.Writer) (*Terminal, error) {
	t := &Terminal{user: user, master: master, shown: make(chan struct{}), signals: make(chan os.Signal, 16)}
	var err error
	if t.ended, t.wake, err = os.Pipe(); err != nil {
		return nil, fmt.Errorf("connect the terminal: %w", err)
	}
	signal.Notify(t.signals, unix.SIGWINCH, unix.SIGTSTP, unix.SIGCONT)
	if err := t.raw(); err != nil {
		t.Close()
		return nil, err
	}
	t.resize()
	t.start(t.follow)
	t.start(t.read)
	t.showing = true
	go func() {
		defer close(t.shown)
		defer t.guard()
		t.show(out)
	}()
	return t, nil
}

// start runs a part of the work until Close.
func (t *Terminal) start(part func()) {
	t.work.Add(1)
	go func() {
		defer t.work.Done()
		defer t.guard()
		part()
	}()
}

// guard sets the terminal back when a goroutine panics: the message should be
// read on a terminal that works.
func (t *Terminal) guard() {
	if p := recover(); p != nil {
		t.restore()
		panic(p)
	}
}

// Close shows what has come, stops copying and sets the user's terminal back.
// It is called when the container has ended, and more than once does no harm.
func (t *Terminal) Close() {
	t.mu.Lock()
	wake := t.wake
	t.wake = nil
	t.mu.Unlock()
	if wake == nil {
		return
	}
	signal.Stop(t.signals)
	_ = wake.Close()
	close(t.signals)
	t.work.Wait()
	if t.showing {
		// It ends with the last process that has the other end. Where one is
		// left behind, without a pid namespace, it is called off.
		late := time.AfterFunc(patience, func() { _ = t.master.SetReadDeadline(aMomentAgo) })
		<-t.shown
		late.Stop()
	}
	t.restore()
	_ = t.ended.Close()
	_ = t.master.Close()
}

// raw lets all keys through to the container.
func (t *Terminal) raw() error {
	if t.user == nil {
		return nil
	}
	state, err := term.MakeRaw(int(t.user.Fd()))
	if err != nil {
		return fmt.Errorf("make the terminal raw: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cooked == nil { // or it is raw already
		t.cooked = state
	}
	return nil
}

// restore makes the terminal as it was.
func (t *Terminal) restore() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cooked != nil {
		// The one error is that the terminal has gone.
		_ = term.Restore(int(t.user.Fd()), t.cooked)
		t.cooked = nil
	}
}

// follow does what signals about the user's terminal ask for.
func (t *Terminal) follow() {
	for s := range t.signals {
		switch s {
		case unix.SIGWINCH:
			t.resize()
		case unix.SIGTSTP:
			t.restore()
			_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
		case unix.SIGCONT:
			// A shell has set the terminal to its own liking meanwhile.
			_ = t.raw()
			t.resize()
		}
	}
}

// resize gives the container's terminal the size of the user's.
func (t *Terminal) resize() {
	if t.user == nil {
		return
	}
	if size, err := unix.IoctlGetWinsize(int(t.user.Fd()), unix.TIOCGWINSZ); err == nil {
		_ = control(t.master, func(fd int) error { return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, size) })
	}
}

// control calls with a descriptor that stays with Go's poller.
func control(f *os.File, do func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var done error
	err = conn.Control(func(fd uintptr) { done = do(int(fd)) })
	return errors.Join(err, done)
}
