//go:build linux

package run_test

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// screen is a program on a terminal, and what it has shown.
type screen struct {
	t        *testing.T
	cmd      *exec.Cmd
	keyboard *os.File
	mu       sync.Mutex
	shown    strings.Builder
	ended    chan struct{}
}

// onScreen starts nsview on a terminal of its own.
func onScreen(t *testing.T, args ...string) *screen {
	t.Helper()
	box(t, "true") // or the test skips
	keyboard, tty := openTerminal(t)
	try(t, unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 25, Col: 81}))
	s := &screen{t: t, keyboard: keyboard, ended: make(chan struct{}), cmd: command(t, args...)}
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = tty, tty, tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	try(t, s.cmd.Start())
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := keyboard.Read(b)
			s.mu.Lock()
			s.shown.Write(b[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() {
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	return s
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

// sees waits for a text.
func (s *screen) sees(text string) {
	s.t.Helper()
	defer func() {
		if s.t.Failed() {
			s.t.Logf("the screen shows\n%s", s.text())
		}
	}()
	until(s.t, "the screen shows "+text, func() bool { return strings.Contains(s.text(), text) })
}

func (s *screen) types(text string) {
	s.t.Helper()
	_, err := s.keyboard.WriteString(text)
	try(s.t, err)
}

// The shell on a terminal: of the container's devpts, with job control, of the
// user's size, also when that changes; the user's terminal is as it was.
func TestShellOnATerminal(t *testing.T) {
	for _, flags := range [][]string{nil, {"-i", "-t"}, {"-it", "--init"}} {
		s := onScreen(t, append(append([]string{"run"}, flags...), "-e", "PS1=box% ")...)
		before, err := unix.IoctlGetTermios(int(s.keyboard.Fd()), unix.TCGETS)
		try(t, err)
		s.sees("box% ")
		s.types("tty; stty size; ls -l /dev/console; echo TERM is $TERM\r")
		s.sees("/dev/pts/0\r\n25 81\r\n")
		s.sees("TERM is vt100")
		s.types("sh -c 'echo sleep\"ing\"; exec sleep 1000'\r")
		s.sees("sleeping")
		s.types("\x1a") // Ctrl-Z
		s.sees("Stopped")
		s.types("fg\r")
		s.sees("fg\r\nsh -c ")
		s.types("\x03") // Ctrl-C
		s.types("echo back at $?\r")
		s.sees("back at 130")
		try(t, unix.IoctlSetWinsize(int(s.keyboard.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 33, Col: 99}))
		s.types("until stty size | grep '^33 99'; do :; done\r")
		s.sees("33 99\r\n")
		s.types("exit 6\r")
		<-s.ended
		if status := s.cmd.ProcessState.ExitCode(); status != 6 {
			t.Errorf("%v: status %d\n%s", flags, status, s.text())
		}
		if after, err := unix.IoctlGetTermios(int(s.keyboard.Fd()), unix.TCGETS); err != nil || *after != *before && after.Lflag&unix.ICANON == 0 {
			t.Errorf("%v: the terminal is left as %+v", flags, after)
		}
	}
}

// cooked says whether a terminal is as a shell leaves it to a program.
func cooked(t *testing.T, f *os.File) bool {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	try(t, err)
	const all = unix.ICANON | unix.ECHO | unix.ISIG
	return s.Lflag&all == all
}

// However the container ends, the terminal is set back.
func TestTerminalIsSetBack(t *testing.T) {
	for name, end := range map[string]func(*screen){
		"a signal": func(s *screen) { try(t, s.cmd.Process.Signal(unix.SIGTERM)) },
		"the command is killed": func(s *screen) {
			s.types("kill -9 0; kill -9 -1\r")
			s.types("exit\r")
		},
	} {
		s := onScreen(t, "run", "-it", "--", "sh", "-c", "trap 'exit 2' TERM; echo ready; while :; do read x; eval $x; done")
		s.sees("ready")
		if cooked(t, s.keyboard) {
			t.Errorf("%s: the terminal is not raw meanwhile", name)
		}
		end(s)
		<-s.ended
		if !cooked(t, s.keyboard) {
			t.Errorf("%s: the terminal is left raw", name)
		}
	}
	s := onScreen(t, "run", "-it", "--", "no-such-command")
	<-s.ended
	if !cooked(t, s.keyboard) || s.cmd.ProcessState.ExitCode() != 127 {
		t.Errorf("a command that is not there: status %d\n%s", s.cmd.ProcessState.ExitCode(), s.text())
	}
}

// Stopped and continued by a shell, nsview gives the terminal back and takes it
// again.
func TestStoppedFromOutside(t *testing.T) {
	s := onScreen(t, "run", "-it", "--", "sh", "-c", "echo ready; read x; echo got $x")
	s.sees("ready")
	try(t, s.cmd.Process.Signal(unix.SIGTSTP))
	until(t, "the terminal is given back", func() bool { return cooked(t, s.keyboard) })
	try(t, s.cmd.Process.Signal(unix.SIGCONT))
	until(t, "the terminal is taken again", func() bool {
		_ = s.cmd.Process.Signal(unix.SIGCONT) // it may not have stopped yet
		return !cooked(t, s.keyboard)
	})
	s.types("words\r")
	s.sees("got words")
	<-s.ended
}

// When the user's terminal goes, the shell in the container comes to its end.
func TestHangUp(t *testing.T) {
	before := lookAtHost(t)
	s := onScreen(t, "run", "-e", "PS1=box% ")
	s.sees("box% ")
	try(t, s.keyboard.Close())
	<-s.ended
	before.compare(t)
}
