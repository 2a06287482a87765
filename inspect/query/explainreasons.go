package query

import (
	"fmt"

	"github.com/nsview/nsview/inspect/world"
)

// Reason is the first link that is broken on the way from one place to
// another. The codes are stable.
type Reason string

// The reasons why a mount appears.
const (
	Travels   Reason = "travels"
	SamePlace Reason = "same-place"
	SeenThere Reason = "seen-there" // what is mounted already
)

// The reasons why it does not, in the order in which they are looked for.
const (
	SourceDetached    Reason = "source-detached"
	SourceDeleted     Reason = "source-deleted"
	ReceiverDetached  Reason = "receiver-detached"
	MountMax          Reason = "mount-max" // ENOSPC
	OnItsRoot         Reason = "receiver-root-directory"
	Covered           Reason = "receiver-covered"
	Elsewhere         Reason = "appears-elsewhere"
	LessPrivileged    Reason = "less-privileged-user-namespace"
	SlaveSendsNothing Reason = "slave-does-not-send"
	SourceUnbindable  Reason = "source-unbindable"
	SourceNotMount    Reason = "source-not-a-shared-mount"
	SourcePrivate     Reason = "source-private"
	NobodyReceives    Reason = "nobody-receives"
	NotRead           Reason = "not-read" // the answer is unknown
	RootNotCovering   Reason = "root-does-not-cover"
	ReceiverPrivate   Reason = "receiver-private"
	DifferentGroup    Reason = "different-group"
	OtherFileSystem   Reason = "other-file-system"
)

// The reasons why what is mounted already is not there although a new mount
// would be.
const (
	TooEarly          Reason = "came-too-early"
	BoundAlone        Reason = "bound-non-recursively"
	LeftOutUnbindable Reason = "left-out-unbindable"
	UnmountedThere    Reason = "unmounted-there"
)

// reasonTexts are the reasons in plain words: of the place it is mounted at (1)
// and the place it is looked for (2), of the mount it is mounted on (3) and of
// the one that receives it, or should (4). "It is not a shared mount" is what
// container engines say.
var reasonTexts = map[Reason]string{
	Travels:   "a mount made at %[1]s appears at %[2]s",
	SamePlace: "%[1]s and %[2]s are the same place",
	SeenThere: "what is mounted at %[1]s now is at %[2]s too",

	SourceDetached:   "%[1]s lies on a mount that is in no namespace any more (unmounted lazily): nothing that is mounted there reaches %[2]s",
	SourceDeleted:    "%[1]s has been deleted: nothing can be mounted there that would reach %[2]s",
	ReceiverDetached: "%[2]s lies on a mount that is in no namespace any more (unmounted lazily), and such a mount receives nothing from %[1]s",

	MountMax: "nothing can be mounted at %[1]s, so nothing reaches %[2]s: mount(2) fails with ENOSPC where one namespace that it comes to is full: %[7]s",

	OnItsRoot: "a mount made at %[1]s arrives on the root directory of %[2]s itself: a process goes on seeing what lies below that",
	Covered:   "a mount made at %[1]s arrives at %[2]s, but another mount covers it there",
	Elsewhere: "a mount made at %[1]s appears in that namespace, at %[5]s, not at %[2]s",

	SourcePrivate:     "path %[1]s is mounted on %[3]s but it is not a shared mount, it is private: what is mounted on it stays in its namespace, so nothing reaches %[2]s",
	SourceUnbindable:  "path %[1]s is mounted on %[3]s but it is not a shared mount, it is unbindable, so private: what is mounted on it stays in its namespace, and nothing reaches %[2]s",
	SourceNotMount:    "path %[1]s is mounted on %[3]s but it is not a shared mount: %[1]s is no mount itself, the one at %[3]s that it lies on is private, and nothing made there reaches %[2]s",
	SlaveSendsNothing: "path %[1]s is mounted on %[3]s but it is not a shared mount, it is a slave: it receives from its master and sends nothing back, so nothing reaches %[2]s",
	LessPrivileged:    "the mount at %[3]s that %[1]s lies on is in the namespace of a less privileged user namespace, whose mounts the kernel makes slaves: it receives and sends nothing back, so nothing reaches %[2]s",
	NobodyReceives:    "no other mount that was seen receives what is mounted at %[1]s",
	NotRead:           "whether a mount at %[1]s reaches %[2]s hangs on a peer group of which no member could be read: the mount at %[4]s receives from it",

	RootNotCovering: "a mount made at %[1]s is received by the mount at %[4]s in the namespace of %[2]s, but that one shows another directory of the file system (%[6]s)",
	ReceiverPrivate: "the mount at %[4]s in the namespace of %[2]s shows the same file system as %[1]s, but it is private: it receives nothing",
	DifferentGroup:  "the mount at %[4]s in the namespace of %[2]s shows the same file system as %[1]s, but it is in a different peer group, and neither receives from the other",
	OtherFileSystem: "the namespace of %[2]s has no mount of the file system of %[1]s that receives from it",

	TooEarly:          "what is mounted at %[1]s now is not at %[2]s although a new mount would be: it came before the two were joined, or has been unmounted there since; propagation is not retroactive",
	BoundAlone:        "what is mounted at %[1]s now is not at %[2]s although a new mount would be: the mount at %[4]s was made after it, by a bind that was not recursive and left it out; propagation is not retroactive",
	LeftOutUnbindable: "what is mounted at %[1]s now is not at %[2]s although a new mount would be: it is unbindable, so the bind that made the mount at %[4]s left it out",
	UnmountedThere:    "what is mounted at %[1]s now is not at %[2]s although a new mount would be: it was there when the namespace was cloned, and has been unmounted there since",
}

