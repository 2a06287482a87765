package predict

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Place is a directory or file as a view shows it: Path lies on Mount.
type Place struct {
	Mount *world.Mount
	Path  string
}

// Inside is the place as a path of the file system itself, which is the same
// for every mount of it.
func (p Place) Inside() string {
	return join(p.Mount.Root, strings.TrimPrefix(p.Path, strings.TrimSuffix(p.Mount.Point, "/")))
}

// top is where a mount made at the place lands: on what is mounted there last.
// A path does not always lead there, as a root directory that was mounted over
// stays what "/" means (path_init and lock_mount in the kernel's fs).
func (p Place) top() Place {
	for {
		i := slices.IndexFunc(p.Mount.Children, func(c *world.Mount) bool { return c.Point == p.Path && !c.Unreachable })
		if i < 0 {
			return p
		}
		p.Mount = p.Mount.Children[i]
	}
}

// Via says how a mount comes to a place.
type Via string

// The ways. What is mounted where it was asked for came by itself.
const (
	Self  Via = "self"
	Peer  Via = "peer"  // through a mount of the same peer group
	Slave Via = "slave" // through a mount that has the group, or one below it, as master
)

// Arrival is one place where a mount would appear.
type Arrival struct {
	On    *world.Mount // the mount it would be mounted on
	Point string       // its mount point in On's view
	Via   Via
	// Through are the groups it passes, that of the mount it was made on
	// first; the last is the one that On receives from. None for the place
	// asked for.
	Through []snapshot.GroupID
	// Beneath is the mount that is there already, below which the new one
	// would go, nil for none.
	Beneath *world.Mount
	// Hidden: the path would not lead to it, because something covers it.
	Hidden bool
}

// From is the group that it is received from: On's own for a peer, its master
// for a slave, 0 for the place asked for.
func (a Arrival) From() snapshot.GroupID {
	if len(a.Through) == 0 {
		return 0
	}
	return a.Through[len(a.Through)-1]
}

// Arrivals are all places where a mount made at a place would appear, the place
// itself first, in order of namespace and mount point. A mount whose parent is
// not shared appears nowhere else.
func Arrivals(g *world.Groups, at Place) []Arrival {
	return ArrivalsOn(g, at.top())
}

// ArrivalsOn is [Arrivals] of what is mounted on this mount, though another
// may be mounted there by now: where it went at the time.
func ArrivalsOn(g *world.Groups, at Place) []Arrival {
	list := []Arrival{{On: at.Mount, Point: at.Path, Via: Self}}
	for _, r := range receivers(g, at.Mount) {
		if r.Point = PointOn(r.On, at); r.Point != "" {
			r.Beneath = childAt(r.On, r.Point)
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list[1:], func(a, b Arrival) int {
		return cmp.Or(cmp.Compare(a.On.View.Table.NS.Ino, b.On.View.Table.NS.Ino), cmp.Compare(a.Point, b.Point), cmp.Compare(a.On.ID, b.On.ID))
	})
	cover := newCover(list, Place{})
	for i := range list {
		list[i].Hidden = !cover.shows(list[i])
	}
	return list
}

// PointOn is where a place shows in another mount of its file system, "" unless
// the mount's root is at or above it (need_secondary in fs/pnode.c).
func PointOn(m *world.Mount, p Place) string {
	inside := p.Inside()
	if !world.Under(inside, m.Root) || m.Unreachable {
		return ""
	}
	return join(m.Point, strings.TrimPrefix(inside, strings.TrimSuffix(m.Root, "/")))
}

// join puts a path below a directory; either may be "/" and the path empty.
func join(dir, path string) string {
	path = strings.TrimPrefix(path, "/")
	switch {
	case path == "":
		return dir
	case strings.HasSuffix(dir, "/"):
		return dir + path
	}
	return dir + "/" + path
}
