//go:build linux

package attach

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pair is a pseudoterminal.
func pair(t *testing.T) (master, tty *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("needs terminals: %v", err)
	}
	master = os.NewFile(uintptr(fd), "master")
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := unix.Open(fmt.Sprintf("/dev/pts/%d", n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	tty = os.NewFile(uintptr(slave), "tty")
	t.Cleanup(func() { master.Close(); tty.Close() })
	return master, tty
}

// shownText is a writer that can be read meanwhile.
type shownText struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shownText) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *shownText) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// until polls for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.After(20 * time.Second)
	for again := time.Tick(time.Millisecond); !holds(); {
		select {
		case <-again:
		case <-late:
			t.Fatal("waited in vain until " + what)
		}
	}
}

func settings(t *testing.T, f *os.File) unix.Termios {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

func TestConnect(t *testing.T) {
	keyboard, user := pair(t)
	master, tty := pair(t)
	before := settings(t, user)
	size := unix.Winsize{Row: 31, Col: 97}
	if err := unix.IoctlSetWinsize(int(user.Fd()), unix.TIOCSWINSZ, &size); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `trap 'echo interrupted' INT; read line; echo "got $line"; stty size; read x; stty size; echo last`)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	var out shownText
	term, err := Connect(user, master, &out)
	if err != nil {
		t.Fatal(err)
	}
	if during := settings(t, user); during.Lflag&(unix.ICANON|unix.ECHO|unix.ISIG) != 0 {
		t.Error("the user's terminal is not raw")
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	if _, err := keyboard.WriteString("words\r"); err != nil {
		t.Fatal(err)
	}
	until(t, "the line is read, and the size is the user's", func() bool { return strings.Contains(out.String(), "got words\r\n31 97\r\n") })
	size.Row = 44
	if err := unix.IoctlSetWinsize(int(user.Fd()), unix.TIOCSWINSZ, &size); err != nil {
		t.Fatal(err)
	}
	// The kernel sends the signal to the terminal's foreground, which the test is not.
	if err := unix.Kill(os.Getpid(), unix.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	until(t, "the size has followed", func() bool {
		now, err := unix.IoctlGetWinsize(int(master.Fd()), unix.TIOCGWINSZ)
		return err == nil && now.Row == 44
	})
	if _, err := keyboard.WriteString("\x03\r"); err != nil { // Ctrl-C is for the command alone
		t.Fatal(err)
	}
	_ = cmd.Wait()
	term.Close()
	term.Close()
	if got := out.String(); !strings.Contains(got, "interrupted") || !strings.HasSuffix(got, "44 97\r\nlast\r\n") {
		t.Errorf("it said %q", got)
	}
	if after := settings(t, user); after != before {
		t.Errorf("the user's terminal is left as %+v, it was %+v", after, before)
	}
}

// When the user's terminal goes, the container's does: whoever reads from it
// comes to the end, whatever signals do.
func TestHangUp(t *testing.T) {
	keyboard, user := pair(t)
	master, tty := pair(t)
	term, err := Connect(user, master, &shownText{})
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	if err := keyboard.Close(); err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	if n, err := tty.Read(b[:]); n != 0 || err == nil {
		t.Errorf("read %d, %v", n, err)
	}
}

// Somebody keeps the terminal open: all that was said is shown, and it ends.
func TestCloseDoesNotWaitForEver(t *testing.T) {
	master, tty := pair(t)
	var out shownText
	term, err := Connect(nil, master, &out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tty.WriteString("said\n"); err != nil {
		t.Fatal(err)
	}
	term.Close()
	if out.String() != "said\r\n" {
		t.Errorf("it showed %q", out.String())
	}
}

func TestNoTerminal(t *testing.T) {
	master, _ := pair(t)
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, _, ok := Size(f); ok {
		t.Error("/dev/null has a size")
	}
	if _, err := Connect(f, master, &shownText{}); err == nil || !strings.HasPrefix(err.Error(), "make the terminal raw: ") {
		t.Errorf("got %v", err)
	}
}

func TestRelay(t *testing.T) {
	s := Relay()
	defer s.Stop()
	got := make(chan os.Signal, 16)
	send := func(sig unix.Signal) {
		if err := unix.Kill(os.Getpid(), sig); err != nil {
			t.Fatal(err)
		}
	}
	send(unix.SIGUSR1) // before anybody is there to get it
	s.To(func(sig os.Signal) error { got <- sig; return nil })
	if sig := <-got; sig != unix.SIGUSR1 {
		t.Errorf("got %v", sig)
	}
	send(unix.SIGWINCH)
	for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGTERM} {
		send(sig)
		if relayed := <-got; relayed != sig {
			t.Errorf("%v became %v", sig, relayed)
		}
	}
	send(unix.SIGTERM)
	if sig := <-got; sig != unix.SIGKILL {
		t.Errorf("the third request became %v", sig)
	}
}
