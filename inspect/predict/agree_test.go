package predict_test

import (
	"context"
	"fmt"
	"path"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nsview/nsview/fixtures"
	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/world"
)

// TestArrivalsAreEffects: where explain says that a mount would appear is where
// an operation makes it appear, at every mount point of every scene.
func TestArrivalsAreEffects(t *testing.T) {
	scenes, err := fixtures.Scenes()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, scene := range scenes {
		host, err := scene.Host()
		if err != nil {
			t.Fatal(err)
		}
		w, err := host.Look(context.Background(), inspect.Everything())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range w.Views {
			if v.PID == 0 && !v.Partial {
				compared += compareView(t, scene.Name, w, v)
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d mount points were compared", compared)
	}
}

func compareView(t *testing.T, scene string, w *world.World, v *world.View) (compared int) {
	t.Helper()
	for _, m := range v.Mounts {
		if m.Shadowed || m.Unreachable || m.Root != "/" || path.Clean(m.Point) != m.Point {
			continue // a hostile name may be no path
		}
		s := predict.New(w, predict.Rules{})
		by, err := s.EnterNamespace(predict.ID(v.Table.NS.Ino))
		if err != nil {
			t.Fatalf("%s: %v", scene, err)
		}
		r := s.Apply(predict.Op{Kind: predict.OpMount, By: by, FSType: "tmpfs", Source: "new", Dst: m.Point})
		if r.Refusal != nil {
			continue // full
		}
		var want, got []string
		for _, a := range predict.Arrivals(w.Groups(), predict.Place{Mount: m, Path: m.Point}) {
			want = append(want, fmt.Sprintf("%d %s %s", a.On.View.Table.NS.Ino, a.Point, a.Via))
		}
		for _, e := range r.Effects {
			if e.Kind == predict.Attach && e.Mount.Point != "" { // what nobody can reach, explain leaves out
				got = append(got, fmt.Sprintf("%d %s %s", e.Mount.NS, e.Mount.Point, e.Via))
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: at %s in mnt:[%d] (-explain +predict):\n%s", scene, m.Point, v.Table.NS.Ino, diff)
		}
		compared++
	}
	return compared
}
