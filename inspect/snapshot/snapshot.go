package snapshot

// FormatVersion is the version of the file that [Snapshot.Save] writes.
const FormatVersion = 1

// Snapshot is what was seen of one host at one moment. Every slice is in a
// fixed order (see [Snapshot.Normalize]), so that the same host gives the same
// bytes.
type Snapshot struct {
	Version    int         `json:"nsview_snapshot"`
	Host       Host        `json:"host"`
	Reader     Reader      `json:"reader"`
	Want       Want        `json:"want"`
	Counts     Counts      `json:"counts"`
	Namespaces []Namespace `json:"namespaces"`
	Processes  []Process   `json:"processes"`
	Tables     []Table     `json:"tables"`
	Containers []Container `json:"containers,omitempty"`
	// Users are the names of the users met, as the host calls them.
	Users map[uint32]string `json:"users,omitempty"`
	// Busy is what keeps file systems busy besides mounts; nil when not read.
	Busy *Busy `json:"busy,omitempty"`
	Gaps []Gap `json:"gaps"`
}

// Host is what names the machine, and its clock in ticks since boot.
type Host struct {
	Name    string `json:"name,omitempty"`
	Kernel  string `json:"kernel,omitempty"`
	Uptime  uint64 `json:"uptime_ticks,omitempty"`
	TickHz  uint64 `json:"tick_hz,omitempty"`
	MaxMnts uint64 `json:"mount_max,omitempty"`
}

// Reader is the process that looked: its place decides what it may see.
type Reader struct {
	PID int    `json:"pid,omitempty"`
	UID int    `json:"uid"`
	MNT NSID   `json:"mnt,omitzero"`
	PNS NSID   `json:"pid_ns,omitzero"`
	UNS NSID   `json:"user_ns,omitzero"`
	Src string `json:"source,omitempty"`
}

// Counts tells how many processes were met and how many of them showed
// nothing, and why. None of these is an error.
type Counts struct {
	Processes int `json:"processes"`
	Threads   int `json:"threads,omitempty"`
	Vanished  int `json:"vanished,omitempty"`
	Zombies   int `json:"zombies,omitempty"`
	Denied    int `json:"denied,omitempty"`
}

// Namespace is one namespace of any type.
type Namespace struct {
	ID   NSID `json:"id"`
	Type Type `json:"type"`
	// UniqueID is the 64-bit id that is never used again (NS_GET_ID,
	// NS_GET_MNTNS_ID of ioctl_nsfs(2)), 0 when not read.
	UniqueID uint64 `json:"unique_id,omitempty"`
	// Owner is the user namespace that owns it (NS_GET_USERNS); Parent the
	// pid or user namespace above it (NS_GET_PARENT). Zero when not read, or
	// outside the reader's own user namespace.
	Owner  NSID `json:"owner,omitzero"`
	Parent NSID `json:"parent,omitzero"`
	// OwnerUID is the user who made a user namespace (NS_GET_OWNER_UID).
	OwnerUID *uint32 `json:"owner_uid,omitempty"`
	// NrMounts is the kernel's own count of a mount namespace's mounts,
	// without its root mount (NS_MNT_GET_INFO); nil when not read.
	NrMounts *int `json:"nr_mounts,omitempty"`
	// Walked: found by the kernel's own enumeration.
	Walked bool `json:"walked,omitempty"`
	// Inferred: no link could be read; ID is made up from the lowest mount id
	// that its processes' tables share, and names nothing in the kernel.
	Inferred bool   `json:"inferred,omitempty"`
	Holds    []Hold `json:"holds,omitempty"`
}

// HoldKind says what keeps a namespace alive besides the processes in it.
type HoldKind string

// The kinds of holder.
const (
	HoldThread HoldKind = "thread"   // a thread other than the leader is in it
	HoldChild  HoldKind = "child-of" // pid_for_children or time_for_children of PID
	HoldFD     HoldKind = "fd"       // an open descriptor
	HoldBind   HoldKind = "bind"     // its nsfs file is mounted at Path
)

// Hold is one holder that was seen.
type Hold struct {
	Kind HoldKind `json:"kind"`
	PID  int      `json:"pid,omitempty"`
	TID  int      `json:"tid,omitempty"`
	FD   int      `json:"fd,omitempty"`
	Path string   `json:"path,omitempty"`
	In   NSID     `json:"in,omitzero"` // the mount namespace that Path is in
}

