package world

import "github.com/nsview/nsview/inspect/snapshot"

// shadow marks what is hidden in a view. In a chroot the roots may have a
// parent in common that the view does not show: then they are siblings like any
// others. One at / covers none of them, as the process's own root directory
// lies under it.
func (v *View) shadow() {
	siblings := map[snapshot.MountID]points{}
	for _, r := range v.Roots {
		if r.Point == "/" {
			continue
		}
		if siblings[r.Mount.Parent] == nil {
			siblings[r.Mount.Parent] = points{}
		}
		siblings[r.Mount.Parent].add(r)
	}
	for _, r := range v.Roots {
		r.shadow(r.Point != "/" && siblings[r.Mount.Parent].cover(r))
	}
}

// shadow marks what is hidden below m. A child at m's own mount point covers
// all of m, and a sibling at the same point or above it covers a child.
func (m *Mount) shadow(hidden bool) {
	children := make(points, len(m.Children))
	for _, c := range m.Children {
		children.add(c)
	}
	m.Shadowed = hidden || children[m.Point] != nil
	for _, c := range m.Children {
		c.shadow(hidden || children.cover(c))
	}
}

// points are the mounts with one parent by mount point: of two at one point the
// later one, which is on top.
type points map[string]*Mount

// add takes mounts in order of id. Where an unreachable one sits is not known.
func (p points) add(m *Mount) {
	if !m.Unreachable {
		p[m.Point] = m
	}
}

// cover says whether another mount with the same parent lies on the way to m.
func (p points) cover(m *Mount) bool {
	for at := m.Point; at != ""; at = parentDir(at) {
		if other := p[at]; other != nil && other != m {
			return true
		}
	}
	return false
}
