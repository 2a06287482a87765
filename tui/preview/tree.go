package preview

import (
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Roots are the mounts that a tree starts with, those that would be gone among
// them.
func (v *Preview) Roots(at *world.View) []*world.Mount {
	if len(v.Gone(at.Table.NS.Ino)) == 0 {
		return at.Roots
	}
	if was := v.Prediction.World.View(at.Table.NS.Ino, 0); was != nil {
		return v.among(at.Roots, was.Roots)
	}
	return at.Roots
}

// Below are the mounts on a mount, those that would be gone among them, in their
// old places.
func (v *Preview) Below(m *world.Mount) []*world.Mount {
	ns := m.View.Table.NS.Ino
	if len(v.Gone(ns)) == 0 {
		return m.Children
	}
	if v.KindOf(m) == Gone {
		return v.among(nil, m.Children)
	}
	if was := mountOf(v.Prediction.World, keyOf(m)); was != nil {
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
