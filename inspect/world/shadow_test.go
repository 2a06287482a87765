package world_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// TestShadowedInScenes compares what is called hidden with a walk.
func TestShadowedInScenes(t *testing.T) {
	eachScene(t, func(t *testing.T, w *world.World) {
		for _, v := range w.Views {
			if !v.Partial {
				checkShadows(t, v)
			}
		}
	})
}

type errorer interface {
	Errorf(format string, args ...any)
}

// checkShadows walks to every mount point as the kernel does, name by name, and
// looks where it arrives: a mount that it does not arrive at is hidden.
func checkShadows(t errorer, v *world.View) {
	for _, m := range v.Mounts {
		if m.Unreachable {
			continue
		}
		if at := arrive(v, m); (at != m) != m.Shadowed {
			t.Errorf("%s: mount %d: shadowed is %v, but the way to its mount point ends in %v", m.Point, m.ID, m.Shadowed, idOf(at))
		}
	}
}

func idOf(m *world.Mount) string {
	if m == nil {
		return "no mount"
	}
	return fmt.Sprintf("mount %d", m.ID)
}

// arrive walks to m's mount point. It starts at the root that m lies below; a
// root at another point than / is itself met on the way, from a directory of a
// mount that this view does not show.
func arrive(v *world.View, m *world.Mount) *world.Mount {
	top := m
	for top.Parent != nil {
		top = top.Parent
	}
	var at *world.Mount
	below := func() []*world.Mount {
		if at != nil {
			return at.Children
		}
		var siblings []*world.Mount
		for _, r := range v.Roots {
			if r == top || r.Mount.Parent == top.Mount.Parent && r.Point != "/" {
				siblings = append(siblings, r)
			}
		}
		return siblings
	}
	for _, dir := range ways(m.Point) {
		for {
			var next *world.Mount
			for _, c := range below() {
				if c.Point == dir && (next == nil || c.ID > next.ID) {
					next = c
				}
			}
			if next == nil {
				break
			}
			at = next
		}
	}
	return at
}

// ways are the directories on the way to a path: /, /a, /a/b.
func ways(path string) []string {
	list := []string{"/"}
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			list = append(list, path[:i])
		}
	}
	if path != "/" {
		list = append(list, path)
	}
	return list
}

// TestShadowedOfAnyTable does the same for tables that nobody has thought of:
// a handful of names stacked and nested at random, seen whole or from a chroot.
func TestShadowedOfAnyTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &snapshot.Snapshot{
			Namespaces: []snapshot.Namespace{{ID: snapshot.NSID{Ino: 1}}},
			Tables:     []snapshot.Table{{NS: snapshot.NSID{Ino: 1}, Mounts: anyTable(t)}},
		}
		w := world.Build(s)
		if err := checkTree(w.Views[0]); err != nil {
			t.Fatal(err)
		}
		checkShadows(t, w.Views[0])
	})
}

// anyTable makes mounts on mounts. Ids are given in any order, as the kernel
// uses low ones again.
func anyTable(t *rapid.T) []snapshot.Mount {
	n := rapid.IntRange(1, 12).Draw(t, "mounts")
	ids := rapid.Permutation(slices.Collect(numbersTo(n))).Draw(t, "ids")
	first := snapshot.Mount{ID: ids[0], Parent: 99, Point: "/"}
	if rapid.Bool().Draw(t, "chroot") {
		first.Point = "/a"
	}
	mounts := []snapshot.Mount{first}
	for _, id := range ids[1:] {
		parent := rapid.SampledFrom(mounts).Draw(t, "parent")
		m := snapshot.Mount{ID: id, Parent: parent.ID, Point: parent.Point}
		if first.Point != "/" && rapid.IntRange(0, 3).Draw(t, "root") == 0 {
			m.Parent, m.Point = 99, ""
		}
		for range rapid.IntRange(0, 2).Draw(t, "depth") {
			m.Point = strings.TrimSuffix(m.Point, "/") + "/" + rapid.SampledFrom([]string{"a", "b", "ab"}).Draw(t, "name")
		}
		if m.Point == "" {
			m.Point = "/b"
		}
		mounts = append(mounts, m)
	}
	return mounts
}

func numbersTo(n int) func(func(snapshot.MountID) bool) {
	return func(yield func(snapshot.MountID) bool) {
		for i := 1; i <= n && yield(snapshot.MountID(i)); i++ {
		}
	}
}
