//go:build linux

package oracle_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nsview/nsview/fixtures/labs"
	"github.com/nsview/nsview/test/built"
)

// deeds are those of one walk, the same for a number.
func deeds(n uint64) []deed {
	rnd := rand.New(rand.NewPCG(n, 2))
	list := make([]deed, eachWalk)
	for i := range list {
		list[i] = deed(rnd.Uint64())
	}
	return list
}

// TestLabsOfWalks writes walks down, as lines that do the same once more and as
// labs. It needs no kernel.
func TestLabsOfWalks(t *testing.T) {
	for n := range uint64(30) {
		th := paper("6.18")
		if err := th.wander(deeds(n)); err != nil {
			t.Fatal(err)
		}
		text := th.lab(nil)
		l, err := labs.Parse("walk.lab", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if did := len(l.Steps[0].Actions); did <= len(th.notes) {
			t.Errorf("walk %d: %d actions of %d operations", n, did, len(th.notes))
		}
		again := paper("6.18")
		for _, line := range th.lines() {
			if err := again.perform(line); err != nil {
				t.Fatalf("walk %d: %s: %v", n, line, err)
			}
		}
		if got, want := strings.Join(again.lines(), "\n"), strings.Join(th.lines(), "\n"); got != want {
			t.Errorf("walk %d: %s\nis written\n%s", n, want, got)
		}
	}
}

// nsview is the program that runs labs, built beside the base.
var nsview = sync.OnceValues(func() (string, error) { return built.Nsview(filepath.Dir(os.Getenv(baseVar))) })

// replay runs a lab, and gives its status and the claims that do not hold: of
// the lab, and those that nsview predict adds to every operation.
func replay(t *testing.T, text string) (status int, claims, predictions []string) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil && os.Getenv(built.Var) == "" {
		t.Skipf("needs the go tool, or a built nsview that %s names", built.Var)
	}
	program, err := nsview()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "walk.lab")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "lab", "run", "-J", file)
	out, err := cmd.Output()
	var said struct{ Labs []labs.Outcome }
	if json.Unmarshal(out, &said) != nil || len(said.Labs) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	for _, s := range said.Labs[0].Steps {
		for _, a := range s.Actions {
			for _, c := range a.Checks {
				line := fmt.Sprintf("%s; claim: %s; kernel: %s", a.Text, c.Claim, c.Kernel)
				switch {
				case c.Holds:
				case c.Predicted:
					predictions = append(predictions, line)
				default:
					claims = append(claims, line)
				}
			}
		}
	}
	if r := said.Labs[0].Reason; r != "" {
		t.Errorf("%s: %s", said.Labs[0].Verdict, r)
	}
	return cmd.ProcessState.ExitCode(), claims, predictions
}

// TestReplay walks, and has nsview run the labs: every operation ends in the lab
// as it did on the walk, and the mounts are the same in the end. The lab's own
// predictions hold too, which start from what nsview reads of the host.
func TestReplay(t *testing.T) {
	onStage(t)
	for n := range uint64(6) {
		th, err := open(os.Getenv(baseVar), newCount())
		if err != nil {
			t.Fatal(err)
		}
		err = th.wander(deeds(n))
		text := th.lab(err)
		th.close()
		if errors.Is(err, errOpen) {
			continue // what the mounts are is not known
		}
		if err != nil {
			t.Fatalf("walk %d: %v", n, err)
		}
		if status, claims, predictions := replay(t, text); status != 0 {
			t.Errorf("walk %d: status %d: %s\n%s", n, status, strings.Join(append(claims, predictions...), "\n"), text)
		}
	}
}

// TestReplayShowsDifference: what is found on a walk because the prediction is
// wrong is shown by the lab too.
func TestReplayShowsDifference(t *testing.T) {
	onStage(t)
	for _, c := range []struct {
		name   string
		before []string
		wrong  string // is predicted, and not done
		line   string
		shown  string
	}{
		{
			"an operation is said to fail",
			[]string{"@0 mount /a", "@0 mount /a/b"},
			"@0 make-shared /a", "@0 move /a/b /c",
			"move /a/b /c; claim: fails EINVAL; kernel: ok",
		},
		{
			"an operation is said to succeed",
			[]string{"@0 mount /a"},
			"@0 mount /b", "@0 umount /b",
			"umount /b; claim: ok; kernel: EINVAL",
		},
		{
			"another propagation type",
			[]string{"@0 mount /a"},
			"@0 make-shared /a", "@0 mount /a/b",
			"claim: seat0 has /a/b prop=shared count=1; kernel: tmpfs full private",
		},
		{
			"a mount that comes elsewhere",
			[]string{"@0 make-shared /", "@0 unshare"},
			"@1 make-slave /", "@1 mount /c",
			"claim: seat0 has /c count=0; kernel: tmpfs full shared",
		},
		{
			"other flags",
			[]string{"@0 mount /a"},
			"@0 remount +noexec /a", "@0 bind /a /b",
			"claim: seat0 has /b options=noexec,relatime count=1; kernel: tmpfs full private",
		},
		{
			"other groups",
			[]string{"@0 mount /a", "@0 make-shared /a", "@0 bind /a /b"},
			"@0 make-private /b ; @0 make-shared /b", "@0 mount /c",
			"claim: seat0:/a apart seat0:/b; kernel: shared:",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			th, err := open(os.Getenv(baseVar), newCount())
			if err != nil {
				t.Fatal(err)
			}
			defer th.close()
			for _, line := range c.before {
				if err := th.perform(line); err != nil {
					t.Fatal(err)
				}
			}
			for line := range strings.SplitSeq(c.wrong, " ; ") {
				at, op, err := operation(line)
				if err != nil {
					t.Fatal(err)
				}
				op.By = th.seats[at].actor
				if r := th.state.Apply(op).Refusal; r != nil {
					t.Fatal(r)
				}
			}
			at, op, err := operation(c.line)
			if err != nil {
				t.Fatal(err)
			}
			difference := th.step(at, op)
			if difference == nil {
				t.Fatal("no difference")
			}
			text := th.lab(difference)
			status, claims, predictions := replay(t, text)
			if said := strings.Join(claims, "\n"); status != 1 || !strings.Contains(said, c.shown) || len(predictions) > 0 {
				t.Errorf("status %d: %s\n%s\n%v\n%s", status, said, predictions, difference, text)
			}
		})
	}
}
