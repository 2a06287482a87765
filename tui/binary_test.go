//go:build linux

package tui

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nsview/nsview/test/built"
)

// program builds nsview.
func program(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command: builds nsview")
	}
	bin, err := built.Nsview(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// maxInit is what initialising one package may allocate: every start of nsview
// pays for it, also that of list, which needs no screen. Known is what exceeds
// it and is accepted: tables that tablewriter's width package always makes.
const maxInit = 100 << 10

// The known trap is go-runewidth before v0.0.30, with two megabytes.
func TestStartAllocatesLittle(t *testing.T) {
	known := map[string]int{"github.com/olekukonko/tablewriter/pkg/twwidth": 700 << 10}
	cmd := exec.Command(program(t), "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	inits := regexp.MustCompile(`(?m)^init (\S+) .* (\d+) bytes,`).FindAllStringSubmatch(string(out), -1)
	if len(inits) < 10 {
		t.Fatalf("the runtime traced %d packages:\n%s", len(inits), out)
	}
	for _, m := range inits {
		bytes, err := strconv.Atoi(m[2])
		if limit := max(maxInit, known[m[1]]); err != nil || bytes > limit {
			t.Errorf("initialising %s allocates %d bytes, more than %d", m[1], bytes, limit)
		}
	}
}

// A program that looks methods up by a name it makes, as templates do, keeps
// every exported method of every type: nsview would be a quarter larger, on
// disk and in the memory of every command.
func TestNoTemplates(t *testing.T) {
	symbols, err := exec.Command("go", "tool", "nm", program(t)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(symbols), " main.main\n") {
		t.Fatal("nsview has no symbols")
	}
	if strings.Contains(string(symbols), " text/template.(*Template).Execute\n") {
		t.Error("nsview executes templates: cobra's setters of templates do")
	}
}

// The clipboard package of bubbles' text input looks through PATH in its init.
func TestNoSearchForClipboards(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command: lists packages")
	}
	out, err := exec.Command("go", "list", "-deps", "../cmd/nsview").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "atotto/clipboard") {
		t.Error("nsview links atotto/clipboard")
	}
}

// tmux is a terminal on a server of its own, in which a shell runs nsview and
// then says how the terminal was left.
type tmux struct {
	t      *testing.T
	socket string
	pids   string // the file with nsview's pid
}

func newTmux(t *testing.T, command string) tmux {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("needs tmux")
	}
	dir := t.TempDir()
	x := tmux{t, filepath.Join(dir, "tmux"), filepath.Join(dir, "pid")}
	script := fmt.Sprintf(`unset TMUX; stty -g >%[1]s/before; sh -c 'echo $$ >%[1]s/pid; exec %[2]s'
echo "status $?"; stty -g >%[1]s/after; cmp %[1]s/before %[1]s/after && echo restored; exec cat`, dir, command)
	// Named, because the shell of an account may be one that lets nobody in.
	x.run("-f", "/dev/null", "-u", "new-session", "-d", "-x", "80", "-y", "24", "sh", "-c", script)
	t.Cleanup(func() { x.run("kill-server") })
	return x
}

func (x tmux) run(args ...string) string {
	x.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", x.socket}, args...)...).CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (x tmux) keys(keys ...string) { x.run(append([]string{"send-keys"}, keys...)...) }

// wants waits until all texts are on the screen.
func (x tmux) wants(texts ...string) {
	x.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	screen := ""
	for deadline := time.After(20 * time.Second); ; {
		screen = x.run("capture-pane", "-p")
		if all(screen, texts) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			x.t.Fatalf("%q do not appear on the screen:\n%s", texts, screen)
		}
	}
}

func all(screen string, texts []string) bool {
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			return false
		}
	}
	return true
}

// left is the terminal after the end: the shell's screen, with its settings.
func (x tmux) left(status int) {
	x.t.Helper()
	x.wants(fmt.Sprintf("status %d", status), "restored")
	if on := x.run("display-message", "-p", "#{alternate_on}#{mouse_any_flag}#{cursor_flag}"); strings.TrimSpace(on) != "001" {
		x.t.Errorf("alternate screen, mouse, cursor: %s", on)
	}
}

// saved is the file of the fake host.
func saved(t *testing.T) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "host.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fakeHost().Save(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

func TestTerminal(t *testing.T) {
	bin, host := program(t), saved(t)
	t.Run("keys", func(t *testing.T) {
		x := newTmux(t, bin+" tui --from "+host)
		x.wants("Namespaces · 3", "4026532177 docker:web", "run/keep", "q quit")
		x.keys("j", "Enter")
		x.wants("mnt:[4026532177] · 6 mounts · 1 hidden", "data/資料")
		x.keys("/", "資", "Enter", "4")
		x.wants("/資 · 1 of 6 mounts", "source       /dev/vdb")
		x.run("resize-window", "-x", "20", "-y", "5")
		x.wants("? help • q quit")
		x.run("resize-window", "-x", "100", "-y", "30")
		x.wants("docker:web", "data/資料")
		x.keys("q")
		x.left(0)
	})
	t.Run("a signal", func(t *testing.T) {
		x := newTmux(t, bin+" tui --from "+host+" web")
		x.wants("mnt:[4026532177] · 6 mounts")
		text, err := os.ReadFile(x.pids)
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		x.left(2)
		x.wants("nsview: show the tui:")
	})
	t.Run("dumb", func(t *testing.T) {
		x := newTmux(t, "env TERM=dumb "+bin+" tui --from "+host)
		x.left(2)
		x.wants("nsview: start the tui: standard output is no terminal")
	})
	t.Run("no terminal", func(t *testing.T) {
		out, err := exec.Command(bin, "tui", "--from", host).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || string(out) != "nsview: start the tui: standard output is no terminal\n" {
			t.Errorf("%v: %s", err, out)
		}
	})
	t.Run("no colour", func(t *testing.T) {
		x := newTmux(t, "env NO_COLOR=yes "+bin+" tui --from "+host+" web")
		x.wants("opt (hidden)")
		screen := x.run("capture-pane", "-p", "-e")
		colour, reverse := regexp.MustCompile(`\x1b\[([0-9]+;)*(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]`), regexp.MustCompile(`\x1b\[([0-9]+;)*7m`)
		if colour.MatchString(screen) || !reverse.MatchString(screen) {
			t.Errorf("colours, or no chosen row:\n%q", screen)
		}
	})
}
