package watch

import (
	"time"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Kind says what happened.
type Kind string

// The kinds of event.
const (
	Mount       Kind = "mount"
	Umount      Kind = "umount"
	Move        Kind = "move"        // mount --move and pivot_root(2)
	Remount     Kind = "remount"     // From and To are the options
	Propagation Kind = "propagation" // From and To as mountinfo spells them
	NSNew       Kind = "ns-new"
	NSGone      Kind = "ns-gone"
	// Lost: notices were lost, for the reason in Why. What changed meanwhile
	// follows as events without a pid.
	Lost Kind = "lost"
)

// Place is a mount in a mount namespace.
type Place struct {
	// NS is the namespace's inode number, 0 when it could not be told: the
	// mount was gone before it could be looked at.
	NS uint64 `json:"ns,omitzero"`
	// Target is the mount point, as the namespace's root sees it; "" when not
	// known.
	Target string `json:"target,omitzero"`
	// MountID is the id that mountinfo shows, used again at once; UniqueID
	// that of statmount(2), never used again. 0 when not known.
	MountID  snapshot.MountID `json:"mount_id,omitzero"`
	UniqueID snapshot.MountID `json:"unique_id,omitzero"`
}

// Origin is where an event started, and who did it.
type Origin struct {
	Place
	// PID is the process that did it, in the pid namespace of the /proc that is
	// read; 0 when not known. Comm and Owner are what it, or its container or
	// unit, is called. Of a namespace they are those of its lowest process.
	PID   int    `json:"pid,omitzero"`
	Comm  string `json:"comm,omitzero"`
	Owner string `json:"owner,omitzero"`
}

// Via says how a receiver hangs together with the origin.
type Via string

// The ways that propagation takes (mount_namespaces(7)).
const (
	Peer  Via = "peer"
	Slave Via = "slave"
)

// Receiver is one place that an event reached by propagation.
type Receiver struct {
	Place
	Via Via `json:"via"`
	// Beneath: something was mounted there already, and the copy was put
	// below it.
	Beneath bool `json:"beneath,omitzero"`
}

// Event is one propagation: what one call to the kernel did, everywhere.
type Event struct {
	Time      time.Time  `json:"time,omitzero"` // when it was noticed
	Seq       uint64     `json:"seq,omitzero"`  // 1 for the first of a watch; 0 in a quiet [Step]
	Kind      Kind       `json:"kind,omitzero"`
	Origin    Origin     `json:"origin,omitzero"`
	Receivers []Receiver `json:"receivers,omitempty"` // by order of the kernel's notices

	FSType string `json:"fstype,omitzero"`
	Source string `json:"source,omitzero"`
	Root   string `json:"root,omitzero"`

	// From and To are what changed: propagation states, options, and of a
	// Move the mount points.
	From string `json:"from,omitzero"`
	To   string `json:"to,omitzero"`
	// Below is how many more mounts below the origin changed by the same call:
	// submounts of a recursive bind, a lazy umount or a recursive make-*; the
	// mounts of a namespace that came or went.
	Below int `json:"below,omitzero"`
	// Why is the reason of Lost.
	Why string `json:"why,omitzero"`
}

// Concerns says whether the event started in, or reached, one of the
// namespaces. An empty set is all of them; Lost concerns everybody.
func (e *Event) Concerns(spaces map[uint64]bool) bool {
	if len(spaces) == 0 || e.Kind == Lost || spaces[e.Origin.NS] {
		return true
	}
	for _, r := range e.Receivers {
		if spaces[r.NS] {
			return true
		}
	}
	return false
}
