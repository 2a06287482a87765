//go:build linux

package tui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// panicVar has the test binary show a screen that fails: in a command, or when
// c is pressed.
const panicVar = "NSVIEW_TUI_TEST_PANIC"

func TestMain(m *testing.M) {
	where := os.Getenv(panicVar)
	if where == "" {
		os.Exit(m.Run())
	}
	o := Options{
		Out: os.Stdout, Environ: os.Environ(),
		Look: func(context.Context, snapshot.Want) (*world.World, error) {
			if where == "command" {
				panic("a command of the test")
			}
			return world.Build(fakeHost()), nil
		},
		Starts: func() ([]Start, error) { panic("an update of the test") },
	}
	if err := Run(context.Background(), o); err != nil {
		fmt.Fprintf(os.Stderr, "nsview: %v\n", err)
		os.Exit(2)
	}
}

func TestPanicRestoresTheTerminal(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("in a command", func(t *testing.T) {
		x := newTmux(t, "env "+panicVar+"=command "+self)
		x.left(2)
	})
	t.Run("in an update", func(t *testing.T) {
		x := newTmux(t, "env "+panicVar+"=update "+self)
		x.wants("docker:web")
		x.keys("c")
		x.left(2)
	})
}

// lacks waits until a text is gone from the screen.
func (x tmux) lacks(text string) {
	x.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(20 * time.Second); ; {
		screen := x.run("capture-pane", "-p")
		if !strings.Contains(screen, text) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			x.t.Fatalf("%q stays on the screen:\n%s", text, screen)
		}
	}
}

func TestSuspend(t *testing.T) {
	bin, host := program(t), saved(t)
	script := filepath.Join(t.TempDir(), "jobs.sh")
	text := "set -m\n" + bin + " tui --from " + host + " web\necho \"suspended $?\"; read x; fg >/dev/null\n"
	if err := os.WriteFile(script, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	x := newTmux(t, "sh "+script)
	x.wants("mnt:[4026532177] · 6 mounts")
	x.keys("C-z")
	x.wants("suspended 148")
	x.keys("Enter")
	x.wants("mnt:[4026532177] · 6 mounts", "? help")
	x.keys("q")
	x.left(0)
}

// stage runs a command in a mount and a pid namespace of its own, where the
// directory s is shared; a shell in another mount namespace has a peer of it, or a
// slave. That shell does what is written to the pipe do.
const stage = `
cd "$1" && how=$2 && shift 2
mount -t tmpfs stage s && mount --make-shared s && mkdir s/usb && mkfifo do said || exit 9
unshare -m --propagation $how sh -c 'while :; do sh do; done' &
"$@"
`

// The whole of it: a mount in another namespace shows as it happens, with what
// it reached; going back in time it is not there, and then it is again.
func TestLiveTerminal(t *testing.T) {
	x := onStage(t, "unchanged")
	x.elsewhere("mount -t tmpfs stick s/usb")
	x.wants("tmpfs stick", "→ 1", "─usb")
	x.keys("5", "Up")
	x.wants("● ", "○ ", "(peer)")
	x.keys("[")
	x.wants("PAST · after event 0 of 1")
	x.lacks("─usb")
	x.keys("]")
	x.wants("─usb", " live")
	x.elsewhere("umount s/usb")
	x.lacks("─usb")
	x.wants("umount")
	x.keys("q")
	x.left(0)
}

// What would be mounted shows in the other namespace's tree, and is not mounted
// anywhere.
func TestPreviewTerminal(t *testing.T) {
	x := onStage(t, "slave")
	x.keys("P", "C-u")
	x.keys("-l", "mount tmpfs "+filepath.Join(x.dir, "s/usb"))
	x.keys("Enter")
	x.wants("if: mount tmpfs ", "IF: ok · +2 -0 ~0 in 2 namespaces", "└─usb", "⇄ shared:-1")
	x.keys("1", "j", "4")
	x.wants("└─usb", "↓ master:-1", "it is new, as slave", "its parent receives from group")
	x.keys("Escape")
	x.lacks("usb")
	x.wants(" live", "nothing has happened since")
	x.elsewhere("cat /proc/self/mountinfo >said")
	table, err := os.ReadFile(filepath.Join(x.dir, "said"))
	if err != nil || !strings.Contains(string(table), "master:") || strings.Contains(string(table), "usb") {
		t.Errorf("%v: the other namespace has\n%s", err, table)
	}
	x.keys("q")
	x.left(0)
}

// staged is a terminal that shows a stage.
type staged struct {
	tmux
	dir string
}

// onStage begins to show a stage with this propagation between its namespaces.
func onStage(t *testing.T, propagation string) staged {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes namespaces")
	}
	if err := exec.Command("unshare", "-m", "-p", "-f", "true").Run(); err != nil {
		t.Skipf("needs namespaces of its own: %v", err)
	}
	bin, dir := program(t), t.TempDir()
	script := filepath.Join(dir, "stage.sh")
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "s"), 0o755), os.WriteFile(script, []byte(stage), 0o644)); err != nil {
		t.Fatal(err)
	}
	x := newTmux(t, fmt.Sprintf("unshare -m -p -f --mount-proc sh %s %s %s %s tui", script, dir, propagation, bin))
	x.run("resize-window", "-x", "160", "-y", "50")
	x.wants("Namespaces · 2", " live")
	return staged{x, dir}
}

// elsewhere has the other namespace do something.
func (s staged) elsewhere(command string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "do"), []byte(command+"\n"), 0); err != nil {
		s.t.Fatal(err)
	}
}
