// Package names calls namespaces and mounts what a person would: by their
// container, pod or unit, or by the program in them. All is harmless for a
// terminal.
package names

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Book knows namespaces by number. Of several worlds the first that knows a
// process of a namespace tells of it: tables are kept up to date by one reading
// of the host, processes by another. What is gone is called as it was.
type Book struct {
	Worlds []*world.World
	Gone   map[uint64]string
}

// Lookup is the best that is known of a namespace and the world it is of, nil
// for nothing.
func (b Book) Lookup(ino uint64) (*world.World, *world.Namespace) {
	var where *world.World
	var known *world.Namespace
	for _, w := range b.Worlds {
		if w == nil {
			continue
		}
		n := w.Lookup(ino)
		if n != nil && (known == nil || len(known.Processes) == 0 && len(n.Processes) > 0) {
			where, known = w, n
		}
	}
	return where, known
}

// Space is what a namespace of a world is called, and whether an owner gave
// that name.
func Space(w *world.World, n *world.Namespace) (name string, owned bool) {
	if owner := w.OwnerOf(n.Lead()).String(); owner != "" {
		return render.Safe(owner), true
	}
	return render.Safe(program(n)), false
}

// program stands for a namespace that no container or unit owns.
func program(n *world.Namespace) string {
	p := n.Lead()
	switch {
	case Unborn(n.ID.Ino):
		return "not yet made"
	case p == nil && n.Inferred:
		return "" // a table alone does not tell whose it is
	case p == nil:
		return "no process"
	}
	if name, _, _ := strings.Cut(p.Cmdline, " "); name != "" {
		return path.Base(name)
	}
	return p.Comm
}

// Number is the number of a namespace, mount or peer group. What a prediction
// makes has one below zero.
func Number(n uint64) string { return strconv.FormatInt(int64(n), 10) }

// Unborn says of a number that a prediction made it.
func Unborn(n uint64) bool { return int64(n) < 0 }

// Match says whether a text in lower case, as of a filter, occurs in one of
// several, whatever their case.
func Match(text string, in ...string) bool {
	return slices.ContainsFunc(in, func(s string) bool { return strings.Contains(strings.ToLower(s), text) })
}

// Key tells mounts apart: by the number of the namespace, and by a 32-bit id,
// which is used again, but not within one world.
type Key struct {
	NS uint64
	ID snapshot.MountID
}

// KeyOf is the key of a mount.
func KeyOf(m *world.Mount) Key { return Key{m.View.Table.NS.Ino, m.ID} }

// Short is a namespace by its name, or by number where that says nothing.
func (b Book) Short(ino uint64) string {
	if w, n := b.Lookup(ino); n != nil && len(n.Processes) > 0 {
		if name, _ := Space(w, n); name != "" {
			return name
		}
	}
	if name := b.Gone[ino]; name != "" {
		return name
	}
	return Number(ino)
}

// Place is a path in a namespace.
func (b Book) Place(ino uint64, path string) string { return b.Short(ino) + ":" + render.Safe(path) }

// Mount is a mount as namespace:mount point.
func (b Book) Mount(m *world.Mount) string { return b.Place(m.View.Table.NS.Ino, m.Point) }
