package query

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// TreeQuery says which mounts of a view are asked for. The zero value asks for
// all.
type TreeQuery struct {
	// FSTypes limits to these file system types; with "no" before the first,
	// to all others (findmnt -t, mount -t).
	FSTypes []string
	// Below limits to the mount at this mount point and all below it.
	Below string
	// Serving limits to the mount that a path lies on: On where the kernel
	// followed the path, else the path is taken by its words.
	Serving string
	On      snapshot.MountID
	// Shadowed limits to mounts hidden by another.
	Shadowed bool
}

// filtered says whether single mounts are picked, which are then a list.
func (q TreeQuery) filtered() bool { return len(q.FSTypes) > 0 || q.Shadowed || q.Serving != "" }

// Tree is the answer for one view: Tops, and below each mount those of its
// children that were asked for.
type Tree struct {
	View *world.View
	Tops []*world.Mount

	picked map[*world.Mount][]*world.Mount // nil when all are asked for
}

// Below are the children of a mount that are in the answer.
func (t Tree) Below(m *world.Mount) []*world.Mount {
	if t.picked == nil {
		return m.Children
	}
	return t.picked[m]
}

// All lists the mounts of the answer without their tree: in the table's order
// when all of it was asked for, else parents first.
func (t Tree) All() []*world.Mount {
	if t.picked == nil && slices.Equal(t.Tops, t.View.Roots) {
		return t.View.Mounts
	}
	return t.descend(nil, t.Tops)
}

func (t Tree) descend(list, tops []*world.Mount) []*world.Mount {
	for _, m := range tops {
		list = t.descend(append(list, m), t.Below(m))
	}
	return list
}

// ErrNothing says that a view has no mount of what was asked for.
var ErrNothing = errors.New("no mount matches")

// Trees answers what the mounts of a view look like.
func Trees(v *world.View, q TreeQuery) (Tree, error) {
	t := Tree{View: v, Tops: v.Roots}
	if len(v.Mounts) == 0 {
		return t, fmt.Errorf("list the mounts: %w", ErrNothing)
	}
	if q.Below != "" {
		top := At(v, q.Below)
		if top == nil {
			return t, fmt.Errorf("find the mount at %s: %w", q.Below, ErrNothing)
		}
		t.Tops = []*world.Mount{top}
	}
	if !q.filtered() {
		return t, nil
	}
	wanted := t.All()
	if q.Serving != "" {
		m := v.Serving(q.Serving)
		if q.On != 0 {
			m = v.ByID(q.On)
		}
		if m == nil {
			return t, fmt.Errorf("find the mount that %s lies on: %w", q.Serving, ErrNothing)
		}
		wanted = []*world.Mount{m}
	}
	t.pick(wanted, q)
	if len(t.Tops) == 0 {
		return t, fmt.Errorf("pick mounts: %w", ErrNothing)
	}
	return t, nil
}

// pick keeps the wanted mounts that match. One whose parent was kept before
// it stays below that parent, as findmnt shows it.
func (t *Tree) pick(wanted []*world.Mount, q TreeQuery) {
	t.Tops, t.picked = nil, map[*world.Mount][]*world.Mount{}
	kept := map[*world.Mount]bool{}
	for _, m := range wanted {
		if q.Shadowed && !m.Shadowed || !matchType(m.FSType, q.FSTypes) {
			continue
		}
		kept[m] = true
		if m.Parent != nil && kept[m.Parent] {
			t.picked[m.Parent] = append(t.picked[m.Parent], m)
		} else {
			t.Tops = append(t.Tops, m)
		}
	}
}

// At is the mount at a mount point: of several stacked there the topmost, nil
// when there is none.
func At(v *world.View, point string) *world.Mount {
	var found *world.Mount
	for _, m := range v.Mounts {
		if m.Point == point && (found == nil || !m.Shadowed || found.Shadowed && m.ID > found.ID) {
			found = m
		}
	}
	return found
}

// matchType applies a list of types as mount(8) does: "no" before the first
// turns the list around, before another leaves that one out. The case of
// letters does not matter.
func matchType(fstype string, list []string) bool {
	if len(list) == 0 {
		return true
	}
	rest, invert := strings.CutPrefix(list[0], "no")
	for i, want := range list {
		if i == 0 && invert {
			want = rest
		}
		if no, cut := strings.CutPrefix(want, "no"); cut && strings.EqualFold(fstype, no) {
			return false
		}
		if strings.EqualFold(fstype, want) {
			return !invert
		}
	}
	return invert
}
