package predict

import (
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Receivers are the mounts, of any part of the file system, that receive what
// is mounted on m.
func Receivers(g *world.Groups, m *world.Mount) []*world.Mount {
	var list []*world.Mount
	for _, r := range receivers(g, m) {
		list = append(list, r.On)
	}
	return list
}

// receivers are the mounts that receive what is mounted on m, each once, by
// the way through its nearest group.
func receivers(g *world.Groups, m *world.Mount) []Arrival {
	top := g.Get(m.PeerGroup)
	if m.PeerGroup == 0 || top == nil {
		return nil
	}
	var list []Arrival
	from := party{group: top}
	descend(from, party.id, func(p party, through []ID) []party {
		via := Slave
		if p == from {
			via = Peer
		}
		for _, r := range p.members() {
			if !same(r, m) {
				list = append(list, Arrival{On: r, Via: via, Through: groupIDs(through)})
			}
		}
		return p.below(g)
	})
	return list
}

// party is a peer group, or a slave that is in none.
type party struct {
	group *world.PeerGroup
	alone *world.Mount
}

func (p party) id() ID {
	if p.group == nil {
		return 0
	}
	return ID(p.group.ID)
}

func (p party) members() []*world.Mount {
	if p.group == nil {
		return []*world.Mount{p.alone}
	}
	return p.group.Members
}

// below is what has the group for master, as far as is known.
func (p party) below(g *world.Groups) []party {
	if p.group == nil {
		return nil
	}
	var list []party
	for _, slave := range slices.Concat(p.group.Slaves, p.group.Far) {
		if slave.PeerGroup == 0 {
			list = append(list, party{alone: slave})
		} else if own := g.Get(slave.PeerGroup); own != nil {
			list = append(list, party{group: own})
		}
	}
	return list
}

func groupIDs(through []ID) []snapshot.GroupID {
	list := make([]snapshot.GroupID, len(through))
	for i, id := range through {
		list[i] = snapshot.GroupID(id)
	}
	return list
}

// same says whether two are one mount, which the view of a process and that of
// its namespace both have.
func same(a, b *world.Mount) bool {
	return a == b || a.ID == b.ID && a.View.Table.NS.Ino == b.View.Table.NS.Ino
}

// Peers are the other mounts of a mount's peer group.
func Peers(g *world.Groups, m *world.Mount) []*world.Mount {
	group := g.Get(m.PeerGroup)
	if group == nil || m.PeerGroup == 0 {
		return nil
	}
	return others(group, m)
}

func others(g *world.PeerGroup, m *world.Mount) []*world.Mount {
	return slices.DeleteFunc(slices.Clone(g.Members), func(p *world.Mount) bool { return same(p, m) })
}

// Senders are the mounts from which m receives: its peers, the members of its
// master group, and of the groups above that. Unseen are those of the groups of
// which no member was seen.
func Senders(g *world.Groups, m *world.Mount) (list []*world.Mount, unseen []snapshot.GroupID) {
	list = Peers(g, m)
	tried := map[snapshot.GroupID]bool{m.PeerGroup: true}
	for id := m.Master; id != 0 && !tried[id]; {
		tried[id] = true
		group := g.Get(id)
		if group == nil || group.Unseen() {
			unseen = append(unseen, id)
			id = m.From // what the kernel says is further up
			continue
		}
		list = append(list, others(group, m)...)
		id = group.Master
	}
	return list, unseen
}
