package predict

// node is a place in the tree of propagation: a peer group, or a slave that is
// in none. What is mounted on a member goes to the other members and to all
// nodes below.
type node struct {
	id      ID // the group's number, 0 for a lone slave
	master  int32
	seat    int32 // where in the master's slaves
	members []int32
	slaves  []int32
}

func (s *State) newNode(id ID, master int32) int32 {
	n := int32(len(s.nodes))
	s.nodes = append(s.nodes, node{id: id})
	s.serve(n, master)
	return n
}

// newGroup is the number of a group that is born.
func (s *State) newGroup() ID {
	s.lastGroup--
	return s.lastGroup
}

// serve puts a node below a master; 0 is none.
func (s *State) serve(n, master int32) {
	x := &s.nodes[n]
	if old := x.master; old != 0 {
		list := s.nodes[old].slaves
		end := list[len(list)-1]
		list[x.seat], s.nodes[end].seat = end, x.seat
		s.nodes[old].slaves = list[:len(list)-1]
	}
	x.master = master
	if master != 0 {
		x.seat = int32(len(s.nodes[master].slaves))
		s.nodes[master].slaves = append(s.nodes[master].slaves, n)
	}
}

// join makes a private mount a member of a node.
func (s *State) join(m, n int32) {
	s.touch(m)
	s.mounts[m].node, s.mounts[m].seat = n, int32(len(s.nodes[n].members))
	s.nodes[n].members = append(s.nodes[n].members, m)
}

// leave makes a mount private. The last member of a node takes it along: its
// slaves get its master (transfer_propagation in fs/pnode.c).
func (s *State) leave(m int32) {
	n := s.mounts[m].node
	if n == 0 {
		return
	}
	s.touch(m)
	s.quit(m)
	if len(s.nodes[n].members) == 0 {
		s.handDown(n)
		s.serve(n, 0)
	}
}

// quit takes a mount from its node's members.
func (s *State) quit(m int32) {
	x := &s.mounts[m]
	list := s.nodes[x.node].members
	end := list[len(list)-1]
	list[x.seat], s.mounts[end].seat = end, x.seat
	s.nodes[x.node].members = list[:len(list)-1]
	x.node, x.seat = 0, 0
}

// handDown gives the slaves of a node to its master. A lone slave without a
// master is private.
func (s *State) handDown(n int32) {
	master := s.nodes[n].master
	for len(s.nodes[n].slaves) > 0 {
		slaves := s.nodes[n].slaves
		x := slaves[len(slaves)-1]
		for _, m := range s.nodes[x].members {
			s.touch(m).typed = LastOfGroup
		}
		s.serve(x, master)
		if master == 0 && s.nodes[x].id == 0 {
			for len(s.nodes[x].members) > 0 {
				s.quit(s.nodes[x].members[0])
			}
		}
	}
}

// share puts a mount into a peer group of its own unless it is in one.
func (s *State) share(m int32) {
	s.touch(m)
	s.clear(m, unbindable)
	switch n := s.mounts[m].node; {
	case n == 0:
		s.join(m, s.newNode(s.newGroup(), 0))
	case s.nodes[n].id == 0:
		s.nodes[n].id = s.newGroup()
	}
}

// enslave makes a mount a slave of the group it was in. The last of a group
// keeps only the master that it had, and without one is private. What is in no
// group stays as it is (change_mnt_propagation).
func (s *State) enslave(m int32) {
	n := s.mounts[m].node
	if s.nodes[n].id == 0 {
		return
	}
	s.touch(m)
	if len(s.nodes[n].members) > 1 {
		s.quit(m)
		s.join(m, s.newNode(0, n))
		return
	}
	s.handDown(n)
	s.nodes[n].id = 0
	if s.nodes[n].master == 0 {
		s.quit(m)
	}
}

// likeness says how a copy stands to what it was copied from.
type likeness uint8

const (
	asIs       likeness = iota // peer of a shared one, slave of the same master
	asSlave                    // slave of a shared one, else of the same master
	asPeer                     // as it is, of one that is shared
	asOwnSlave                 // slave, with a peer group of its own
	asStranger                 // private
)

// relate gives a copy its place in the tree of propagation (clone_mnt).
func (s *State) relate(twin, old int32, how likeness) {
	n := s.mounts[old].node
	if n == 0 || how == asStranger {
		return
	}
	shared := s.nodes[n].id != 0
	switch {
	case how == asOwnSlave:
		s.join(twin, s.newNode(s.newGroup(), n))
	case shared && how == asSlave:
		s.join(twin, s.newNode(0, n))
	case shared:
		s.join(twin, n)
	default:
		s.join(twin, s.newNode(0, s.nodes[n].master))
	}
}
