//go:build linux

package propagation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// answer is what nsview explain -J says.
type answer struct {
	Verdict, Reason, Text string
	Evidence, Fix         []string
	Hops                  []struct {
		NS     *uint64
		Target *string
		Group  *int
		Via    string
	}
	Now  *answer
	Gaps []struct{ Subject, Op, Error string }

	code   int
	stderr string
}

// explain runs the program as a user would.
func explain(t *testing.T, cmd *exec.Cmd) answer {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	a := answer{code: cmd.ProcessState.ExitCode(), stderr: errs.String()}
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &a); err != nil {
			t.Fatalf("%v: %v\n%s", cmd.Args, err, out.String())
		}
	}
	return a
}

func nsview(args ...string) *exec.Cmd {
	return exec.Command(os.Getenv(nsviewVar), append([]string{"explain", "-J"}, args...)...)
}

// stage is a topology with nothing but its base, for a test to furnish.
func stage(t *testing.T) *topology {
	t.Helper()
	if noStage != "" {
		t.Skip(noStage)
	}
	for _, name := range []string{"sh", "mount", "umount", "cat"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("needs the program %s", name)
		}
	}
	return found(t, 0)
}

// sh runs a script in a namespace, in the base directory.
func (s *space) sh(w *topology, script string) {
	w.t.Helper()
	var out []byte
	err := s.in(func() (err error) {
		cmd := exec.Command("sh", "-ec", script)
		cmd.Dir = w.base
		out, err = cmd.CombinedOutput()
		return err
	})
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// at names a place below the base on the command line.
func (s *space) at(w *topology, path string) string {
	if s.pid != 0 {
		return strconv.Itoa(s.pid) + ":" + w.base + path
	}
	return fmt.Sprintf("mnt:[%d]:%s", s.ino, w.base+path)
}

// reason is one way in which a mount does or does not travel.
type reason struct {
	name     string
	base     string // what is done in the first namespace
	kind     kind   // of the second
	second   string // what is done there
	back     bool   // from the second to the first
	late     string // what is done in the first when the second is there
	from, to string // below the base
	verdict  string
	reason   string
	words    []string // of the text and the fixes
	now      string   // the reason about what is mounted already, "" for none
	nowWords []string
}

// TestReasons stages every reason, asks, and has the kernel judge.
func TestReasons(t *testing.T) {
	for _, r := range reasons {
		t.Run(strings.ReplaceAll(r.name, " ", "-"), func(t *testing.T) { r.check(t) })
	}
}

func (r reason) check(t *testing.T) {
	w := stage(t)
	w.spaces[0].sh(w, r.base)
	second := w.spaces[0].clone(t, r.kind)
	w.spaces = append(w.spaces, second)
	second.sh(w, r.second)
	w.spaces[0].sh(w, r.late)
	from, to := w.spaces[0], second
	if r.back {
		from, to = to, from
	}
	a := explain(t, nsview(from.at(w, r.from), to.at(w, r.to)))
	said := a.Text + "\n" + strings.Join(a.Fix, "\n")
	if a.Verdict != r.verdict || a.Reason != r.reason {
		t.Errorf("%s (%s): %s\n%s", a.Verdict, a.Reason, said, a.stderr)
	}
	if want := map[string]int{"yes": 0, "no": 1, "unknown": 3}[a.Verdict]; a.code != want {
		t.Errorf("exit %d, want %d", a.code, want)
	}
	contains(t, said, r.words)
	if len(a.Evidence) == 0 || !strings.Contains(a.Evidence[0], " - tmpfs ") {
		t.Errorf("evidence %q", a.Evidence)
	}
	r.checkNow(t, a.Now)
	truth := w.ask(spot{space: from, path: w.base + r.from}, spot{space: to, path: w.base + r.to}, "probe")
	if truth.there != (a.Verdict == "yes") {
		t.Errorf("nsview says %s, the kernel %v (mount: %v)", a.Verdict, truth.there, truth.refused)
	}
}

func (r reason) checkNow(t *testing.T, now *answer) {
	t.Helper()
	if r.now == "" {
		return
	}
	if now == nil || now.Reason != r.now {
		t.Fatalf("about what is mounted already: %+v, want %s", now, r.now)
	}
	contains(t, now.Text+"\n"+strings.Join(now.Fix, "\n"), r.nowWords)
}

func contains(t *testing.T, text string, words []string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("it does not say %q:\n%s", word, text)
		}
	}
}

// What was mounted before two mounts were joined does not travel
// (MOVE_MOUNT_SET_GROUP of move_mount(2), Linux 5.15).
func TestCameTooEarly(t *testing.T) {
	w := stage(t)
	first := w.spaces[0]
	first.sh(w, "mount -t tmpfs t a; mkdir a/m")
	second := first.clone(t, byProcess)
	w.spaces = append(w.spaces, second)
	first.sh(w, "mount --make-shared a; mount -t tmpfs early a/m")
	join(t, first, second, w.base+"/a")
	a := explain(t, nsview(first.at(w, "/a/m"), second.at(w, "/a/m")))
	if a.Now == nil || a.Now.Reason != "came-too-early" || a.Now.Verdict != "no" {
		t.Fatalf("about what is mounted already: %+v", a.Now)
	}
	contains(t, a.Now.Text+strings.Join(a.Now.Fix, "\n"), []string{"not retroactive", "umount"})
	if a := explain(t, nsview(first.at(w, "/a"), second.at(w, "/a"))); a.Verdict != "yes" {
		t.Errorf("%s (%s): %s", a.Verdict, a.Reason, a.Text)
	}
}

// join puts a private mount of one namespace into the group of another's.
func join(t *testing.T, from, to *space, path string) {
	t.Helper()
	const setGroup = 0x100 // MOVE_MOUNT_SET_GROUP
	var source int
	err := from.in(func() (err error) {
		source, err = unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(source)
	err = to.in(func() error {
		return unix.MoveMount(source, "", unix.AT_FDCWD, path, unix.MOVE_MOUNT_F_EMPTY_PATH|setGroup)
	})
	if err != nil {
		t.Fatalf("set the peer group: %v", err)
	}
}
