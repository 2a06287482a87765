package world_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/nsview/nsview/fixtures"
	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// eachScene builds the world of every scene.
func eachScene(t *testing.T, check func(t *testing.T, w *world.World)) {
	scenes, err := fixtures.Scenes()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scenes {
		t.Run(s.Name, func(t *testing.T) {
			host, err := s.Host()
			if err != nil {
				t.Fatal(err)
			}
			w, err := host.Look(context.Background(), inspect.Everything())
			if err != nil {
				t.Fatal(err)
			}
			check(t, w)
		})
	}
}

// TestEveryMountHasOnePlace: a mount is in one view, once below a root, and
// parent and child know each other. Its id is in no other namespace's table.
func TestEveryMountHasOnePlace(t *testing.T) {
	eachScene(t, func(t *testing.T, w *world.World) {
		of := map[snapshot.MountID]uint64{}
		for _, v := range w.Views {
			if err := checkTree(v); err != nil {
				t.Errorf("view of %d: %v", v.Table.NS.Ino, err)
			}
			for _, m := range v.Mounts {
				if ns, other := of[m.ID]; other && ns != v.Table.NS.Ino {
					t.Errorf("mount %d is in namespaces %d and %d", m.ID, ns, v.Table.NS.Ino)
				}
				of[m.ID] = v.Table.NS.Ino
			}
		}
	})
}

// checkTree walks a view from its roots.
func checkTree(v *world.View) error {
	met := map[*world.Mount]bool{}
	var walk func(m *world.Mount) error
	walk = func(m *world.Mount) error {
		if met[m] || m.View != v {
			return fmt.Errorf("mount %d is met twice, or belongs to another view", m.ID)
		}
		met[m] = true
		if !slices.IsSortedFunc(m.Children, func(a, b *world.Mount) int { return int(a.ID) - int(b.ID) }) {
			return fmt.Errorf("the children of mount %d are in no order", m.ID)
		}
		for _, c := range m.Children {
			if c.Parent != m {
				return fmt.Errorf("mount %d is a child of %d and does not know it", c.ID, m.ID)
			}
			if err := walk(c); err != nil {
				return err
			}
		}
		return nil
	}
	for _, root := range v.Roots {
		if root.Parent != nil {
			return fmt.Errorf("mount %d is a root and has a parent", root.ID)
		}
		if err := walk(root); err != nil {
			return err
		}
	}
	if len(met) != len(v.Mounts) || len(v.Mounts) != len(v.Table.Mounts) {
		return fmt.Errorf("%d of %d mounts are below a root", len(met), len(v.Table.Mounts))
	}
	return nil
}

// TestMembership: a process is among those of each namespace it is in, in
// order, and of no other; who owns knows what it owns.
func TestMembership(t *testing.T) {
	eachScene(t, func(t *testing.T, w *world.World) {
		for _, n := range w.Namespaces {
			for i, p := range n.Processes {
				if p.NS[n.Type] != n.ID.Ino || i > 0 && n.Processes[i-1].PID >= p.PID {
					t.Errorf("%v:[%d]: process %d does not belong there", n.Type, n.ID.Ino, p.PID)
				}
			}
			if o := n.OwnedBy; o != nil && (!slices.Contains(o.Owns, n) || o.Type != snapshot.User) {
				t.Errorf("%v:[%d]: its owner does not know it", n.Type, n.ID.Ino)
			}
			if a := n.Above; a != nil && (!slices.Contains(a.Below, n) || a.Type != n.Type) {
				t.Errorf("%v:[%d]: its parent does not know it", n.Type, n.ID.Ino)
			}
		}
		for i := range w.Processes {
			p := &w.Processes[i]
			for typ, ino := range p.NS {
				if ino != 0 && !slices.Contains(w.Lookup(ino).Processes, p) {
					t.Errorf("process %d is missing in %v:[%d]", p.PID, snapshot.Type(typ), ino)
				}
			}
		}
	})
}