// Process is one process (thread group). Fields beyond PID and NS are read
// only when [Want] asks for them; Read says which were.
type Process struct {
	PID  int              `json:"pid"`
	NS   [NumTypes]uint64 `json:"ns"` // inode numbers by Type, 0 when not read
	Read Fields           `json:"read,omitempty"`

	PPID     int    `json:"ppid,omitempty"`
	UID      uint32 `json:"uid"` // effective
	Threads  int    `json:"threads,omitempty"`
	State    string `json:"state,omitempty"` // as in status: "S (sleeping)"
	Start    uint64 `json:"start,omitempty"` // ticks since boot
	Comm     string `json:"comm,omitempty"`
	Cmdline  string `json:"cmdline,omitempty"` // arguments joined by blanks
	Cgroup   string `json:"cgroup,omitempty"`  // the file as it is
	Root     string `json:"root,omitempty"`    // link text of /proc/PID/root
	Inferred bool   `json:"inferred,omitempty"`
}

// Fields is a set of what can be read of a process.
type Fields uint16

// The fields of a process.
const (
	FieldUser    Fields = 1 << iota // UID: owner of /proc/PID
	FieldCommand                    // Cmdline, and Comm where that is empty
	FieldCgroup                     // Cgroup
	FieldStat                       // PPID, Threads, State, Start, Comm
	FieldRoot                       // Root
)

// AllFields has every field.
const AllFields = FieldUser | FieldCommand | FieldCgroup | FieldStat | FieldRoot

// Has says whether all of f are in the set.
func (s Fields) Has(f Fields) bool { return s&f == f }

// Table is the mount table of one mount namespace, or of one process's view of
// it when the process has a root of its own.
type Table struct {
	NS    NSID   `json:"ns"`
	PID   int    `json:"pid,omitempty"` // whose mountinfo it is, 0 for the whole namespace's
	Root  string `json:"root,omitempty"`
	Via   string `json:"via"` // "mountinfo" or "statmount"
	Whole bool   `json:"whole"`
	// Partial: only mounts that are in a peer group or have a master are
	// listed, so they make no tree, and none has options.
	Partial bool    `json:"partial,omitempty"`
	Mounts  []Mount `json:"mounts"`
}

// Mount is one line of a mount table.
type Mount struct {
	ID       MountID `json:"id"`     // 32-bit
	Parent   MountID `json:"parent"` // 32-bit; its own ID for a namespace's root mount
	UniqueID MountID `json:"unique_id,omitempty"`
	Dev      Dev     `json:"dev"`
	Root     string  `json:"root"`
	Point    string  `json:"point"`
	FSType   string  `json:"fstype"` // with subtype: fuse.sshfs
	Source   string  `json:"source"`

	VFSOptions string `json:"vfs_options"`
	FSOptions  string `json:"fs_options"`

	PeerGroup     GroupID `json:"peer_group,omitempty"`
	Master        GroupID `json:"master,omitempty"`
	PropagateFrom GroupID `json:"propagate_from,omitempty"`
	Unbindable    bool    `json:"unbindable,omitempty"`

	UIDMap []string `json:"uid_map,omitempty"` // "first lower count", statmount(2)
	GIDMap []string `json:"gid_map,omitempty"`
	Tags   []string `json:"tags,omitempty"` // optional fields that are not known

	// Unreachable: statmount gave no mount point, it lies outside the
	// reference root.
	Unreachable bool   `json:"unreachable,omitempty"`
	Usage       *Usage `json:"usage,omitempty"`
}

// Usage is what statfs(2) says of a mount, in bytes. A mount whose file system
// did not answer in time, or that could not be reached, has no Usage.
type Usage struct {
	Size  uint64 `json:"size"`
	Used  uint64 `json:"used"`
	Avail uint64 `json:"avail"`
}

// Container is one container as its engine's own state names it.
type Container struct {
	Engine string `json:"engine"` // docker, podman, containerd, crio, lxc, ...
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Pod    string `json:"pod,omitempty"` // namespace/name of a Kubernetes pod
	PodUID string `json:"pod_uid,omitempty"`
}

// Gap is something that was asked for and could not be read.
type Gap struct {
	Subject string `json:"subject"` // "pid 812", "312 processes (1, 2, 3, ...)", "mount namespaces"
	Op      string `json:"op"`      // "read ns links"
	Error   string `json:"error"`
}
