//go:build linux

package watch_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/nsview/nsview/inspect/watch"
)

var numbers = regexp.MustCompile(`(shared|master):\d+`)

// held goes through the events of a mounter, forwards and back, and looks
// whether what it mounted is there.
func held(t *testing.T, r *watch.Recording, dir string, ns uint64) {
	t.Helper()
	end := filepath.Join(dir, "end")
	there := map[uint64]bool{}
	for _, e := range r.Events() {
		if e.Origin.NS == ns && e.Origin.Target == end {
			there[e.Seq] = e.Kind == watch.Mount
		}
	}
	if len(there) != 2 {
		t.Fatalf("%d events of the last mount, want 2", len(there))
	}
	var order []uint64
	for seq := range there {
		order = append(order, seq)
	}
	slices.Sort(order)
	for _, seq := range []uint64{order[0], order[1], order[0], 0, order[1]} {
		v := r.At(seq).View(ns, 0)
		got := slices.ContainsFunc(tableOf(r.At(seq), ns), func(l line) bool { return l.Point == end })
		if v == nil || got != there[seq] {
			t.Errorf("at event %d the mount is there: %v, want %v", seq, got, there[seq])
		}
	}
}

// rewritten is a recording that was written and read again. One that is cut
// short gives what comes before the cut.
func rewritten(t *testing.T, r *watch.Recording) *watch.Recording {
	t.Helper()
	var file bytes.Buffer
	w, err := watch.NewWriter(&file, r.First())
	try(t, err)
	for i := range r.Len() {
		try(t, w.Write(r.Step(i)))
	}
	read, err := watch.ReadRecording(bytes.NewReader(file.Bytes()))
	try(t, err)
	if d := gocmp.Diff(r.Events(), read.Events()); d != "" {
		t.Errorf("events read (-recorded +read):\n%s", d)
	}
	part, err := watch.ReadRecording(bytes.NewReader(file.Bytes()[:file.Len()-5]))
	var short *watch.CutShort
	if !errors.As(err, &short) || part == nil || short.Events != len(part.Events()) || short.Events != len(read.Events())-1 {
		t.Errorf("a recording cut short: %v", err)
	}
	return read
}
