package predict

// Reason is why an operation is refused, as a word that stays the same.
type Reason string

// The reasons.
const (
	NoSuchPath        Reason = "no-such-path"
	NotADirectory     Reason = "not-a-directory"
	TooManyLinks      Reason = "too-many-links"
	DirOnFile         Reason = "file-and-directory"   // one is a file, the other a directory
	NotAMountPoint    Reason = "not-a-mount-point"    // it is a directory on a mount, not its root
	OtherNamespace    Reason = "other-namespace"      // it is on a mount of another namespace, or of none
	IsMountPoint      Reason = "is-mount-point"       // rmdir where one's own namespace has something mounted
	IsNamespaceRoot   Reason = "root-of-namespace"    // nothing is below it
	NotPermitted      Reason = "not-permitted"        // no CAP_SYS_ADMIN over the namespace
	LockedMount       Reason = "locked"               // came from a more privileged namespace
	LockedBelow       Reason = "locked-below"         // a bind without MS_REC would show what locked mounts hide
	LockedFlags       Reason = "locked-flags"         // came with flags that may not be cleared
	SourceUnbindable  Reason = "source-unbindable"    // bind of an unbindable mount
	TreeUnbindable    Reason = "unbindable-in-tree"   // move of one below a shared mount
	UnbindableLocked  Reason = "unbindable-locked"    // rbind can neither copy it nor leave it out
	ParentShared      Reason = "parent-shared"        // move of a mount whose parent is shared
	IntoItself        Reason = "into-itself"          // move below itself
	SameTwice         Reason = "same-file-system"     // a file system on its own root, twice
	HasSubmounts      Reason = "has-submounts"        // umount without MNT_DETACH
	OwnRoot           Reason = "own-root"             // umount(2) of the root directory of who calls
	InUse             Reason = "in-use"               // a file is open or a directory entered
	HasWriters        Reason = "open-for-writing"     // a file of it is, so that it does not become read-only
	HasIDMap          Reason = "has-idmap"            // and gets no other
	NoIDMaps          Reason = "no-idmaps"            // of this type of file system
	MountedReadOnly   Reason = "mounted-read-only"    // opened for writing
	CopyInUse         Reason = "copy-in-use"          // the same, in a copy elsewhere
	MountMax          Reason = "mount-max"            // fs.mount-max of a receiving namespace
	NamespaceFile     Reason = "namespace-file"       // would tie a mount namespace to itself
	PivotShared       Reason = "pivot-shared"         // one of the three that may not be shared is
	PivotSame         Reason = "pivot-same-mount"     // new or old root is on the current root mount
	PivotRootNotMount Reason = "root-not-mount-point" // after chroot to a plain directory
	PivotOutside      Reason = "put-old-outside"      // not below the new root
	BeneathRoot       Reason = "beneath-root"         // below the root of a process or namespace
	BeneathCovered    Reason = "beneath-covered"      // what is moved is itself mounted over
	BeneathPropagates Reason = "beneath-propagates"   // a copy would come on top of what it goes below
	BeneathAncestor   Reason = "beneath-ancestor"     // of what is moved
	OtherFileSystem   Reason = "other-file-system"    // set-group across file systems
	NotPrivate        Reason = "not-private"          // set-group of a mount in a group
	NothingToJoin     Reason = "nothing-to-join"      // set-group from a private mount
	NarrowerRoot      Reason = "narrower-root"        // set-group from a mount of a part of it
	NotInKernel       Reason = "not-in-kernel"        // it came with a later Linux
)

// Rule says why an effect happens, as a word that stays the same.
type Rule string

// The rules.
const (
	Asked          Rule = "asked-for"
	SharedParent   Rule = "parent-is-shared" // becomes shared
	ToPeer         Rule = "peer-gets-peer"
	ToSlave        Rule = "slave-gets-slave"
	WithParent     Rule = "submount-of-copy"
	Tucked         Rule = "tucked-beneath"   // its place is taken by one beneath it
	SlidesBack     Rule = "slides-back"      // what it was on goes away
	ChildKeeps     Rule = "child-keeps-copy" // a mount inside it stays
	LockKeeps      Rule = "lock-keeps-copy"  // locked to a parent that stays
	PlaceRemoved   Rule = "place-removed"    // its mount point was
	LastOfGroup    Rule = "last-of-group"    // the group ends: its slaves go to its master
	JoinsGroup     Rule = "joins-group"
	ClonedAsPeer   Rule = "clone-is-peer"
	ClonedAsSlave  Rule = "clone-is-slave" // less privileged namespace
	ClonedPrivate  Rule = "clone-is-private"
	ClonedLocked   Rule = "clone-is-locked"
	UnbindableLost Rule = "clone-is-bindable" // Linux 6.17 to 7.1 lose the flag
	UnbindableSkip Rule = "unbindable-not-copied"
	NamespaceSkip  Rule = "namespace-file-not-copied"
)
