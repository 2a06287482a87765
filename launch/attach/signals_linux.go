package attach

import (
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Signals passes the signals that nsview gets on to a process. Those that are
// about nsview itself are not passed on: of its children, of Go's runtime, of
// broken pipes, and those by which a shell stops and continues it.
//
// The first process of a pid namespace is out of reach of signals that it does
// not handle. So that there is a way to end a container that answers to none,
// the third request to end kills it, as with docker run.
type Signals struct {
	signals chan os.Signal
}

// enough requests to end, SIGINT or SIGTERM, are an order.
const enough = 3

// Relay begins to pass signals on. Those that came before [Signals.To] are not
// lost.
func Relay() *Signals {
	s := &Signals{signals: make(chan os.Signal, 64)}
	signal.Notify(s.signals, passed()...)
	return s
}

// To names the receiver: send sends it a signal.
func (s *Signals) To(send func(os.Signal) error) {
	go func() {
		requests := 0
		for sig := range s.signals {
			if sig == unix.SIGINT || sig == unix.SIGTERM {
				if requests++; requests >= enough {
					sig = unix.SIGKILL
				}
			}
			_ = send(sig) // the one error is that it has ended
		}
	}()
}

// Stop ends it.
func (s *Signals) Stop() {
	signal.Stop(s.signals)
	close(s.signals)
}

// passed are the signals that are not about nsview itself.
func passed() []os.Signal {
	own := []syscall.Signal{
		unix.SIGCHLD, unix.SIGURG, unix.SIGPIPE, unix.SIGWINCH, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGCONT,
		unix.SIGKILL, unix.SIGSTOP, // of these nobody is told
		unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, // faults of nsview
	}
	var list []os.Signal
	for sig := syscall.Signal(1); sig <= 64; sig++ {
		if !slices.Contains(own, sig) {
			list = append(list, sig)
		}
	}
	return list
}
