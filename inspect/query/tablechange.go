package query

import (
	"strconv"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// TableChangeKind says what became of a mount, or of the root, between two
// looks at one process's table.
type TableChangeKind string

// The kinds of change of a table.
const (
	MountAdded   TableChangeKind = "added"
	MountRemoved TableChangeKind = "removed"
	// MountMoved: the mount point is another, From and To. What changed its
	// place because the root did is not named one by one.
	MountMoved TableChangeKind = "moved"
	// RootMoved: another mount is the root; From and To are ids.
	RootMoved          TableChangeKind = "root"
	PropagationChanged TableChangeKind = "propagation" // From and To as PROPAGATION shows them
	OptionsChanged     TableChangeKind = "options"     // From and To are options of the mount
)

// TableChange is one difference between two looks.
type TableChange struct {
	Kind     TableChangeKind
	Mount    *world.Mount // as it was when it is gone, else as it is
	From, To string
}

// TableChanges answers what happened to the table of one process between two
// looks, shortly one after the other: mounts are the same that have the same id.
// Without the first look all that the second has is new.
func TableChanges(before, after *world.View) []TableChange {
	var list []TableChange
	old := map[snapshot.MountID]*world.Mount{}
	if before != nil {
		for _, m := range before.Mounts {
			old[m.ID] = m
		}
	}
	was, is := rootMount(before), rootMount(after)
	moved := was != nil && is != nil && was.ID != is.ID
	if moved {
		list = append(list, TableChange{RootMoved, is, number(was.ID), number(is.ID)})
	}
	for _, m := range after.Mounts {
		o, known := old[m.ID]
		delete(old, m.ID)
		if !known {
			list = append(list, TableChange{Kind: MountAdded, Mount: m})
			continue
		}
		if o.Point != m.Point && !moved {
			list = append(list, TableChange{MountMoved, m, o.Point, m.Point})
		}
		if from, to := o.Propagation(), m.Propagation(); from != to {
			list = append(list, TableChange{PropagationChanged, m, from, to})
		}
		if o.VFSOptions != m.VFSOptions {
			list = append(list, TableChange{OptionsChanged, m, o.VFSOptions, m.VFSOptions})
		}
	}
	if before != nil {
		for _, m := range before.Mounts {
			if old[m.ID] != nil {
				list = append(list, TableChange{Kind: MountRemoved, Mount: m})
			}
		}
	}
	return list
}

// rootMount is the mount that a process has as its root.
func rootMount(v *world.View) *world.Mount {
	if v == nil || len(v.Roots) == 0 {
		return nil
	}
	return v.Roots[0]
}

func number(id snapshot.MountID) string { return strconv.FormatUint(uint64(id), 10) }
