package preview

import (
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/names"
)

// Roots are the mounts that a tree starts with, those that would be gone among
// them.
func (v *Preview) Roots(at *world.View) []*world.Mount {
	if v == nil || v.roots[at.Table.NS.Ino] == nil {
		return at.Roots
	}
	return v.among(at.Roots, v.roots[at.Table.NS.Ino].Roots)
}

// Below are the mounts on a mount, those that would be gone among them, in their
// old places.
func (v *Preview) Below(m *world.Mount) []*world.Mount {
	if v == nil {
		return m.Children
	}
	was, kind := v.lost[names.KeyOf(m)], v.KindOf(m)
	switch {
	case kind == Gone && (was == nil || v.OfMount(m).Moves):
		return nil // what was on it has moved, perhaps with it
	case kind == Gone:
		return v.among(nil, was.Children)
	case was != nil:
		return v.among(m.Children, was.Children)
	}
	return m.Children
}

// among puts what of was would be gone behind the same brother as before, or
// first where that went elsewhere.
func (v *Preview) among(now, was []*world.Mount) []*world.Mount {
	there := make(map[snapshot.MountID]bool, len(now))
	for _, m := range now {
		there[m.ID] = true
	}
	var brother snapshot.MountID // 0 is none
	behind := map[snapshot.MountID][]*world.Mount{}
	for _, m := range was {
		switch {
		case v.KindOf(m) == Gone:
			behind[brother] = append(behind[brother], m)
		case there[m.ID]:
			brother = m.ID
		}
	}
	if len(behind) == 0 {
		return now
	}
	list := append(make([]*world.Mount, 0, len(now)+len(was)), behind[0]...)
	for _, m := range now {
		list = append(append(list, m), behind[m.ID]...)
	}
	return list
}
