package launch

import (
	"os"
	"slices"
)

// Spec says what to start, and in which surroundings.
type Spec struct {
	// Namespaces are made new for the command; the others are the caller's.
	Namespaces Namespaces
	// Join are namespaces to enter, in this order.
	Join []Join
	// UIDs and GIDs map the users of a new user namespace. Without a map the
	// command has no rights at all there.
	UIDs, GIDs []IDMap
	// MapTools write the maps, for an ordinary user; empty, the caller does.
	MapTools MapTools
	// Foreign says that the root of the new user namespace is not the caller:
	// what of the host the root there may not reach, the caller takes for it.
	Foreign bool
	// Setgroups leaves setgroups(2) allowed in a new user namespace, which
	// the kernel grants to privileged callers only (user_namespaces(7)).
	Setgroups bool

	Hostname, Domainname string // set when not empty
	Loopback             bool   // brought up

	// Program is where the calling program lies, "" when that is not known:
	// then the launch takes a little longer.
	Program string

	// Root is asked of the mount at / before anything is mounted.
	Root Request
	// Calls are made next, in this order, by path.
	Calls []MountCall
	// Rootfs becomes the root.
	Rootfs *Rootfs

	// Chroot becomes the root directory when it is not empty and there is no
	// Rootfs, and Dir, as seen from there, the working directory.
	Chroot string
	Dir    string

	Session bool // the command leads a session of its own
	// Terminal is made for the command, which then leads a session of its own,
	// in place of its streams; nil makes none.
	Terminal *Terminal
	// User is who the command runs as; nil keeps the caller's ids. Login is the
	// same by the root's own /etc/passwd; one of the two is nil.
	User  *Credentials
	Login *Login
	Confinement
	// Sysctls are set for the new namespaces.
	Sysctls []Sysctl
	// Init has nsview itself be the first process, with the command its child.
	Init bool
	// Detached lets the command live on when the caller ends.
	Detached bool

	// Args is the command. A name without slash is looked for in the PATH of
	// Env, inside the new root.
	Args []string
	Env  []string

	// TimeOffsets set the clocks of a new time namespace.
	TimeOffsets []TimeOffset
	Personality *Personality // nil keeps the caller's
	// Creating are run when all is mounted, before the root changes, and
	// Starting right before the command.
	Creating, Starting []RunHook

	// Groups are control groups of version 1 that the child enters by itself,
	// behind Created. It has to have the right to.
	Groups []string
	// Created are done by the caller as soon as the child is there, and
	// Mounted when all is mounted, before the root changes.
	Created, Mounted []ParentAction
}

// Join is a namespace to enter. Into a user or time namespace only a program of
// one thread may go, which nsview is not (setns(2)).
type Join struct {
	Type Namespaces
	Path string
}

// Rootfs is the directory that becomes the root, and what is in it.
type Rootfs struct {
	Path string // of the host; "" with Layers
	// Layers make an overlay, the first on top. What is changed goes to
	// Upper, with Work beside it; without Upper it is lost in the end.
	Layers      []string
	Upper, Work string

	ReadOnly bool
	Pivot    Pivot
	PivotWhy string       // why that way, for the plan
	HostDirs []MakeDir    // made on the host, before they are bound
	Mounts   []MountPoint // made in this order
	Devices  []Device
	Links    []SymlinkIn
	Dirs     []MkdirIn
	Closing  []Remount // when all else is in place
	// Masked paths are hidden, ReadOnlyPaths cannot be written to.
	Masked, ReadOnlyPaths []string
	// Propagation is asked of / in the end.
	Propagation Request
}

// Pivot is a way to change the root.
type Pivot uint8

// The ways. PivotRoot leaves nothing of the old root in the table of mounts;
// MoveOver mounts the new root over it, where pivot_root(2) is impossible (the
// root of an initramfs); ChrootOnly leaves the table as it is.
const (
	PivotAway Pivot = iota
	MoveOver
	ChrootOnly
)

// MountPoint is a place in the root, and what is mounted there.
type MountPoint struct {
	Target string // as seen from the root

	// Bind is a directory or file of the host that appears at Target;
	// Recursive takes along what is mounted below it. Without Bind a new file
	// system of FSType is made, with its source and options.
	Bind           string
	Recursive      bool
	FSType, Source string
	Options        []string // "size=64m", "newinstance"

	// Attr changes the mount alone, TreeAttr all mounts below a recursive Bind
	// too. Of a new file system only what is set counts.
	Attr, TreeAttr Attributes
	// Propagation are changes, made one after the other.
	Propagation []Request
	// IDMap maps the ids of a Bind's files.
	IDMap IDMapping
	// InProc allows a Target inside of a proc file system.
	InProc bool
	// Group has the command's own group of a hierarchy of version 1 mounted,
	// by the controllers that /proc/PID/cgroup has for it.
	Group string
	// OwnGroup shows of a hierarchy of control groups only the command's own,
	// where there is no new cgroup namespace.
	OwnGroup bool
	// Remount changes what is mounted at Target already by Attr, TreeAttr and
	// Options, instead of mounting.
	Remount bool
}

// IDMap maps Size ids from Inside on, as a user namespace sees them, to those
// from Outside on.
type IDMap struct{ Inside, Outside, Size int }

// RootIsRoot says whether the host's root is root by a map.
func RootIsRoot(maps []IDMap) bool {
	return slices.ContainsFunc(maps, func(m IDMap) bool { return m.Inside == 0 && m.Outside == 0 && m.Size > 0 })
}

// Credentials are the ids that the command runs with.
type Credentials struct {
	UID, GID int
	Groups   []int // the supplementary groups; none when empty
}

// Streams are the command's standard streams; nil is /dev/null.
type Streams struct{ In, Out, Err *os.File }

// Attributes are changes of a mount's attributes. In Clear, MOUNT_ATTR__ATIME
// is implied by each of the settings of access times.
type Attributes struct{ Set, Clear MountAttr }

// IDMapping shows the owners of files by other ids (mount_setattr(2),
// MOUNT_ATTR_IDMAP): IDMap.Inside is the id in the file system, IDMap.Outside
// the one that this mount shows. None when both lists are empty.
type IDMapping struct {
	UIDs, GIDs []IDMap
	Recursive  bool
}
