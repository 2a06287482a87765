package tui

import (
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/details"
	"github.com/nsview/nsview/tui/mark"
)

// marks are what stands out: what the chosen mount or group is tied to, the
// chosen propagation, and the places that the user marked.
func (m *Model) marks(s details.Subject) mark.Set {
	var set mark.Set
	if s.Mount != nil {
		markLinks(&set, s.Mount, s.Links)
	}
	if s.Group != nil {
		markGroup(&set, s.Group)
	}
	if e := m.events.Picked(); e != nil {
		markEvent(&set, e)
	}
	for _, p := range []struct {
		*spot
		role mark.Role
	}{{m.from, mark.From}, {m.to, mark.To}} {
		if p.spot != nil {
			p.mark(&set, p.role)
		}
	}
	return set
}

// markLinks marks what sends to a mount and receives from it.
func markLinks(set *mark.Set, x *world.Mount, l *details.Links) {
	set.Peers(x, l.Peers)
	for _, part := range []struct {
		mounts []*world.Mount
		role   mark.Role
	}{{l.Below, mark.Slave}, {l.Above, mark.Master}} {
		for _, o := range part.mounts {
			set.Mount(o.View.Table.NS.Ino, o.ID, part.role)
		}
	}
}

func markGroup(set *mark.Set, g *world.PeerGroup) {
	for _, x := range g.Slaves {
		set.Mount(x.View.Table.NS.Ino, x.ID, mark.Slave)
	}
	for _, x := range g.Members {
		set.Mount(x.View.Table.NS.Ino, x.ID, mark.Peer)
	}
}

func markEvent(set *mark.Set, e *watch.Event) {
	for _, r := range e.Receivers {
		set.Mount(r.NS, r.MountID, mark.Receiver)
	}
	set.Mount(e.Origin.NS, e.Origin.MountID, mark.Origin)
}