// text is the reason in plain words.
func (x *explainer) text() string {
	return fmt.Sprintf(reasonTexts[x.v.Reason],
		x.from, x.to, pointOf(x.source()), pointOf(x.receiver), x.arrivalPoint(), rootOf(x.receiver), x.fullText())
}

// fullText counts the mounts of the first namespace without room.
func (x *explainer) fullText() string {
	if len(x.full) == 0 {
		return ""
	}
	l := x.full[0]
	return fmt.Sprintf("mnt:[%d] has %d mounts, %d more would come, and fs.mount-max is %d", l.View.Table.NS.Ino, l.Have, l.Comes, x.world.Host.MaxMnts)
}

// source is the mount that a mount made at the place asked for lands on.
func (x *explainer) source() *world.Mount {
	if len(x.v.Arrivals) > 0 {
		return x.v.Arrivals[0].On
	}
	return x.from.Mount
}

func (x *explainer) arrivalPoint() string {
	if len(x.v.Hops) == 0 {
		return ""
	}
	return x.v.Hops[len(x.v.Hops)-1].Point
}

func pointOf(m *world.Mount) string {
	if m == nil {
		return "(none)"
	}
	return m.Point
}

func rootOf(m *world.Mount) string {
	if m == nil {
		return ""
	}
	return m.Root
}

// aloneText says in plain words what a mount sends and receives.
func (x *explainer) aloneText() string {
	m := x.source()
	switch {
	case m == nil, x.v.Reason == SourceDeleted:
		return fmt.Sprintf(reasonTexts[x.v.Reason], x.from, "any place")
	case x.v.Reason == MountMax:
		return fmt.Sprintf(reasonTexts[MountMax], x.from, "any place", "", "", "", "", x.fullText())
	}
	sends, receives := "what is mounted on it stays where it is", "receives nothing"
	if m.PeerGroup != 0 {
		sends = fmt.Sprintf("what is mounted at %s appears in %d other places", x.from, len(x.v.Arrivals)-1)
		receives = fmt.Sprintf("receives from its peers (group %v)", m.PeerGroup)
	}
	if m.Master != 0 {
		receives = fmt.Sprintf("receives from group %v", m.Master)
		if g := x.groups.Get(m.Master); g == nil || g.Unseen() {
			receives += ", of which no namespace that was read has a member"
		}
	}
	text := fmt.Sprintf("the mount at %s is %s: %s, and it %s", m.Point, m.Propagation(), sends, receives)
	if x.v.Answer == Unknown && m.PeerGroup != 0 {
		text += "; namespaces that could not be read may have more"
	}
	if x.v.Answer == No && m.PeerGroup == 0 {
		text += fmt.Sprintf("; path %s is mounted on %s but it is not a shared mount", x.from, m.Point)
	}
	return text
}
