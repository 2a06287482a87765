package world

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// View is a mount table as a tree: that of a whole namespace, or what a process
// with another root sees of it.
type View struct {
	*snapshot.Table
	NS     *Namespace // nil when it was not seen
	Mounts []*Mount   // in the table's order
	Roots  []*Mount   // those whose parent is not in the table; none of a partial table
	world  *World
}

// Mount is one mount in its tree.
type Mount struct {
	*snapshot.Mount
	View     *View
	Parent   *Mount
	Children []*Mount // by id
	// Shadowed: a path to its mount point no longer leads into it, because
	// another mount covers it or a directory above it.
	Shadowed bool
	// From is the nearest group above the master that has a member in the
	// same view, 0 when that is the master itself or none has
	// (propagate_from of mount_namespaces(7)).
	From snapshot.GroupID
}

// Subtree is a mount and all below it, parents first.
func (m *Mount) Subtree() iter.Seq[*Mount] {
	var walk func(m *Mount, yield func(*Mount) bool) bool
	walk = func(m *Mount, yield func(*Mount) bool) bool {
		if !yield(m) {
			return false
		}
		for _, c := range m.Children {
			if !walk(c, yield) {
				return false
			}
		}
		return true
	}
	return func(yield func(*Mount) bool) { walk(m, yield) }
}

// Propagation is a mount's state, as /proc/PID/mountinfo spells it:
// "shared:12", "master:3", "shared:12,master:3", with ",from:2" where
// propagation comes from further up, "private" or "unbindable".
func (m *Mount) Propagation() string {
	var b []byte
	tag := func(name string, g snapshot.GroupID) {
		if g == 0 {
			return
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, name...), int64(g), 10) // below zero: one that is not yet born
	}
	tag("shared:", m.PeerGroup)
	tag("master:", m.Master)
	tag("from:", m.From)
	switch {
	case m.Unbindable && len(b) > 0:
		b = append(b, ",unbindable"...)
	case m.Unbindable:
		return "unbindable"
	case len(b) == 0:
		return "private"
	}
	return string(b)
}

func (w *World) addViews(tables []snapshot.Table) {
	w.Views = make([]*View, len(tables))
	for i := range tables {
		w.Views[i] = newView(&tables[i], w.byIno[tables[i].NS.Ino])
		w.Views[i].world = w
	}
	w.dominate()
}

// View is what a process sees (pid not 0) or what a whole namespace holds. A
// process without a view of its own sees its namespace's, or that of another
// with the same root directory. It is nil when no such table was read.
func (w *World) View(ino uint64, pid int) *View {
	root := w.RootOf(pid)
	var same *View
	for _, v := range w.Views {
		switch {
		case pid != 0 && v.PID == pid:
			return v
		case v.Table.NS.Ino != ino || ino == 0:
		case v.PID == 0 && root == "/", v.PID != 0 && pid != 0 && v.Root == root:
			same = v
		}
	}
	return same
}

// RootOf is the root directory of a process in its namespace: "/" unless it was
// read to be another.
func (w *World) RootOf(pid int) string {
	for _, v := range w.Views {
		if pid != 0 && v.PID == pid && v.Root != "" {
			return v.Root
		}
	}
	if p := w.Process(pid); p != nil && p.Root != "" {
		return p.Root
	}
	return "/"
}

