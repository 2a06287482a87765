package details

import (
	"fmt"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/names"
)

// maxLinks is how many mounts of one sort are told one by one.
const maxLinks = 50

// linkFields are the mounts of the whole host that the chosen one sends to and
// receives from.
func linkFields(b names.Book, m *world.Mount) []field {
	g := m.View.Groups()
	peers := predict.Peers(g, m)
	isPeer := make(map[*world.Mount]bool, len(peers))
	for _, p := range peers {
		isPeer[p] = true
	}
	above, unseen := predict.Senders(g, m)
	list := mountList(b, "peer", peers)
	list = append(list, mountList(b, "receives from", without(above, isPeer))...)
	for _, id := range unseen {
		list = append(list, field{"receives from", fmt.Sprintf("group %d, in no namespace that was read", id)})
	}
	return append(list, mountList(b, "sends to", without(predict.Receivers(g, m), isPeer))...)
}

func without(list []*world.Mount, set map[*world.Mount]bool) []*world.Mount {
	var out []*world.Mount
	for _, m := range list {
		if !set[m] {
			out = append(out, m)
		}
	}
	return out
}

func mountList(b names.Book, name string, mounts []*world.Mount) []field {
	var list []field
	for i, m := range mounts {
		if i == maxLinks {
			return append(list, field{name, fmt.Sprintf("and %d more", len(mounts)-i)})
		}
		list = append(list, field{name, b.Mount(m)})
	}
	return list
}

// groupFields are a peer group, its mounts, and the groups around it.
func groupFields(b names.Book, g *world.PeerGroup) []field {
	list := []field{{"peer group", fmt.Sprintf("%d: what is mounted on one of its mounts appears on all", g.ID)}}
	if g.Master != 0 {
		list = append(list, field{"receives from", fmt.Sprintf("group %d, its master", g.Master)})
	}
	for _, x := range g.Below {
		list = append(list, field{"sends to", fmt.Sprintf("group %d, of which it is the master", x.ID)})
	}
	if g.Unseen() {
		list = append(list, field{"member", "in no namespace that was read"})
	}
	list = append(list, mountList(b, "member", g.Members)...)
	var slaves []*world.Mount
	for _, m := range g.Slaves {
		if m.PeerGroup == 0 {
			slaves = append(slaves, m)
		}
	}
	return append(list, mountList(b, "slave", slaves)...)
}
