package tui

import (
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/details"
	"github.com/nsview/nsview/tui/mark"
	"github.com/nsview/nsview/tui/names"
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
			set.Mount(names.KeyOf(o), part.role)
		}
	}
}

func markGroup(set *mark.Set, g *world.PeerGroup) {
	for _, x := range g.Slaves {
		set.Mount(names.KeyOf(x), mark.Slave)
	}
	for _, x := range g.Members {
		set.Mount(names.KeyOf(x), mark.Peer)
	}
}

func markEvent(set *mark.Set, e *watch.Event) {
	for _, r := range e.Receivers {
		set.Mount(names.Key{NS: r.NS, ID: r.MountID}, mark.Receiver)
	}
	set.Mount(names.Key{NS: e.Origin.NS, ID: e.Origin.MountID}, mark.Origin)
}