// ByID is the mount with a 32-bit id, nil when the view has none.
func (v *View) ByID(id snapshot.MountID) *Mount {
	for _, m := range v.Mounts {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// Serving is the mount that a path lies on: of those not hidden the one with
// the longest mount point at or above the path, nil when the view has none. The
// path is taken as it is written, without following symbolic links.
func (v *View) Serving(path string) *Mount {
	var best *Mount
	for _, m := range v.Mounts {
		if !m.Shadowed && Under(path, m.Point) && (best == nil || len(m.Point) >= len(best.Point)) {
			best = m
		}
	}
	return best
}

// newView makes the tree of a table: children are indexed by parent in one
// pass, so that a table of 50,000 mounts takes a time in its size.
func newView(t *snapshot.Table, ns *Namespace) *View {
	v := &View{Table: t, NS: ns, Mounts: make([]*Mount, len(t.Mounts))}
	nodes := make([]Mount, len(t.Mounts))
	for i := range t.Mounts {
		nodes[i] = Mount{Mount: &t.Mounts[i], View: v, From: t.Mounts[i].PropagateFrom}
		v.Mounts[i] = &nodes[i]
	}
	if t.Partial {
		return v
	}
	v.adopt()
	v.shadow()
	return v
}

// adopt gives every mount its parent and children, children in order of id.
func (v *View) adopt() {
	byID := make(map[snapshot.MountID]*Mount, len(v.Mounts))
	for _, m := range v.Mounts {
		byID[m.ID] = m
	}
	for _, m := range v.Mounts {
		if p := byID[m.Mount.Parent]; p != nil && p != m {
			m.Parent = p
			p.Children = append(p.Children, m)
		} else {
			v.Roots = append(v.Roots, m)
		}
	}
	byIDOrder := func(a, b *Mount) int { return cmp.Compare(a.ID, b.ID) }
	for _, m := range v.Mounts {
		slices.SortFunc(m.Children, byIDOrder)
	}
	slices.SortFunc(v.Roots, byIDOrder)
}

// parentDir is the directory above, "" above a name without slash. Paths of
// mountinfo are clean.
func parentDir(path string) string {
	switch i := strings.LastIndexByte(path, '/'); {
	case i > 0:
		return path[:i]
	case i == 0 && len(path) > 1:
		return "/"
	}
	return ""
}

// Under says whether path is at or below dir, by whole names.
func Under(path, dir string) bool {
	if dir == "/" || path == dir {
		return strings.HasPrefix(path, "/")
	}
	return len(path) > len(dir) && path[len(dir)] == '/' && strings.HasPrefix(path, dir)
}

// dominate computes From where the kernel could not tell it: statmount(2)
// answers propagate_from relative to the caller, so never for another
// namespace.
func (w *World) dominate() {
	var masterOf map[snapshot.GroupID]snapshot.GroupID
	for _, v := range w.Views {
		if v.Via != "statmount" || v.Partial {
			continue
		}
		if masterOf == nil {
			masterOf = w.masters()
		}
		here := v.groups()
		for _, m := range v.Mounts {
			m.From = nearest(m.Master, masterOf, here)
		}
	}
}

// masters is the master group of each peer group of the host.
func (w *World) masters() map[snapshot.GroupID]snapshot.GroupID {
	of := map[snapshot.GroupID]snapshot.GroupID{}
	for _, v := range w.Views {
		for _, m := range v.Mounts {
			if m.PeerGroup != 0 && m.Master != 0 {
				of[m.PeerGroup] = m.Master
			}
		}
	}
	return of
}

// groups is the set of peer groups with a reachable member in the view.
func (v *View) groups() map[snapshot.GroupID]bool {
	set := map[snapshot.GroupID]bool{}
	for _, m := range v.Mounts {
		if m.PeerGroup != 0 && !m.Unreachable {
			set[m.PeerGroup] = true
		}
	}
	return set
}

// nearest walks up the masters to the first group that has a member here. A
// saved file may hold a loop, which no kernel makes: each group is tried once.
func nearest(master snapshot.GroupID, masterOf map[snapshot.GroupID]snapshot.GroupID, here map[snapshot.GroupID]bool) snapshot.GroupID {
	seen := map[snapshot.GroupID]bool{}
	for g := master; g != 0 && !seen[g]; g = masterOf[g] {
		if here[g] {
			if g == master {
				return 0
			}
			return g
		}
		seen[g] = true
	}
	return 0
}
