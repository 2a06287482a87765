// Package mark says which mounts and namespaces stand out on the screen, and
// why: they are tied to what is chosen in another pane, had part in the chosen
// propagation, or were marked by the user.
package mark

import (
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/names"
)

// Role is why something stands out. Of two the higher is shown.
type Role uint8

// The roles. Slave, Master and Peer are seen from the chosen mount.
const (
	None     Role = iota
	Slave         // it receives from the chosen mount
	Master        // the chosen mount receives from it
	Peer          // it is in the same peer group
	Receiver      // the chosen propagation arrived there
	Origin        // the chosen propagation started there
	To            // marked by the user as the second place
	From          // marked by the user as the first place
	roles
)

var symbols = [roles]string{" ", "▾", "▴", "=", "○", "●", "B", "A"}

// Symbol is one column wide, a blank for None.
func (r Role) Symbol() string { return symbols[r] }

// Styles are the looks of the roles.
type Styles [roles]ansi.Style

// Set is what stands out. The zero Set is empty; a copy shares its contents.
type Set struct {
	mounts map[names.Key]Role
	spaces map[uint64]Role
	// peers are the mounts of this group, but one; there may be 50,000.
	peers snapshot.GroupID
	but   names.Key
}

// Mount adds a mount, and its namespace with it.
func (s *Set) Mount(k names.Key, r Role) {
	if s.mounts == nil {
		s.mounts = map[names.Key]Role{}
	}
	s.mounts[k] = max(s.mounts[k], r)
	s.Space(k.NS, r)
}

// Peers adds the other mounts of a mount's peer group as Peer.
func (s *Set) Peers(m *world.Mount, others []*world.Mount) {
	s.peers, s.but = m.PeerGroup, names.KeyOf(m)
	last := uint64(0)
	for _, x := range others {
		if ns := x.View.Table.NS.Ino; ns != last {
			s.Space(ns, Peer)
			last = ns
		}
	}
}

// Space adds a namespace.
func (s *Set) Space(ns uint64, r Role) {
	if s.spaces == nil {
		s.spaces = map[uint64]Role{}
	}
	s.spaces[ns] = max(s.spaces[ns], r)
}

// OfMount is why a mount stands out.
func (s Set) OfMount(m *world.Mount) Role {
	k := names.KeyOf(m)
	role := s.mounts[k]
	if s.peers != 0 && m.PeerGroup == s.peers && k != s.but {
		role = max(role, Peer)
	}
	return role
}

// OfSpace is why a namespace stands out.
func (s Set) OfSpace(ns uint64) Role { return s.spaces[ns] }
