//go:build linux

package oracle_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// trees are what umount -R is tried on: where file systems are mounted, one
// after the other, and which of them is in use.
var trees = []struct {
	name   string
	points []string
	busy   string
}{
	{"siblings", []string{"a", "b", "c"}, ""},
	{"one in use", []string{"a", "b", "c"}, "b"},
	{"below each other", []string{"a", "a/x", "a/x/z", "b"}, ""},
	{"below each other, in use", []string{"b", "a", "a/x", "a/b", "c"}, "a/x"},
	{"stacked", []string{"a", "a", "a/x", "a/x", "b"}, ""},
	{"stacked at the place itself", []string{".", "a", ".", "b"}, ""},
	{"one covers another", []string{"a/x", "a", "b"}, ""},
}

// TestUmountRecursiveLive: umount -R is one umount(2) after another, and stops
// where one is refused.
func TestUmountRecursiveLive(t *testing.T) {
	onStage(t)
	tool, err := exec.LookPath("umount")
	if err != nil {
		t.Skip("needs the program umount")
	}
	for _, tree := range trees {
		t.Run(tree.name, func(t *testing.T) {
			base := os.Getenv(baseVar)
			h, err := newHouse()
			if err != nil {
				t.Fatal(err)
			}
			defer h.close()
			r, err := h.open(nil, func() error { return privateAll() })
			if err != nil {
				t.Fatal(err)
			}
			top := filepath.Join(base, "d")
			for _, p := range slices.Concat([]string{"."}, tree.points) {
				op := predict.Op{Kind: predict.OpMount, FSType: "tmpfs", Source: "full", Detached: true, Dst: filepath.Join(top, p)}
				if err := r.do(func() error { return call(op) }); err != nil {
					t.Fatal(err)
				}
			}
			busy := filepath.Join(top, tree.busy)
			if tree.busy != "" {
				if err := r.hold(busy, unix.O_PATH); err != nil {
					t.Fatal(err)
				}
			}
			var buf []byte
			list, err := tableOf(os.Getpid(), r.tid, &buf)
			if err != nil {
				t.Fatal(err)
			}
			rules := rulesOn(running())
			rules.UmountTopFirst = topFirst(t, tool)
			s, a := stateOf(t, list, rules)
			if refused := (*predict.Refusal)(nil); tree.busy != "" {
				if refused = s.Open(a, busy); refused != nil {
					t.Fatal(refused)
				}
			}
			said := s.Apply(predict.Op{Kind: predict.OpUmount, Recursive: true, By: a, Dst: top})
			did := r.do(func() error {
				out, err := exec.Command(tool, "-R", top).CombinedOutput()
				t.Logf("%s", out)
				return err
			})
			if (said.Refusal == nil) != (did == nil) {
				t.Errorf("said %v, %s: %v", said.Refusal, tool, did)
			}
			after, err := tableOf(os.Getpid(), r.tid, &buf)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			for _, row := range s.View(a) {
				want = append(want, row.Point)
			}
			for _, m := range after {
				got = append(got, m.Point)
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(want, got) {
				t.Errorf("said to be left: %s\nleft: %s", strings.Join(want, " "), strings.Join(got, " "))
			}
			_ = r.do(func() error { return unix.Unmount(top, unix.MNT_DETACH) })
		})
	}
}

// topFirst says whether the installed umount(8) is from before 2.40.
func topFirst(t *testing.T, tool string) bool {
	t.Helper()
	out, _ := exec.Command(tool, "--version").Output() // others refuse it
	var major, minor int
	if _, text, ok := strings.Cut(string(out), "util-linux "); !ok {
		t.Skipf("needs the umount of util-linux, not %s", out)
	} else if n, _ := fmt.Sscanf(text, "%d.%d", &major, &minor); n < 2 {
		t.Fatalf("its version: %q", out)
	}
	return major == 2 && minor < 40
}

// stateOf is a state of one table, with an actor in it.
func stateOf(t *testing.T, list []snapshot.Mount, rules predict.Rules) (*predict.State, predict.Actor) {
	t.Helper()
	id := snapshot.NSID{Ino: 1}
	for i := range list {
		list[i].UniqueID = snapshot.MountID(i + 1) // a table is in order of age
	}
	s := predict.New(world.Build(&snapshot.Snapshot{
		Version: snapshot.FormatVersion, Namespaces: []snapshot.Namespace{{ID: id, Type: snapshot.Mnt}},
		Tables: []snapshot.Table{{NS: id, Via: "mountinfo", Whole: true, Mounts: list}},
	}), rules)
	a, err := s.EnterNamespace(1)
	if err != nil {
		t.Fatal(err)
	}
	return s, a
}
