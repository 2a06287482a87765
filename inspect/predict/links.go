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

// receivers are the mounts that receive what is mounted on m: its peers, then
// the slaves of its group, and of the groups that those share in, further and
// further down (propagation_next in fs/pnode.c). Each is met once; the way to
// it is that of its nearest group.
func receivers(g *world.Groups, m *world.Mount) []Arrival {
	if m.PeerGroup == 0 {
		return nil
	}
	s := spread{groups: g, origin: m, met: map[*world.Mount]bool{}, tried: map[snapshot.GroupID]bool{m.PeerGroup: true}}
	s.ahead = [][]snapshot.GroupID{{m.PeerGroup}}
	for len(s.ahead) > 0 {
		through := s.ahead[0]
		s.ahead = s.ahead[1:]
		s.group(through)
	}
	return s.list
}

// spread walks down from group to group.
type spread struct {
	groups *world.Groups
	origin *world.Mount
	met    map[*world.Mount]bool
	tried  map[snapshot.GroupID]bool
	ahead  [][]snapshot.GroupID // the groups still to walk, each with the way to it
	list   []Arrival
}

func (s *spread) group(through []snapshot.GroupID) {
	group := s.groups.Get(through[len(through)-1])
	if group == nil {
		return
	}
	via := Slave // a peer of a slave is a slave too
	if len(through) == 1 {
		via = Peer
	}
	for _, peer := range group.Members {
		s.meet(peer, via, through)
	}
	for _, slave := range slices.Concat(group.Slaves, group.Far) {
		s.meet(slave, Slave, through)
		if slave.PeerGroup != 0 && !s.tried[slave.PeerGroup] {
			s.tried[slave.PeerGroup] = true
			s.ahead = append(s.ahead, append(slices.Clip(through), slave.PeerGroup))
		}
	}
}

func (s *spread) meet(m *world.Mount, via Via, through []snapshot.GroupID) {
	if !s.met[m] && !same(m, s.origin) {
		s.met[m] = true
		s.list = append(s.list, Arrival{On: m, Via: via, Through: through})
	}
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
