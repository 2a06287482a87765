//go:build linux

package oracle_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
)

// compare reads every table, and holds it against what was said. Mounts and
// groups keep the number that the kernel first showed for them.
func (t *theatre) compare() error {
	if t.paper {
		return nil
	}
	numbers := map[snapshot.GroupID]predict.ID{}
	living := map[predict.ID]bool{}
	for i, s := range t.seats {
		did, err := tableOf(s.pid, s.tid, &t.buf)
		if err != nil {
			return err
		}
		said := t.state.View(s.actor)
		if err := t.compareTable(said, did, numbers); err != nil {
			return fmt.Errorf("in @%d: %w\nsaid:\n%skernel:\n%s", i, err, tell(said), show(did))
		}
		for _, r := range said {
			living[r.ID] = true
		}
	}
	// What nobody sees for a while may have got another number since.
	maps.DeleteFunc(t.ids, func(id predict.ID, _ snapshot.MountID) bool { return !living[id] })
	alive := map[predict.ID]bool{}
	for _, id := range numbers {
		alive[id] = true
	}
	maps.DeleteFunc(t.groups, func(id predict.ID, _ snapshot.GroupID) bool { return !alive[id] })
	return nil
}

// place is a mount's place in a table: where it is on which.
type place struct {
	parent snapshot.MountID
	point  string
}

func (t *theatre) compareTable(said []predict.Row, did []snapshot.Mount, numbers map[snapshot.GroupID]predict.ID) error {
	if len(said) != len(did) {
		return fmt.Errorf("%d mounts said, %d there", len(said), len(did))
	}
	at := make(map[place][]*snapshot.Mount, len(did))
	known := make(map[snapshot.MountID]bool, len(did))
	for i := range did {
		known[did[i].ID] = true
	}
	for i := range did {
		p := place{did[i].Parent, did[i].Point}
		if !known[p.parent] {
			p.parent = 0
		}
		at[p] = append(at[p], &did[i])
	}
	kernel := map[predict.ID]snapshot.MountID{}
	for i := range said {
		r := &said[i] // parents come first
		p := place{kernel[r.Parent], r.Point}
		m := t.one(at[p], r)
		if m == nil {
			return fmt.Errorf("%s (%d) is not there on %d", r.Point, r.ID, r.Parent)
		}
		at[p] = slices.DeleteFunc(at[p], func(other *snapshot.Mount) bool { return other == m })
		kernel[r.ID] = m.ID
		if err := t.compareMount(r, m, numbers); err != nil {
			return fmt.Errorf("%s (%d, %d): %w", r.Point, r.ID, m.ID, err)
		}
	}
	return nil
}

// one is the mount that a row is said to be, of those at its place: on old kernels
// there may be two (predict.Rules.ShadowMounts), and one of them was there before.
func (t *theatre) one(there []*snapshot.Mount, r *predict.Row) *snapshot.Mount {
	switch len(there) {
	case 0:
		return nil
	case 1:
		return there[0]
	}
	id, known := t.ids[r.ID]
	met := slices.Collect(maps.Values(t.ids))
	for _, m := range there[1:] {
		if known && m.ID == id || !known && !slices.Contains(met, m.ID) {
			return m
		}
	}
	return there[0]
}

func (t *theatre) compareMount(r *predict.Row, m *snapshot.Mount, numbers map[snapshot.GroupID]predict.ID) error {
	if have, ok := t.ids[r.ID]; ok && have != m.ID {
		return fmt.Errorf("was mount %d", have)
	}
	t.ids[r.ID] = m.ID
	if t.rootOf(r) != m.Root || r.Source != m.Source {
		return fmt.Errorf("shows %s:%s, the kernel %s:%s", r.Source, r.Root, m.Source, m.Root)
	}
	if r.Unbindable != m.Unbindable {
		return fmt.Errorf("unbindable: said %v", r.Unbindable)
	}
	if flags := predict.FlagsOf(m.VFSOptions); flags != r.Flags {
		return fmt.Errorf("flags: said %v, the kernel %v", r.Flags, flags)
	}
	for _, g := range []struct {
		said predict.ID
		did  snapshot.GroupID
		what string
	}{{r.Group, m.PeerGroup, "group"}, {r.Master, m.Master, "master"}} {
		if err := t.compareGroup(g.said, g.did, numbers); err != nil {
			return fmt.Errorf("%s: %w", g.what, err)
		}
	}
	return nil
}

func (t *theatre) compareGroup(said predict.ID, did snapshot.GroupID, numbers map[snapshot.GroupID]predict.ID) error {
	if said == 0 && did == 0 {
		return nil
	}
	if said == 0 || did == 0 {
		return fmt.Errorf("said %d, the kernel %d", said, did)
	}
	if have, ok := numbers[did]; ok && have != said {
		return fmt.Errorf("%d is said to be %d, and %d elsewhere", did, said, have)
	}
	if have, ok := t.groups[said]; ok && have != did {
		return fmt.Errorf("said %d, which is %d, the kernel %d", said, have, did)
	}
	numbers[did], t.groups[said] = said, did
	return nil
}

func tell(rows []predict.Row) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "  %4d on %4d  %s:%s at %s shared:%d master:%d unbindable:%v locked:%v\n", r.ID, r.Parent, r.Source, r.Root, r.Point, r.Group, r.Master, r.Unbindable, r.Locked)
	}
	return b.String()
}

func show(list []snapshot.Mount) string {
	var b strings.Builder
	for _, m := range list {
		fmt.Fprintf(&b, "  %4d on %4d  %s:%s at %s shared:%d master:%d unbindable:%v\n", m.ID, m.Parent, m.Source, m.Root, m.Point, m.PeerGroup, m.Master, m.Unbindable)
	}
	return b.String()
}
