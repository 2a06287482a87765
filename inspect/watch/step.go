package watch

import "github.com/nsview/nsview/inspect/snapshot"

// Step is one event, and all that it changed. A quiet step has an event of no
// Kind: something changed that is nobody's news, such as a mount point's path
// because a directory above it was renamed.
type Step struct {
	Event  Event
	Spaces []SpaceChange
	Mounts []MountChange
}

// Quiet says that the step has nothing to show.
func (s *Step) Quiet() bool { return s.Event.Kind == "" }

// SpaceChange is a mount namespace that came or went.
type SpaceChange struct {
	Before, After *snapshot.Namespace // nil: it was not there, it is gone
	// Lead is its lowest process when it came, nil for none.
	Lead *snapshot.Process
}

// MountChange is a mount of a namespace before and after; nil where there is
// none. What they point to is never changed.
type MountChange struct {
	NS            uint64
	Before, After *snapshot.Mount
}
