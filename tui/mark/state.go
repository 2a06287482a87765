package mark

import (
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/world"
)

// State is a mount's propagation state as a symbol shows it.
type State uint8

// The states (mount_namespaces(7)). SharedSlave receives from a master and
// passes on to its peers.
const (
	Private State = iota
	Shared
	Slaved
	SharedSlave
	Unbindable
	states
)

var stateSymbols = [states]string{"·", "⇄", "↓", "⇅", "×"}

// Symbol is one column wide.
func (s State) Symbol() string { return stateSymbols[s] }

// StateStyles are the looks of the states.
type StateStyles [states]ansi.Style

// StateOf is the state of a mount.
func StateOf(m *world.Mount) State {
	switch {
	case m.PeerGroup != 0 && m.Master != 0:
		return SharedSlave
	case m.PeerGroup != 0:
		return Shared
	case m.Master != 0:
		return Slaved
	case m.Unbindable:
		return Unbindable
	}
	return Private
}
