package predict

import (
	"strings"

	"github.com/nsview/nsview/inspect/world"
)

// Shown says whether, once all arrivals of a list have come, the path of one of
// them leads to it: from a root directory, or with none from the root of the
// namespace. What is mounted on a root directory itself is not seen from
// there: "/" goes on to mean what is below.
func Shown(list []Arrival, a Arrival, root Place) bool {
	return newCover(list, root).shows(a)
}

// cover finds what is on the way from a root to a place.
type cover struct {
	comes map[*world.Mount]string // where something arrives on a mount, once at most
	root  Place
}

func newCover(list []Arrival, root Place) cover {
	c := cover{comes: make(map[*world.Mount]string, len(list)), root: root}
	for _, a := range list {
		c.comes[a.On] = a.Point
	}
	return c
}

func (c cover) shows(a Arrival) bool {
	if a.Beneath != nil || c.root.Mount == a.On && c.root.Path == a.Point {
		return false
	}
	return c.clear(a.On, a.Point) && c.reaches(a.On)
}

// reaches says whether the way from the root leads into a mount: on no mount on
// the way something lies over it. What arrives at its own point goes beneath.
func (c cover) reaches(m *world.Mount) bool {
	for steps := 0; m.Parent != nil && m != c.root.Mount; steps++ {
		if childAt(m.Parent, m.Point) != m || !c.clear(m.Parent, m.Point) || steps > len(m.View.Mounts) {
			return false // a saved host may claim a loop
		}
		m = m.Parent
	}
	return c.root.Mount == nil || m == c.root.Mount
}

// clear says whether nothing is mounted on the way from the root of a mount to
// a path of it, the path itself left out.
func (c cover) clear(on *world.Mount, path string) bool {
	for at := path; len(at) > len(on.Point) && (on != c.root.Mount || at != c.root.Path); {
		at = dirOf(at)
		if on == c.root.Mount && at == c.root.Path {
			return true
		}
		if childAt(on, at) != nil || c.comes[on] == at {
			return false
		}
	}
	return true
}

// Over is a mount that covers an arrival: what it goes beneath, or the nearest
// one that is on the way to it already. Nil when only other arrivals cover it.
func Over(a Arrival) *world.Mount {
	if a.Beneath != nil {
		return a.Beneath
	}
	on, path := a.On, a.Point
	for steps := 0; on != nil && steps <= len(a.On.View.Mounts); steps++ {
		for at := path; len(at) > len(on.Point); {
			if at = dirOf(at); childAt(on, at) != nil {
				return childAt(on, at)
			}
		}
		if on.Parent != nil {
			if top := childAt(on.Parent, on.Point); top != on {
				return top
			}
		}
		on, path = on.Parent, on.Point
	}
	return nil
}

// Hides are the mounts that an arrival takes from sight: those that are mounted
// below it on the same mount. What is at its own point stays on top of it.
func Hides(a Arrival) []*world.Mount {
	var list []*world.Mount
	if a.Beneath != nil || a.Hidden {
		return nil
	}
	var below func(m *world.Mount)
	below = func(m *world.Mount) {
		if !m.Shadowed {
			list = append(list, m)
		}
		for _, c := range m.Children {
			below(c)
		}
	}
	for _, c := range a.On.Children {
		if !c.Unreachable && world.Under(c.Point, a.Point) {
			below(c)
		}
	}
	return list
}

// childAt is the mount on top of those that are mounted on m at a point.
func childAt(m *world.Mount, point string) *world.Mount {
	var last *world.Mount
	for _, c := range m.Children {
		if c.Point == point && !c.Unreachable {
			last = c
		}
	}
	return last
}

// dirOf is the directory above a clean path.
func dirOf(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}
