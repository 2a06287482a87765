package predict

// receiver is a mount that receives what is mounted on another.
type receiver struct {
	mount   int32
	node    int32
	via     Via
	shared  bool // it is in a peer group itself
	through []ID // groups passed, that of the origin first
}

// descend visits whatever receives from a peer group: first the group itself,
// then what has it for master, then what is below that, each once
// (propagation_next in fs/pnode.c). visit is told the way down to the master,
// and says what is next below; id is the number of a group.
func descend[G comparable](from G, id func(G) ID, visit func(g G, through []ID) (below []G)) {
	type step struct {
		at      G
		through []ID
	}
	met := map[G]bool{from: true}
	for ahead := []step{{from, []ID{id(from)}}}; len(ahead) > 0; ahead = ahead[1:] {
		at, through := ahead[0].at, ahead[0].through
		below := visit(at, through)
		if at != from && len(below) > 0 {
			through = append(through[:len(through):len(through)], id(at))
		}
		for _, g := range below {
			if !met[g] { // a saved host may claim a loop
				met[g] = true
				ahead = append(ahead, step{g, through})
			}
		}
	}
}

// receivers are the mounts that receive what is mounted on m, of any part of
// the file system.
func (s *State) receivers(m int32) []receiver {
	from := s.mounts[m].node
	if s.nodes[from].id == 0 {
		return nil
	}
	var list []receiver
	descend(from, func(n int32) ID { return s.nodes[n].id }, func(n int32, through []ID) []int32 {
		via := Slave
		if n == from {
			via = Peer
		}
		for _, r := range s.nodes[n].members {
			if r != m {
				list = append(list, receiver{r, n, via, s.nodes[n].id != 0, through})
			}
		}
		return s.nodes[n].slaves
	})
	return list
}

// covers says whether a place of a file system shows in a mount of it: whether
// the mount's root is at or above it (need_secondary in fs/pnode.c).
func (s *State) covers(m int32, of int32, inside string) bool {
	return s.mounts[m].space != 0 && s.mounts[m].dev == s.mounts[of].dev && within(inside, s.mounts[m].root)
}
