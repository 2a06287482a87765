//go:build linux

package holders_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// answer is what holders -J says, and its exit status.
type answer struct {
	Target   struct{ Kind, Path, Block string }
	Alive    []string `json:"alive_evidence"`
	Verdicts struct{ Umount, Device, Remove verdict }
	Holders  []holder
	Suspects []holder
	Plan     []string `json:"release_plan"`
	Coverage struct {
		Tasks, Namespaces struct{ Read, Total int }
		Sources           []struct {
			Source string
			Read   bool
		}
	}
	Gaps []struct{ Subject, Op, Error string }
	code int
	text string
}

type verdict struct{ Answer, Errno, Text string }

type holder struct {
	Kind     string
	Count    int
	Blocks   []string
	Goes     bool `json:"goes_with_umount"`
	NS       *struct{ Inode uint64 }
	Mount    *struct{ ID, MP string }
	Task     *struct{ PID, TID int }
	Where    string
	Evidence string
	Release  []string
}

// UnmarshalJSON takes a mount's id for text, as only its presence matters.
func (h *holder) UnmarshalJSON(b []byte) error {
	type plain struct {
		Kind     string
		Count    int
		Blocks   []string
		Goes     bool `json:"goes_with_umount"`
		NS       *struct{ Inode uint64 }
		Task     *struct{ PID, TID int }
		Where    string
		Evidence string
		Release  []string
	}
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*h = holder{p.Kind, p.Count, p.Blocks, p.Goes, p.NS, nil, p.Task, p.Where, p.Evidence, p.Release}
	return nil
}

// holders asks nsview.
func holders(t *testing.T, args ...string) answer {
	t.Helper()
	out, _, code := nsview(t, append([]string{"holders", "-J"}, args...)...)
	a := answer{code: code, text: out}
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatalf("holders %q: exit %d, no JSON: %v\n%s", args, code, err, out)
	}
	return a
}

func nsview(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	cmd := exec.Command(os.Getenv(nsviewVar), args...)
	cmd.Dir = "/"
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// want is what the answer has to name.
type want struct {
	kind   string // begins with it
	pid    int    // 0 for any
	ns     uint64 // 0 for any
	blocks string // "" for any
	part   string // of where or evidence
}

func (w want) is(h holder) bool {
	return strings.HasPrefix(h.Kind, w.kind) &&
		(w.pid == 0 || h.Task != nil && h.Task.PID == w.pid) &&
		(w.ns == 0 || h.NS != nil && h.NS.Inode == w.ns) &&
		(w.blocks == "" || slices.Contains(h.Blocks, w.blocks)) &&
		strings.Contains(h.Where+" "+h.Evidence, w.part)
}

// names checks that a holder is among the rows.
func (a answer) names(t *testing.T, w want) {
	t.Helper()
	if !slices.ContainsFunc(a.Holders, w.is) {
		t.Errorf("no holder is %+v:\n%s", w, a.text)
	}
}

// suspects checks that something is among the suspects.
func (a answer) suspects(t *testing.T, w want) {
	t.Helper()
	if !slices.ContainsFunc(a.Suspects, w.is) {
		t.Errorf("no suspect is %+v:\n%s", w, a.text)
	}
}

// judged compares what was answered with what the kernel does: held where it
// refuses, and never held where it does not.
func judged(t *testing.T, what string, v verdict, busy bool) {
	t.Helper()
	switch {
	case busy && v.Answer == "free":
		t.Errorf("%s: free (%s), but the kernel says it is busy", what, v.Text)
	case !busy && v.Answer == "held":
		t.Errorf("%s: held (%s), but the kernel says it is not", what, v.Text)
	}
}

// codeOf is the exit status that belongs to an answer.
func codeOf(v verdict) int {
	return map[string]int{"free": 0, "held": 1, "unknown": 3}[v.Answer]
}

// scene is a row of the table: staged, asked about while mounted, unmounted by
// the kernel, asked about again, and released.
type scene struct {
	disk   *disk
	actor  *actor
	blocks bool // umount(2) of the path is refused
	keeps  bool // the device is in use after that, or after umount -l
	want   want // before the umount
	after  want // of the device afterwards; the same when empty
}

func (s scene) play(t *testing.T) {
	t.Helper()
	d := s.disk
	before := holders(t, "-v", "--for", "umount", d.point)
	if s.want.kind != "" {
		before.names(t, s.want)
	}
	if before.code != codeOf(before.Verdicts.Umount) {
		t.Errorf("exit %d of an umount that is %s", before.code, before.Verdicts.Umount.Answer)
	}
	busy := umountBusy(t, d.point)
	if busy != s.blocks {
		t.Fatalf("umount refused: %v; the scene is not what it is meant to be", busy)
	}
	judged(t, "umount", before.Verdicts.Umount, busy)
	s.device(t, busy)
}

// device asks about the device. Where umount was refused the path is detached
// first, so that only the holder is left.
func (s scene) device(t *testing.T, lazily bool) {
	t.Helper()
	d := s.disk
	if lazily {
		a := holders(t, "-v", d.dev)
		a.names(t, s.want)
		judged(t, "device", a.Verdicts.Device, true)
		try(t, detach(d.point))
	}
	if d.busy(t) != s.keeps {
		t.Fatalf("device in use: %v; the scene is not what it is meant to be", !s.keeps)
	}
	a := holders(t, "-v", d.dev)
	judged(t, "device", a.Verdicts.Device, s.keeps)
	if w := s.after; s.keeps && w.kind != "" {
		a.names(t, w)
	} else if s.keeps && s.want.kind != "" {
		a.names(t, s.want)
	}
	if a.code != codeOf(a.Verdicts.Device) {
		t.Errorf("exit %d of a device that is %s", a.code, a.Verdicts.Device.Answer)
	}
	s.released(t)
}

// released ends the holder and waits until the device is free.
func (s scene) released(t *testing.T) {
	t.Helper()
	if s.actor != nil {
		s.actor.dismiss()
	}
	out, errs, code := nsview(t, "holders", s.disk.dev, "--wait-free", "20s")
	if code != 0 || s.disk.busy(t) {
		t.Errorf("after the release: exit %d, device in use: %v\n%s%s", code, s.disk.busy(t), out, errs)
	}
}
