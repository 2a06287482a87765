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
	// From is the group that it is received from: On's own for a peer, its
	// master for a slave, 0 for the place asked for.
	From snapshot.GroupID
	// Beneath is the mount that is there already, below which the new one
	// would go, nil for none.
	Beneath *world.Mount
	// Hidden: the path would not lead to it, because something covers it.
	Hidden bool
}

// Arrivals are all places where a mount made at a place would appear, the place
// itself first, in order of namespace and mount point. A mount whose parent is
// not shared appears nowhere else.
func Arrivals(g *world.Groups, at Place) []Arrival {
	list := []Arrival{arrival(at.Mount, at.Path, Self, 0)}
	inside := at.Inside()
	for _, r := range receivers(g, at.Mount) {
		if point, ok := pointOn(r.On, inside); ok {
			list = append(list, arrival(r.On, point, r.Via, r.From))
		}
	}
	slices.SortStableFunc(list[1:], func(a, b Arrival) int {
		return cmp.Or(cmp.Compare(a.On.View.Table.NS.Ino, b.On.View.Table.NS.Ino), cmp.Compare(a.Point, b.Point), cmp.Compare(a.On.ID, b.On.ID))
	})
	return list
}

// Receivers are the mounts, of any part of the file system, that receive what
// is mounted on m.
func Receivers(g *world.Groups, m *world.Mount) []*world.Mount {
	var list []*world.Mount
	for _, r := range receivers(g, m) {
		list = append(list, r.On)
	}
	return list
}

// receivers are the mounts that receive what is mounted on m: its peers, then
// the slaves of its group, and of the groups that those share in, further and
// further down. Each is met once; the way to it is that of its nearest group.
func receivers(g *world.Groups, m *world.Mount) []Arrival {
	var list []Arrival
	met := map[*world.Mount]bool{m: true}
	tried := map[snapshot.GroupID]bool{}
	for todo := []snapshot.GroupID{m.PeerGroup}; len(todo) > 0; todo = todo[1:] {
		group := g.Get(todo[0])
		if group == nil || todo[0] == 0 || tried[todo[0]] {
			continue
		}
		tried[todo[0]] = true
		for _, peer := range group.Members {
			if !met[peer] {
				met[peer] = true
				list = append(list, Arrival{On: peer, Via: way(m, peer), From: group.ID})
			}
		}
		for _, slave := range group.Slaves {
			if !met[slave] {
				met[slave] = true
				list = append(list, Arrival{On: slave, Via: Slave, From: group.ID})
			}
			todo = append(todo, slave.PeerGroup)
		}
	}
	return list
}

// way is peer within the group of the origin; a peer of a slave is a slave too.
func way(origin, m *world.Mount) Via {
	if origin.PeerGroup == m.PeerGroup {
		return Peer
	}
	return Slave
}

// pointOn is where a place of the file system lies in a mount of it, when the
// mount's root is at or above it.
func pointOn(m *world.Mount, inside string) (string, bool) {
	if !world.Under(inside, m.Root) || m.Unreachable {
		return "", false
	}
	return join(m.Point, strings.TrimPrefix(inside, strings.TrimSuffix(m.Root, "/"))), true
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

// arrival says what is there already.
func arrival(on *world.Mount, point string, via Via, from snapshot.GroupID) Arrival {
	a := Arrival{On: on, Point: point, Via: via, From: from}
	for _, c := range on.Children {
		if c.Point == point {
			a.Beneath = c
		}
	}
	a.Hidden = on.View.Serving(point) != on
	return a
}
