package predict

import "github.com/nsview/nsview/inspect/snapshot"

// Op is one operation on mounts, as the process that does it names it.
type Op struct {
	Kind Kind
	By   Actor // who does it: see [State.Enter]
	// Src is the path of what is bound, moved or joined (OpSetGroup), and the
	// new root of OpPivot.
	Src string
	// Dst is the path of the place where it happens: the mount point, what is
	// unmounted or changed, the new root of OpChroot, and where the old root
	// goes for OpPivot.
	Dst string

	// Recursive: with all mounts below (MS_REC, AT_RECURSIVE; umount -R, which
	// is one umount(2) after another).
	Recursive bool
	// Lazy is umount2(2) with MNT_DETACH.
	Lazy bool
	// Beneath puts it below what is mounted at Dst (MOVE_MOUNT_BENEATH of
	// move_mount(2)), for OpMount, OpBind and OpMove.
	Beneath bool
	// Detached makes it first and attaches it then, by fsmount(2) or
	// open_tree(2) with OPEN_TREE_CLONE, and move_mount(2), which checks in
	// another order than mount(2). Beneath is always done so.
	Detached bool

	Type   Propagation // of OpMake
	FSType string      // of OpMount
	Source string      // of OpMount
	Flags  Flags       // of OpMount; of OpRemount those to set
	Clear  Flags       // of OpRemount: those to take away
	// IDMap gives what OpBind copies a map of ids, before it is attached
	// (mount_setattr(2) with MOUNT_ATTR_IDMAP); Detached goes with it.
	IDMap bool
	// NewUser gives a namespace that OpUnshare makes a new user namespace for
	// its owner.
	NewUser bool
}

// Kind says what an operation does.
type Kind string

// The kinds of operation.
const (
	OpMount    Kind = "mount"     // of a new file system
	OpBind     Kind = "bind"      // MS_BIND, or a clone by open_tree(2)
	OpMove     Kind = "move"      // MS_MOVE, move_mount(2)
	OpUmount   Kind = "umount"    // umount2(2)
	OpMake     Kind = "make"      // MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE
	OpSetGroup Kind = "set-group" // MOVE_MOUNT_SET_GROUP: Dst joins the group of Src
	OpRemount  Kind = "remount"   // flags of the mount alone, as mount_setattr(2) sets them
	OpUnshare  Kind = "unshare"   // CLONE_NEWNS; By goes into the new namespace
	OpPivot    Kind = "pivot"     // pivot_root(2)
	OpChroot   Kind = "chroot"    // chroot(2)
	OpRemove   Kind = "rmdir"     // rmdir(2) of an empty directory: no operation on mounts, and Parse does not know it
)

// Propagation is a propagation type that a mount can be given
// (mount_namespaces(7)).
type Propagation string

// The propagation types.
const (
	Shared     Propagation = "shared"
	Private    Propagation = "private"
	Slaved     Propagation = "slave"
	Unbindable Propagation = "unbindable"
)

// ID names a mount, a peer group or a namespace of a state: the number that the
// kernel gave it, or one below zero, from -1 downwards, for what an operation
// has made. 0 is none.
type ID int64

// New says that an operation made it, so that the kernel has no number for it
// yet.
func (id ID) New() bool { return id < 0 }

// Actor is a process, or a namespace as a process that enters it sees it: whose
// paths an operation is in, and whose rights it is done with.
type Actor int

// Result is what an operation would do.
type Result struct {
	Op Op
	// Effects are all changes, that of the mount that was asked for first. An
	// operation that is refused has none, except umount -R, which stops where
	// it is refused.
	Effects []Effect
	// Refusal is nil when it would succeed.
	Refusal *Refusal
	// Tally are the namespaces that new mounts would come to, in order of
	// arrival, also of an operation that is refused because one is full.
	Tally []Tally
	// Doubts are what the answer rests on that could not be seen.
	Doubts []string
}

// Tally is how many mounts a namespace has, as fs.mount-max counts them, and how
// many more would come.
type Tally struct {
	NS          ID
	Have, Comes int
}

// OK says that the operation would succeed.
func (r Result) OK() bool { return r.Refusal == nil }

// Effect is one change of one mount.
type Effect struct {
	Kind EffectKind
	// Mount is the mount afterwards; where it goes away, as it was.
	Mount Row
	// Was is the mount before, for what was there and stays.
	Was Row
	// Via says how it comes to this mount: Self for what was asked for.
	Via Via
	// Through are the groups that it passed, that of the place asked for
	// first; none for the place itself.
	Through []ID
	// On is the mount that an attached one is mounted on, and Beneath the one
	// that was at its place and is on top of it now, 0 for none.
	On, Beneath ID
	// Submount: it is not the root of what comes or goes, but below it.
	Submount bool
	// Hidden: its path does not lead to it, because something covers it.
	Hidden bool
	// Rule says why it happens.
	Rule Rule

	mount  int32
	parent int32  // what it was mounted on before
	at     string // and where
}

// EffectKind says what happens to a mount.
type EffectKind string

// The kinds of effect.
const (
	Attach    EffectKind = "attach"
	Detach    EffectKind = "detach"
	MoveTo    EffectKind = "move"        // another parent, or mount point
	Change    EffectKind = "propagation" // another type, group or master
	Reflag    EffectKind = "flags"
	Stay      EffectKind = "stay"   // a copy that is not unmounted with its origin
	Pruned    EffectKind = "pruned" // not copied: unbindable, or bound to a mount namespace
	NewNS     EffectKind = "namespace"
	RootOf    EffectKind = "root" // the actor's root directory
	NoEffects EffectKind = "none"
	// Hide and Show are what [State.Sight] adds.
	Hide EffectKind = "hide" // its path no longer leads to it
	Show EffectKind = "show" // it does again
)

// Row is one mount of one namespace, as it is at one moment.
type Row struct {
	ID, Parent    ID
	NS            ID // the inode number of its mount namespace
	Dev           snapshot.Dev
	Root, Point   string // Point is from the root of the namespace
	FSType        string
	Source        string
	Group, Master ID
	Unbindable    bool
	Flags         Flags
	Locked        bool // MNT_LOCKED: may not be unmounted by itself
}

// Refusal is why an operation fails.
type Refusal struct {
	Errno  Errno
	Reason Reason
	Text   string // one line, with the mount that it is about
	// Mount is the one that it is about, 0 for none.
	Mount ID
	NS    ID
}

// Error is the errno and the reason, so that a refusal can be told as an error.
func (r *Refusal) Error() string { return string(r.Errno) + ": " + r.Text }

// Errno is the name of an error number: "EINVAL".
type Errno string

// The error numbers that the rules give.
const (
	EINVAL  Errno = "EINVAL"
	EBUSY   Errno = "EBUSY"
	EPERM   Errno = "EPERM"
	ENOENT  Errno = "ENOENT"
	ENOTDIR Errno = "ENOTDIR"
	ENOSPC  Errno = "ENOSPC"
	ELOOP   Errno = "ELOOP"
	EROFS   Errno = "EROFS"
	EISDIR  Errno = "EISDIR"
	ENOSYS  Errno = "ENOSYS"
)
