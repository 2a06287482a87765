package predict

// receiver is a mount that receives what is mounted on another.
type receiver struct {
	mount   int32
	node    int32
	via     Via
	shared  bool // it is in a peer group itself
	through []ID // groups passed, that of the origin first
}

// receivers are the mounts that receive what is mounted on m, of any part of
// the file system: its peers, then the slaves of its group, further and further
// down (propagation_next in fs/pnode.c).
func (s *State) receivers(m int32) []receiver {
	var list []receiver
	n := s.mounts[m].node
	if s.nodes[n].id == 0 {
		return nil
	}
	through := []ID{s.nodes[n].id}
	for _, r := range s.nodes[n].members {
		if r != m {
			list = append(list, receiver{r, n, Peer, true, through})
		}
	}
	return s.below(list, n, through)
}

func (s *State) below(list []receiver, n int32, through []ID) []receiver {
	for _, slave := range s.nodes[n].slaves {
		for _, r := range s.nodes[slave].members {
			list = append(list, receiver{r, slave, Slave, s.nodes[slave].id != 0, through})
		}
	}
	for _, slave := range s.nodes[n].slaves {
		if len(s.nodes[slave].slaves) > 0 {
			further := append(through[:len(through):len(through)], s.nodes[slave].id)
			list = s.below(list, slave, further)
		}
	}
	return list
}

// covers says whether a place of a file system shows in a mount of it: whether
// the mount's root is at or above it (need_secondary in fs/pnode.c).
func (s *State) covers(m int32, of int32, inside string) bool {
	return s.mounts[m].space != 0 && s.mounts[m].dev == s.mounts[of].dev && within(inside, s.mounts[m].root)
}
