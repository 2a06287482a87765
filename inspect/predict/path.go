package predict

import "path"

// Lookup is the mount that a path leads to as an actor follows it, and the
// place on it as a path of its file system.
func (s *State) Lookup(a Actor, name string) (Row, string, *Refusal) {
	doubts := len(s.journal.doubts)
	at, r := s.walk(a, name)
	s.journal.doubts = s.journal.doubts[:doubts] // they are of no operation
	if r != nil {
		return Row{}, "", r
	}
	return s.row(at.mount), at.inside, nil
}

// walk follows a path as an actor does: from its root directory, onto what is
// mounted on every name, where links lead, and with ".." never above that root
// (path_lookupat in fs/namei.c).
func (s *State) walk(a Actor, name string) (spot, *Refusal) {
	root := s.actors[a].root
	w := walker{State: s, by: a, root: root, at: root, name: name, rest: name}
	for w.rest != "" {
		if r := w.step(); r != nil {
			return w.at, r
		}
	}
	return w.at, nil
}

// onto follows the mounts at a place, the last of which a path leads to.
func (s *State) onto(p spot) spot {
	for c := s.childAt(p.mount, p.inside); c != 0; c = s.over(c) {
		p = spot{c, s.mounts[c].root}
	}
	return p
}

// up is the directory above, through the roots of mounts (follow_dotdot).
func (s *State) up(at, root spot) spot {
	if at == root {
		return at
	}
	from := at
	for at.inside == s.mounts[at.mount].root {
		if !s.hasParent(at.mount) {
			return from
		}
		at = spot{s.mounts[at.mount].parent, s.mounts[at.mount].at}
		if at == root {
			return from
		}
	}
	return spot{at.mount, path.Dir(at.inside)}
}

// there says what is wrong with a place that a path goes through: nothing, or
// no directory where more is to follow.
func (s *State) there(at spot, name string, more bool) *Refusal {
	switch s.entry(at) {
	case Absent:
		return &Refusal{Errno: ENOENT, Reason: NoSuchPath, Text: name + " does not exist", Mount: s.mounts[at.mount].id}
	case File:
		if more {
			return &Refusal{Errno: ENOTDIR, Reason: NotADirectory, Text: name + " leads through a file", Mount: s.mounts[at.mount].id}
		}
	}
	return nil
}

// entry is what is at a place, as far as is known.
func (s *State) entry(at spot) Entry {
	for m := range s.children(at.mount) {
		if c := s.mounts[m].at; c != at.inside && within(c, at.inside) {
			return Directory // something is mounted below it
		}
	}
	x := &s.mounts[at.mount]
	w := s.where(at)
	switch {
	case w.FSType == "nsfs":
		return File
	case s.gone[place{x.dev, at.inside}]:
		return Absent
	}
	if s.known != nil {
		if e := s.known(w); e != EntryUnknown {
			return e
		}
	}
	switch {
	case at.inside == "/" && (x.base == nil || x.root == "/"):
		return Directory
	case x.base == nil && emptyAtFirst[s.kinds[x.kind].fstype]:
		return Absent
	}
	return EntryUnknown
}

// where is a place as others are asked about it.
func (s *State) where(at spot) Where {
	w := Where{Mount: s.mounts[at.mount].base, Inside: at.inside}
	w.FSType, w.Source = s.told(at.mount)
	return w
}

// emptyAtFirst are the file systems that have nothing in them when they are
// mounted.
var emptyAtFirst = map[string]bool{"tmpfs": true, "ramfs": true}

// notDirs says whether one of two places is a file and the other a directory.
func (s *State) differ(a, b spot) bool {
	x, y := s.entry(a), s.entry(b)
	return x == File && y == Directory || x == Directory && y == File
}

// directory refuses a place that is known to be a file.
func (s *State) directory(at spot, name string) *Refusal {
	if s.entry(at) == File {
		return &Refusal{Errno: ENOTDIR, Reason: NotADirectory, Text: name + " is a file", Mount: s.mounts[at.mount].id}
	}
	return nil
}

// mounted says whether a place is the root of a mount (path_mounted).
func (s *State) mounted(p spot) bool { return p.inside == s.mounts[p.mount].root }
