package watch

import (
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// difference is a mount that is not as it was, though no notice told of it.
type difference struct {
	e      *entry
	now    *snapshot.Mount
	parent snapshot.MountID
}

// differ tells of differences: changes of propagation and of options are
// events, one for a mount with all below it that changed alike. What follows
// from another change, and parents and mount points, which change when a mount
// is tucked in or a directory renamed, are nobody's news.
func (w *Watcher) differ(list []difference) {
	if len(list) == 0 {
		return
	}
	changes := make([]MountChange, len(list))
	for i, d := range list {
		changes[i] = w.kept.replace(d.e, d.now, d.parent)
	}
	list, changes = splitRemounts(list, changes)
	told := make([]bool, len(list))
	for _, kind := range []Kind{Propagation, Remount} {
		for i := range list {
			if told[i] || !changes[i].of(kind) || kind == Propagation && w.follows(changes, i) {
				continue
			}
			if members := sameSuperblock(changes, told, i); kind == Remount && members != nil {
				w.tellChange(kind, changes, told, members)
			} else {
				w.tellAlike(kind, list, changes, told, i)
			}
		}
	}
	var quiet []MountChange
	for i := range changes {
		if !told[i] {
			quiet = append(quiet, changes[i])
		}
	}
	w.tellQuietly(quiet)
}

// of says whether the change is one of a kind.
func (c *MountChange) of(kind Kind) bool {
	from, to := c.words(kind)
	return from != to
}

// words are the states before and after, as an event has them.
func (c *MountChange) words(kind Kind) (from, to string) {
	if kind == Propagation {
		return propagation(c.Before), propagation(c.After)
	}
	return options(c.Before), options(c.After)
}

// propagation is a mount's state as mountinfo spells it.
func propagation(m *snapshot.Mount) string {
	return (&world.Mount{Mount: m}).Propagation()
}

// options are those of the mount, then those of its file system.
func options(m *snapshot.Mount) string {
	if m.FSOptions == "" {
		return m.VFSOptions
	}
	return m.VFSOptions + " " + m.FSOptions
}

// follows says whether a mount only has another master because the group that
// it received from is empty now.
func (w *Watcher) follows(changes []MountChange, i int) bool {
	c := &changes[i]
	old := c.Before.Master
	return old != 0 && c.After.Master != old && c.After.PeerGroup == c.Before.PeerGroup && len(w.kept.members[old]) == 0
}

// manner is how the state of a mount changed, without numbers of groups.
type manner struct {
	shared, slave, unbindable bool
	from, to                  string
}

func mannerOf(kind Kind, c *MountChange) manner {
	if kind == Remount {
		from, to := c.words(kind)
		return manner{from: from, to: to}
	}
	m := c.After
	return manner{shared: m.PeerGroup != 0, slave: m.Master != 0, unbindable: m.Unbindable}
}

// tellAlike tells of a change, with those of the mounts below that changed in
// the same manner: a recursive call makes one event. It began at the top.
func (w *Watcher) tellAlike(kind Kind, list []difference, changes []MountChange, told []bool, i int) {
	how := mannerOf(kind, &changes[i])
	at := map[snapshot.MountID]int{}
	for j := range list {
		if !told[j] && changes[j].NS == changes[i].NS && changes[j].of(kind) && mannerOf(kind, &changes[j]) == how {
			at[Key(changes[j].After)] = j
		}
	}
	top := i
	for n := 0; n < len(at); n++ {
		up, alike := at[list[top].parent]
		if !alike {
			break
		}
		top = up
	}
	members := []int{top}
	for n := 0; n < len(members); n++ {
		for _, kid := range w.kept.kids[Key(changes[members[n]].After)] {
			if j, alike := at[Key(kid.m)]; alike && !slices.Contains(members, j) {
				members = append(members, j)
			}
		}
	}
	w.tellChange(kind, changes, told, members)
}

// sameSuperblock are the mounts whose file system was remounted with that of the
// mount at i, nil when that was not. The options belong to all mounts of it, in
// every namespace; the one whose own options changed too was remounted.
func sameSuperblock(changes []MountChange, told []bool, i int) []int {
	if !changes[i].remounted() {
		return nil
	}
	var members []int
	for j := range changes {
		c := &changes[j]
		switch {
		case told[j] || c.After.Dev != changes[i].After.Dev || !c.remounted():
		case c.Before.VFSOptions != c.After.VFSOptions:
			members = slices.Insert(members, 0, j)
		default:
			members = append(members, j)
		}
	}
	return members
}

// remounted says whether the options of the file system changed.
func (c *MountChange) remounted() bool { return c.Before.FSOptions != c.After.FSOptions }

// splitRemounts takes apart what two calls did to one mount: the options of its
// file system changed, which is told of for all its mounts together, and so did
// something of its own. One mount of each file system is left whole: mount(2)
// changes the options of both.
func splitRemounts(list []difference, changes []MountChange) ([]difference, []MountChange) {
	whole := map[snapshot.Dev]bool{}
	for i := range list {
		c := &changes[i]
		with := *c.Before
		with.FSOptions = c.After.FSOptions
		if !c.remounted() || same(&with, c.After) {
			continue
		}
		if !whole[c.After.Dev] {
			whole[c.After.Dev] = true
			continue
		}
		list = append(list, list[i])
		changes = append(changes, MountChange{NS: c.NS, Before: &with, After: c.After})
		changes[i].After = &with
	}
	return list, changes
}

func (w *Watcher) tellChange(kind Kind, changes []MountChange, told []bool, members []int) {
	c := &changes[members[0]]
	m := c.After
	e := Event{
		Kind: kind, FSType: m.FSType, Source: m.Source, Root: m.Root,
		Origin: Origin{Place: Place{NS: c.NS, Target: m.Point, MountID: m.ID, UniqueID: m.UniqueID}},
	}
	e.From, e.To = c.words(kind)
	if kind != Remount || !c.remounted() {
		e.Below = len(members) - 1
	}
	mounts := make([]MountChange, 0, len(members))
	for _, j := range members {
		mounts = append(mounts, changes[j])
		told[j] = true
	}
	w.tell(e, mounts, nil)
}
