package predict

import (
	"maps"
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// State is every mount of a host, as it is after the operations applied so far.
// It starts as a world and forgets nothing of it that the rules need; what the
// kernel does not show (which mounts are locked, what keeps a mount busy) is
// inferred or told.
type State struct {
	rules  Rules
	known  func(Where) Entry
	leads  func(Actor, Where) (Link, bool)
	gone   map[place]bool // directories that were removed; never changed, but replaced
	mounts []mount        // [0] is no mount, [inner] in no namespace
	spaces []space        // [0] is no namespace: what is detached, or being made
	nodes  []node         // [0] is no group
	actors []actor
	kinds  []fsKind // of file systems that were mounted by operations
	byNS   map[ID]int32
	lesser map[ID]ID // the user namespaces that are below another, and below which
	gaps   []string  // what of the host could not be seen

	lastMount, lastGroup, lastNS, lastUser ID

	journal journal // what the operation under way has touched
}

// Entry is what is at a place of a file system.
type Entry uint8

// The entries. Unknown is not an answer: the operation is predicted as if the
// path were there, with a doubt.
const (
	EntryUnknown Entry = iota
	Directory
	File
	Absent
	SymLink // a symbolic link: see [State.Leads]
)

// mount is one mount. Mounts are named by their index, so that a state of
// 100,000 is a few arrays that can be copied.
type mount struct {
	id     ID
	parent int32 // itself for the root of a namespace, and while detached
	// The children form a list in the order in which they came.
	first, last, next, prev int32
	space                   int32
	node                    int32 // its peer group, or itself as a lone slave; 0 when private
	seat                    int32 // where in the node's members
	kind                    int32 // index of its fsKind; 0: that of base
	busy                    int32 // users that are not mounts
	writers                 int32 // those that have a file open for writing
	owner                   ID    // the user namespace that its file system belongs to
	touched                 int32 // 1 + where in the journal, 0 when not
	root                    string
	at                      string // its mount point, as a path of the parent's file system
	dev                     snapshot.Dev
	base                    *world.Mount // the mount of the world that it is, or was copied from
	flags                   Flags
	keep                    Flags // MNT_LOCK_*: those that may not be cleared
	mark                    mark
}

// mark are the marks on a mount.
type mark uint8

const (
	locked      mark = 1 << iota // MNT_LOCKED
	unbindable                   // MS_UNBINDABLE
	guessed                      // whether it is locked is inferred
	keepGuessed                  // whether its flags are
	nsFile                       // bound to a mount namespace
	doomed                       // will be unmounted (MNT_UMOUNT)
	candidate                    // may be unmounted with its origin
	passed                       // its ancestors were looked at
)

// space is one mount namespace.
type space struct {
	id    ID
	root  int32
	user  ID     // its owning user namespace
	seq   uint64 // its 64-bit id, 0 when not known
	count int
	// hidden: its root mount was not seen, and stands for whatever there is.
	hidden bool
	view   int32 // the mount that its processes have for root
}

// fsKind is what is told of a new file system.
type fsKind struct{ fstype, source string }

// actor is who acts: see [Actor].
type actor struct {
	space int32
	root  spot
	user  ID // its user namespace, that of its mount namespace or one above
}

// spot is a place: a path of the file system, on a mount.
type spot struct {
	mount  int32
	inside string
}

// Clone copies a state, so that another future can be tried.
func (s *State) Clone() *State {
	c := *s
	c.mounts, c.spaces, c.actors = slices.Clone(s.mounts), slices.Clone(s.spaces), slices.Clone(s.actors)
	c.nodes = slices.Clone(s.nodes)
	for i := range c.nodes {
		c.nodes[i].members, c.nodes[i].slaves = slices.Clone(s.nodes[i].members), slices.Clone(s.nodes[i].slaves)
	}
	c.kinds, c.gaps, c.lesser = slices.Clone(s.kinds), slices.Clone(s.gaps), maps.Clone(s.lesser)
	c.byNS = maps.Clone(s.byNS)
	c.journal = journal{}
	return &c
}

// is says whether a mount has a mark.
func (s *State) is(m int32, k mark) bool { return s.mounts[m].mark&k != 0 }

func (s *State) set(m int32, k mark)   { s.mounts[m].mark |= k }
func (s *State) clear(m int32, k mark) { s.mounts[m].mark &^= k }

// hasParent: it is mounted on another (mnt_has_parent).
func (s *State) hasParent(m int32) bool { return s.mounts[m].parent != m }

// shared says whether a mount is in a peer group.
func (s *State) shared(m int32) bool { return s.nodes[s.mounts[m].node].id != 0 }

// groupOf is the number of the peer group of a mount, 0 for none.
func (s *State) groupOf(m int32) ID { return s.nodes[s.mounts[m].node].id }

// masterOf is the number of the group that a mount receives from, 0 for none.
func (s *State) masterOf(m int32) ID { return s.nodes[s.nodes[s.mounts[m].node].master].id }
