package watch

import (
	"cmp"
	"maps"
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Key tells mounts apart: the 64-bit id where it is known, else that of
// mountinfo, which has 31 bits and so is never one of the others.
func Key(m *snapshot.Mount) snapshot.MountID {
	if m.UniqueID != 0 {
		return m.UniqueID
	}
	return m.ID
}

// tables are the mount tables of a host at one moment, and its mount
// namespaces.
type tables struct {
	base   *snapshot.Snapshot // everything else
	spaces map[uint64]*snapshot.Namespace
	leads  map[uint64]*snapshot.Process
	of     map[uint64]*table
}

// table is one mount table. List is made when asked for, and until a mount
// changes.
type table struct {
	head   snapshot.Table // without mounts
	mounts map[snapshot.MountID]*snapshot.Mount
	list   []snapshot.Mount
}

func newTables(s *snapshot.Snapshot) *tables {
	t := &tables{
		base: s, spaces: map[uint64]*snapshot.Namespace{},
		leads: map[uint64]*snapshot.Process{}, of: make(map[uint64]*table, len(s.Tables)),
	}
	for i := range s.Namespaces {
		if n := &s.Namespaces[i]; n.Type == snapshot.Mnt {
			t.spaces[n.ID.Ino] = n
		}
	}
	for i := range s.Tables {
		if s.Tables[i].PID == 0 {
			t.of[s.Tables[i].NS.Ino] = newTable(&s.Tables[i])
		}
	}
	return t
}

func newTable(from *snapshot.Table) *table {
	t := &table{head: *from, mounts: make(map[snapshot.MountID]*snapshot.Mount, len(from.Mounts))}
	t.head.Mounts = nil
	for i := range from.Mounts {
		m := &from.Mounts[i]
		t.mounts[Key(m)] = m
	}
	return t
}

// apply makes the changes of a step.
func (t *tables) apply(s *Step) {
	for i := range s.Spaces {
		t.space(s.Spaces[i].Before, s.Spaces[i].After, s.Spaces[i].Lead)
	}
	for i := range s.Mounts {
		c := &s.Mounts[i]
		t.mount(c.NS, c.Before, c.After)
	}
}

// undo takes the changes of a step back, the last first.
func (t *tables) undo(s *Step) {
	for i := range slices.Backward(s.Mounts) {
		c := &s.Mounts[i]
		t.mount(c.NS, c.After, c.Before)
	}
	for i := range slices.Backward(s.Spaces) {
		t.space(s.Spaces[i].After, s.Spaces[i].Before, nil)
	}
}

func (t *tables) space(before, after *snapshot.Namespace, lead *snapshot.Process) {
	if before != nil {
		delete(t.spaces, before.ID.Ino)
		delete(t.leads, before.ID.Ino)
	}
	if after == nil {
		return
	}
	t.spaces[after.ID.Ino] = after
	if lead != nil {
		t.leads[after.ID.Ino] = lead
	}
}

func (t *tables) mount(ns uint64, before, after *snapshot.Mount) {
	at := t.of[ns]
	if at == nil {
		at = &table{head: snapshot.Table{NS: snapshot.NSID{Ino: ns}, Via: "statmount", Whole: true}, mounts: map[snapshot.MountID]*snapshot.Mount{}}
		t.of[ns] = at
	}
	at.list = nil
	if before != nil {
		delete(at.mounts, Key(before))
	}
	if after != nil {
		at.mounts[Key(after)] = after
	}
}

// snapshot is the host as the tables have it.
func (t *tables) snapshot() *snapshot.Snapshot {
	s := *t.base
	s.Namespaces = slices.DeleteFunc(slices.Clone(s.Namespaces), func(n snapshot.Namespace) bool { return n.Type == snapshot.Mnt })
	s.Tables = nil
	for _, ino := range slices.Sorted(maps.Keys(t.spaces)) {
		s.Namespaces = append(s.Namespaces, *t.spaces[ino])
		if at := t.of[ino]; at != nil {
			s.Tables = append(s.Tables, at.table())
		}
	}
	s.Processes = t.processes()
	s.Normalize()
	return &s
}

// processes are those that were there at first, and those that new namespaces
// were found by.
func (t *tables) processes() []snapshot.Process {
	list := slices.Clone(t.base.Processes)
	for _, p := range t.leads {
		at, found := slices.BinarySearchFunc(list, p.PID, func(p snapshot.Process, pid int) int { return cmp.Compare(p.PID, pid) })
		if found {
			list[at] = *p
		} else {
			list = slices.Insert(list, at, *p)
		}
	}
	return list
}

// table is the mounts in the order of their ids, which is that of the kernel's
// own lists.
func (t *table) table() snapshot.Table {
	if t.list == nil {
		t.list = make([]snapshot.Mount, 0, len(t.mounts))
		for _, key := range slices.Sorted(maps.Keys(t.mounts)) {
			t.list = append(t.list, *t.mounts[key])
		}
	}
	whole := t.head
	whole.Mounts = t.list
	return whole
}
