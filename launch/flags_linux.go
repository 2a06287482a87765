package launch

import (
	"fmt"
	"math/bits"
	"strings"

	"golang.org/x/sys/unix"
)

// Namespaces is a set of types of namespace, as the flags by which clone(2)
// makes new ones.
type Namespaces uint64

// The types of namespace (namespaces(7)).
const (
	Mount  Namespaces = unix.CLONE_NEWNS
	PID    Namespaces = unix.CLONE_NEWPID
	Net    Namespaces = unix.CLONE_NEWNET
	IPC    Namespaces = unix.CLONE_NEWIPC
	UTS    Namespaces = unix.CLONE_NEWUTS
	User   Namespaces = unix.CLONE_NEWUSER
	Cgroup Namespaces = unix.CLONE_NEWCGROUP
	Time   Namespaces = unix.CLONE_NEWTIME // Linux 5.6

	AllNamespaces = Mount | PID | Net | IPC | UTS | User | Cgroup | Time
)

// Has says whether all of other are in the set.
func (n Namespaces) Has(other Namespaces) bool { return n&other == other }

// String names the flags: CLONE_NEWNS|CLONE_NEWPID.
func (n Namespaces) String() string { return names(uint64(n), cloneNames) }

// MountFlags are the flags of mount(2).
type MountFlags uint64

// String names the flags: MS_REC|MS_SLAVE. Bits without a name stay, in hex.
func (f MountFlags) String() string { return names(uint64(f), mountNames) }

// MountAttr are the attributes of a mount, as fsmount(2) and mount_setattr(2)
// take them.
type MountAttr uint64

// String names the attributes: MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV.
func (a MountAttr) String() string { return names(uint64(a), attrNames) }

type flagName struct {
	bit  uint64
	name string
}

var cloneNames = []flagName{
	{unix.CLONE_NEWTIME, "CLONE_NEWTIME"},
	{unix.CLONE_NEWNS, "CLONE_NEWNS"},
	{unix.CLONE_NEWCGROUP, "CLONE_NEWCGROUP"},
	{unix.CLONE_NEWUTS, "CLONE_NEWUTS"},
	{unix.CLONE_NEWIPC, "CLONE_NEWIPC"},
	{unix.CLONE_NEWUSER, "CLONE_NEWUSER"},
	{unix.CLONE_NEWPID, "CLONE_NEWPID"},
	{unix.CLONE_NEWNET, "CLONE_NEWNET"},
}

// mountNames stand in the order in which people write them: what is done
// first, how it spreads, then the options.
var mountNames = []flagName{
	{unix.MS_REMOUNT, "MS_REMOUNT"},
	{unix.MS_BIND, "MS_BIND"},
	{unix.MS_MOVE, "MS_MOVE"},
	{unix.MS_REC, "MS_REC"},
	{unix.MS_UNBINDABLE, "MS_UNBINDABLE"},
	{unix.MS_PRIVATE, "MS_PRIVATE"},
	{unix.MS_SLAVE, "MS_SLAVE"},
	{unix.MS_SHARED, "MS_SHARED"},
	{unix.MS_RDONLY, "MS_RDONLY"},
	{unix.MS_NOSUID, "MS_NOSUID"},
	{unix.MS_NODEV, "MS_NODEV"},
	{unix.MS_NOEXEC, "MS_NOEXEC"},
	{unix.MS_SYNCHRONOUS, "MS_SYNCHRONOUS"},
	{unix.MS_MANDLOCK, "MS_MANDLOCK"},
	{unix.MS_DIRSYNC, "MS_DIRSYNC"},
	{unix.MS_NOSYMFOLLOW, "MS_NOSYMFOLLOW"},
	{unix.MS_NOATIME, "MS_NOATIME"},
	{unix.MS_NODIRATIME, "MS_NODIRATIME"},
	{unix.MS_SILENT, "MS_SILENT"},
	{unix.MS_POSIXACL, "MS_POSIXACL"},
	{unix.MS_RELATIME, "MS_RELATIME"},
	{unix.MS_I_VERSION, "MS_I_VERSION"},
	{unix.MS_STRICTATIME, "MS_STRICTATIME"},
	{unix.MS_LAZYTIME, "MS_LAZYTIME"},
}

var attrNames = []flagName{
	{unix.MOUNT_ATTR_RDONLY, "MOUNT_ATTR_RDONLY"},
	{unix.MOUNT_ATTR_NOSUID, "MOUNT_ATTR_NOSUID"},
	{unix.MOUNT_ATTR_NODEV, "MOUNT_ATTR_NODEV"},
	{unix.MOUNT_ATTR_NOEXEC, "MOUNT_ATTR_NOEXEC"},
	{unix.MOUNT_ATTR_NOATIME, "MOUNT_ATTR_NOATIME"},
	{unix.MOUNT_ATTR_STRICTATIME, "MOUNT_ATTR_STRICTATIME"},
	{unix.MOUNT_ATTR_NODIRATIME, "MOUNT_ATTR_NODIRATIME"},
	{unix.MOUNT_ATTR_NOSYMFOLLOW, "MOUNT_ATTR_NOSYMFOLLOW"},
	{unix.MOUNT_ATTR_IDMAP, "MOUNT_ATTR_IDMAP"},
}

var treeNames = []flagName{
	{unix.OPEN_TREE_CLONE, "OPEN_TREE_CLONE"},
	{unix.AT_RECURSIVE, "AT_RECURSIVE"},
}

// names spells out a set of flags; what has no name is one number at the end.
func names(flags uint64, known []flagName) string {
	list := make([]string, 0, bits.OnesCount64(flags))
	for _, f := range known {
		if flags&f.bit != 0 {
			list = append(list, f.name)
			flags &^= f.bit
		}
	}
	if flags != 0 {
		list = append(list, fmt.Sprintf("0x%x", flags))
	}
	if len(list) == 0 {
		return "0"
	}
	return strings.Join(list, "|")
}
