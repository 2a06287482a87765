package query_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// What goes out of sight and comes back is what the trees before and after mark
// as hidden. (What is mounted over "/" itself hides nothing from those whose root
// directory is below it, which a tree cannot know.)
func TestSight(t *testing.T) {
	lines := root + "\n2 1 0:5 / /a rw - tmpfs a rw\n3 2 0:6 / /a/b rw - tmpfs b rw\n4 1 0:7 / /a/x rw - tmpfs hidden rw\n5 1 0:8 / /c rw - tmpfs c rw\n"
	for _, ops := range []string{
		"mount tmpfs /a", "mount tmpfs /a/b", "mount tmpfs /a; umount /a; umount -l /a", "rbind /a /c; mount tmpfs /a; umount -l /a; umount -l /a",
		"move /c /a; move /a /c; umount -l /c", "rbind / /c; umount -l /c", "bind /a /a; umount /a", "mount tmpfs /c/d; mount tmpfs /c; umount -R /c",
		"make-shared /a; bind /a /c; mount tmpfs /a; umount /c; umount -l /c; umount -l /a", "umount -l /a; umount -l /a; mount tmpfs /a/x",
	} {
		mounts, err := proc.ParseMountinfo([]byte(lines))
		if err != nil {
			t.Fatal(err)
		}
		w := world.Build(snapshot.OfTable(mounts, "test"))
		s := predict.New(w, predict.Rules{})
		by, err := s.EnterNamespace(s.Namespaces()[0])
		if err != nil {
			t.Fatal(err)
		}
		asks, err := predict.Parse(ops)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range asks {
			before := hiddenIn(w, s)
			a.Op.By = by
			r := s.Apply(a.Op)
			changed := map[predict.ID]bool{}
			for _, e := range r.Effects {
				changed[e.Mount.ID] = changed[e.Mount.ID] || e.Kind == predict.Attach || e.Kind == predict.Detach || e.Kind == predict.MoveTo
			}
			var want, got []string
			for id, now := range hiddenIn(w, s) {
				if was, there := before[id]; there && was != now && !changed[id] {
					want = append(want, fmt.Sprintf("%d hidden=%t", id, now))
				}
			}
			for _, e := range s.Sight(r) {
				got = append(got, fmt.Sprintf("%d hidden=%t", e.Mount.ID, e.Kind == predict.Hide))
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q of %q (-trees +sight):\n%s", a.Text, ops, diff)
			}
		}
	}
}

// hiddenIn is what the trees of a state mark as hidden.
func hiddenIn(w *world.World, s *predict.State) map[predict.ID]bool {
	p := query.Prediction{World: w, State: s}
	m := map[predict.ID]bool{}
	for _, v := range p.After().Views {
		for _, x := range v.Mounts {
			m[predict.ID(x.ID)] = x.Shadowed
		}
	}
	return m
}
