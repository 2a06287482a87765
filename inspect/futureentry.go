package inspect

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/world"
)

// entryKey is a path of a namespace, and whom it was looked at for: only the
// links that are another for everybody are looked at for somebody.
type entryKey struct {
	ns   uint64
	path string
	who  int
}

// seen is what was at a path.
type seen struct {
	predict.Entry
	link kernel.Link // of a symbolic link
}

// entry is what is at a place of a file system now: the kernel follows the path
// that one of its mounts shows it at. What is mounted new as a tmpfs is empty.
func (f *Future) entry(at predict.Where) predict.Entry {
	m := at.Mount
	switch {
	case m == nil && at.Inside == "/":
		return predict.Directory
	case m == nil && (at.FSType == "tmpfs" || at.FSType == "ramfs"):
		return predict.Absent
	case isSelf(at):
		return predict.SymLink
	}
	s := f.see(at, 0)
	if s.Entry == predict.EntryUnknown && m != nil {
		f.passOver(pathOf(at))
		f.mute = f.mute || f.silent[m]
	}
	return s.Entry
}

// isSelf says whether a place is one of the two links of /proc that lead to who
// follows them.
func isSelf(at predict.Where) bool {
	return at.FSType == "proc" && (at.Inside == "/self" || at.Inside == "/thread-self")
}

// pathOf is a place as the namespace of its mount calls it.
func pathOf(at predict.Where) string {
	return path.Join(at.Mount.Point, strings.TrimPrefix(at.Inside, strings.TrimSuffix(at.Mount.Root, "/")))
}

// see looks at a place, once for each.
func (f *Future) see(at predict.Where, who int) seen {
	m := at.Mount
	if m == nil || m.View == nil || m.Unreachable || !world.Under(at.Inside, m.Root) {
		return seen{}
	}
	key := entryKey{m.View.Table.NS.Ino, pathOf(at), who}
	s, ok := f.known[key]
	if !ok {
		s = f.look(key, m)
		f.known[key] = s
	}
	return s
}

// look asks the kernel, unless the path leads elsewhere: something may cover it.
func (f *Future) look(key entryKey, m *world.Mount) seen {
	on := m.View.Serving(key.path)
	for on != nil && on != m && on.Point == key.path {
		on = on.Parent // what is mounted there is there
	}
	if f.silent[m] || on != m {
		return seen{}
	}
	e, err := f.host.entry(f.ctx, f.world, key.ns, key.path, key.who)
	f.silent[m] = errors.Is(err, kernel.ErrSilent)
	switch {
	case errors.Is(err, fs.ErrNotExist) || kernel.NotDirectory(err):
		return seen{Entry: predict.Absent}
	case err != nil || e.Path != key.path: // by a link it leads elsewhere
		return seen{}
	case e.Link != nil:
		return seen{predict.SymLink, *e.Link}
	case e.File:
		return seen{Entry: predict.File}
	}
	return seen{Entry: predict.Directory}
}
