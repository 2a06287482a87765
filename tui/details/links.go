package details

import (
	"fmt"
	"slices"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/names"
)

// maxLinks is how many mounts of one sort are told one by one.
const maxLinks = 50

// Links are the mounts of the whole host that one is tied to.
type Links struct {
	Peers  []*world.Mount
	Above  []*world.Mount     // it receives from them, and they not from it
	Below  []*world.Mount     // they receive from it, and it not from them
	Unseen []snapshot.GroupID // groups above of which no member was seen
}

// LinksOf gathers the links of a mount.
func LinksOf(m *world.Mount) Links {
	g := m.View.Groups()
	isPeer := func(x *world.Mount) bool { return x.PeerGroup == m.PeerGroup && m.PeerGroup != 0 }
	l := Links{Peers: predict.Peers(g, m)}
	if own := g.Get(m.PeerGroup); own != nil && m.PeerGroup != 0 {
		l.Below = below(g, own)
	}
	if m.Master != 0 {
		l.Above, l.Unseen = predict.Senders(g, m)
		l.Above = slices.DeleteFunc(l.Above, isPeer)
	}
	return l
}

// below are the slaves of a group, and what receives from those. The peers,
// which receive too, are left out from the beginning: there may be thousands.
func below(g *world.Groups, own *world.PeerGroup) []*world.Mount {
	var list []*world.Mount
	met := map[*world.Mount]bool{}
	add := func(x *world.Mount) {
		if !met[x] && x.PeerGroup != own.ID {
			met[x] = true
			list = append(list, x)
		}
	}
	tried := map[snapshot.GroupID]bool{0: true}
	for _, x := range slices.Concat(own.Slaves, own.Far) {
		add(x)
		if !tried[x.PeerGroup] {
			tried[x.PeerGroup] = true
			for _, r := range predict.Receivers(g, x) {
				add(r)
			}
		}
	}
	return list
}

// linkFields are the links of the chosen mount.
func linkFields(b names.Book, l *Links) []field {
	list := mountList(b, "peer", l.Peers)
	list = append(list, mountList(b, "gets from", l.Above)...)
	for _, id := range l.Unseen {
		list = append(list, field{"gets from", fmt.Sprintf("group %v, in no namespace that was read", id)})
	}
	return append(list, mountList(b, "sends to", l.Below)...)
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
	list := []field{{"peer group", fmt.Sprintf("%v: what is mounted on one of its mounts appears on all", g.ID)}}
	if g.Master != 0 {
		list = append(list, field{"gets from", fmt.Sprintf("group %v, its master", g.Master)})
	}
	for _, x := range g.Below {
		list = append(list, field{"sends to", fmt.Sprintf("group %v, of which it is the master", x.ID)})
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
