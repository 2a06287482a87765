package snapshot

// Busy is what was seen of what keeps file systems alive besides the mounts of
// the tables: what tasks have open, and what the kernel itself uses.
type Busy struct {
	// Devs are the file systems that were asked about, all when it is empty.
	Devs    []Dev     `json:"devs,omitempty"`
	Tasks   Coverage  `json:"tasks"`
	Unread  []int     `json:"unread,omitempty"` // processes of which some task was not
	Uses    []Use     `json:"uses,omitempty"`
	Blocks  []Block   `json:"blocks,omitempty"`
	Loops   []Loop    `json:"loops,omitempty"`
	Swaps   []Swap    `json:"swaps,omitempty"`
	Named   []Named   `json:"named,omitempty"`
	Alive   []Alive   `json:"alive,omitempty"`
	Queues  []Queue   `json:"queues,omitempty"`
	Sources []Reading `json:"sources,omitempty"`
	Gaps    []Gap     `json:"gaps,omitempty"`
}

// Coverage is how many there are and how many of them could be read.
type Coverage struct {
	Read  int `json:"read"`
	Total int `json:"total"`
}

// Whole says that everything was read.
func (c Coverage) Whole() bool { return c.Read >= c.Total }

// UseKind says what of a task refers to a mount.
type UseKind string

// The kinds of use. Each pins the mount that it goes through, and so the file
// system (proc_pid_fdinfo(5), proc_pid_cwd(5), proc_pid_map_files(5), unix(7)).
const (
	UseFD     UseKind = "fd"     // an open descriptor, O_PATH ones among them
	UseCwd    UseKind = "cwd"    // a working directory
	UseRoot   UseKind = "root"   // a root directory
	UseExe    UseKind = "exe"    // the program being run
	UseMap    UseKind = "map"    // a mapped file
	UseSocket UseKind = "socket" // a socket bound to a path
	UseDevice UseKind = "device" // a descriptor of the block device itself
	UseServer UseKind = "server" // serves the file system (/dev/fuse, autofs); pins nothing
)

// Use is one reference of a task, or several of one process that are alike.
type Use struct {
	Kind  UseKind `json:"kind"`
	PID   int     `json:"pid,omitempty"` // 0: no task was found that has it
	TID   int     `json:"tid,omitempty"`
	FD    int     `json:"fd,omitempty"`
	Count int     `json:"count,omitempty"`
	// Mount is the 32-bit id of the mount, 0 when it was not told. The id of a
	// detached mount is in no table.
	Mount MountID `json:"mount,omitempty"`
	Dev   Dev     `json:"dev"`
	Path  string  `json:"path,omitempty"` // as the kernel shows it to the reader
	// Writes: it is open for writing, or mapped so that writing reaches the file,
	// which keeps the mount from becoming read-only.
	Writes bool `json:"writes,omitempty"`
	// ByName: the file system did not answer in time, so that only the text of
	// the link tells where it leads.
	ByName bool `json:"by_name,omitempty"`
	// Detached: the mount was in none of the tables read.
	Detached bool `json:"detached,omitempty"`
	// Of is the type, source and root of a detached mount, where the kernel
	// tells (statmount(2) of a descriptor, Linux 7.0).
	Of string `json:"of,omitempty"`
}

// Block is one block device as /sys/class/block shows it.
type Block struct {
	Name    string   `json:"name"` // as the kernel calls it: dm-3, vda1
	Dev     Dev      `json:"dev"`
	Of      string   `json:"of,omitempty"` // the disk that a partition is of
	Holders []string `json:"holders,omitempty"`
	Slaves  []string `json:"slaves,omitempty"`
	DM      string   `json:"dm,omitempty"` // name and uuid in device-mapper
	UUID    string   `json:"uuid,omitempty"`
	Backing string   `json:"backing,omitempty"` // what a zram device writes to
	Array   string   `json:"array,omitempty"`   // "active raid1", of an md device
}

// Loop is a loop device with a backing file (loop(4), LOOP_GET_STATUS64).
type Loop struct {
	Name string `json:"name"`
	Dev  Dev    `json:"dev"` // the file system of the backing file; zero when only the name was read
	Ino  uint64 `json:"ino,omitempty"`
	// Path is the backing file as the kernel shows it. Once its mount is
	// detached it is relative to that mount.
	Path      string `json:"path"`
	Autoclear bool   `json:"autoclear,omitempty"`
	ReadOnly  bool   `json:"read_only,omitempty"`
}

// Swap is a line of /proc/swaps (proc_swaps(5)).
type Swap struct {
	Path string `json:"path"`
	File bool   `json:"file,omitempty"` // a file, not a block device
	// Missing: nothing is at that path in the reader's own namespace.
	Missing bool `json:"missing,omitempty"`
}

// NamedKind says which part of the kernel uses a file that only a path tells.
type NamedKind string

// The kinds of named user.
const (
	NamedUprobe NamedKind = "uprobe"      // a line of tracefs' uprobe_events, a BPF link, a perf event
	NamedBinfmt NamedKind = "binfmt_misc" // an interpreter kept open by flag F
	NamedExport NamedKind = "nfsd"        // a directory exported by the NFS server
	NamedTarget NamedKind = "target"      // a device or file served as a disk
	NamedShare  NamedKind = "ksmbd"       // a directory shared by the SMB server, in use or not
)

// Named is a file or directory that the kernel uses, by path.
type Named struct {
	Kind NamedKind `json:"kind"`
	Name string    `json:"name,omitempty"` // what it is called there
	Path string    `json:"path"`
	In   NSID      `json:"in,omitzero"` // the mount namespace that told, for Release
	File string    `json:"file,omitempty"`
	PID  int       `json:"pid,omitempty"` // who has it, 0 where nobody was found
}

// Alive is a sign that a file system is in use, which the kernel shows for a
// block device whoever asks.
type Alive struct {
	Name  string `json:"name"`  // of the block device, or its maj:min
	Where string `json:"where"` // /sys/fs/ext4/dm-3
}

// Queue is a descriptor behind which references may wait that nothing shows:
// unread messages of a socket, events of a fanotify group, io_uring's files.
type Queue struct {
	Kind QueueKind `json:"kind"`
	PID  int       `json:"pid,omitempty"`
	FD   int       `json:"fd,omitempty"`
	// Waiting is the number of descriptors in flight, or bytes of events; -1
	// when it could not be told.
	Waiting int `json:"waiting"`
	// Mounts and Devs are what a fanotify group watches.
	Mounts []MountID `json:"mounts,omitempty"`
	Devs   []Dev     `json:"devs,omitempty"`
}

// QueueKind says what sort of queue it is.
type QueueKind string

// The kinds of queue.
const (
	QueueSocket   QueueKind = "in-flight" // scm_fds of a unix socket's fdinfo
	QueueFanotify QueueKind = "fanotify"
	QueueRing     QueueKind = "io_uring"
	QueuePerf     QueueKind = "perf-event" // perhaps a probe in a file
)

// Reading says how far one of the sources was read.
type Reading struct {
	Source string `json:"source"`
	Error  string `json:"error,omitempty"` // "" when it was read
	// Partly: the error concerns a part only.
	Partly bool `json:"partly,omitempty"`
}
