package snapshot

import (
	"context"
	"time"
)

// Want says what to read. The zero value reads nothing but namespace links.
type Want struct {
	Types TypeSet `json:"types"`
	// Lead is read of the lowest process of each namespace, Every of every
	// process.
	Lead  Fields `json:"lead,omitempty"`
	Every Fields `json:"every,omitempty"`
	// Holders asks what holds namespaces: threads, descriptors, mounts.
	Holders Depth `json:"holders,omitempty"`
	// Relations asks for owner and parent, with ancestors no process is in.
	Relations bool `json:"relations,omitempty"`
	// UniqueIDs asks for 64-bit ids of namespaces and mounts.
	UniqueIDs bool `json:"unique_ids,omitempty"`
	// Names asks the engines what their containers are called.
	Names bool `json:"names,omitempty"`
	// Tables says which mount tables to read.
	Tables Tables `json:"tables,omitzero"`
	// Usage asks for sizes of the mounts of the tables read; each mount may
	// take UsageLimit.
	Usage      bool          `json:"usage,omitempty"`
	UsageLimit time.Duration `json:"-"`
	// Busy asks what tasks and the kernel itself use; it needs all tables.
	Busy *BusyWant `json:"busy,omitempty"`
}

// Depth says how far to search for namespaces that no process is in.
type Depth uint8

// Depths of the search. Thorough reads every thread, every descriptor and
// every mount table; Auto does that on hosts of at most [AutoLimit] processes
// and says so where it does not.
const (
	NoSearch Depth = iota
	Auto
	Thorough
)

// AutoLimit is the number of processes up to which [Auto] searches thoroughly.
const AutoLimit = 2500

// Tables says which mount tables to read: all, or those of some processes or
// namespaces.
type Tables struct {
	All  bool     `json:"all,omitempty"`
	PIDs []int    `json:"pids,omitempty"` // each process's own view
	NS   []uint64 `json:"ns,omitempty"`   // the whole namespace's view, by inode number
	// Shape leaves out, where that is cheaper, what does not matter to
	// propagation: options, and mounts that neither send nor receive.
	Shape bool `json:"shape,omitempty"`
	// Roots adds the view of every process whose root directory is another
	// than its namespace's, one for each such directory.
	Roots bool `json:"roots,omitempty"`
	// Detail adds what only statmount(2) tells: 64-bit ids and maps of
	// idmapped mounts.
	Detail bool `json:"detail,omitempty"`
	// Masters adds the other tables of the host when a table read by
	// statmount(2), which cannot tell propagate_from of another namespace,
	// has a master outside itself.
	Masters bool `json:"masters,omitempty"`
}

// Sources are the readers that [Take] asks. All but Proc may be nil: a saved
// /proc has none of them.
type Sources struct {
	Proc    ProcReader
	Kernel  KernelReader
	Engines EngineReader
	Busy    BusyReader
	// User is the host's name of a user, "" for none.
	User func(uid uint32) string
}

// ProcReader reads a /proc, live or saved.
type ProcReader interface {
	// Links visits every process once with the inode numbers of the wanted
	// namespace links. visit must not keep the pointer. A process that shows
	// nothing is visited with an error.
	Links(ctx context.Context, types TypeSet, visit func(pid int, links *[NumTypes]uint64, err error)) error
	// Estimate is about how many processes Links will visit, 0 when unknown.
	Estimate() int
	// LinksOf is Links of one process.
	LinksOf(pid int, types TypeSet, links *[NumTypes]uint64) error
	// Process reads the wanted fields into p; what it cannot read is an
	// error that names it, the rest is filled.
	Process(p *Process, want Fields) error
	// Holds visits the threads, descriptors and *_for_children links of one
	// process that name a namespace.
	Holds(pid int, leader *[NumTypes]uint64, visit func(Type, uint64, Hold)) error
	// Mounts reads the table of a process, as the process sees it.
	Mounts(pid int) ([]Mount, error)
	// FirstMountID is the id of the first mount a process sees, cheaply.
	FirstMountID(pid int) (MountID, error)
	// Host reads what names the machine, Reader who is looking.
	Host() Host
	Reader() (Reader, error)
	// Hidden says what the way this /proc is mounted hides, "" for nothing.
	Hidden() string
}

// KernelReader asks the kernel by system calls.
type KernelReader interface {
	// Walk visits every namespace of the wanted types that the kernel
	// enumerates (NS_MNT_GET_NEXT and PREV, listns(2)), and returns the types
	// it could enumerate completely. A refusal is an error beside them.
	Walk(types TypeSet, visit func(Namespace)) (TypeSet, error)
	// Describe fills what the ioctls of the namespace's nsfs file tell:
	// UniqueID, NrMounts, Owner, Parent, OwnerUID. It visits the owner and
	// the ancestors met on the way, each described itself, but for those that
	// are known already.
	Describe(ref Ref, known func(ino uint64) bool, visit func(Namespace)) (Namespace, error)
	// Table lists the mounts of a mount namespace by statmount(2), complete
	// as compared with NrMounts.
	Table(ref Ref) (Table, error)
	// Shapes returns a reader of tables that hold only what propagation
	// concerns ([Table.Partial]).
	Shapes() func(ref Ref) (Table, error)
	// Pins visits the nsfs files mounted in a mount namespace.
	Pins(ref Ref, visit func(t Type, ino uint64, point string)) error
	// Detail adds 64-bit ids and maps of idmapped mounts to a table that was
	// read from mountinfo.
	Detail(ref Ref, t *Table) error
	// Usage reads the sizes of the table's mounts inside their own
	// namespace, each within limit, and returns how many did not answer.
	Usage(ctx context.Context, ref Ref, t *Table, limit time.Duration) (int, error)
}

// Ref says how to reach a namespace: through a process in it, through what
// holds it, or, with neither, by the kernel's enumeration.
type Ref struct {
	Type Type
	Ino  uint64
	PID  int   // a process in it, 0 for none
	Hold *Hold // a thread, descriptor or mounted nsfs file
	// In reaches the mount namespace that a mounted nsfs file is in; nil is
	// the reader's own.
	In *Ref
}

// EngineReader reads what container engines say of their containers.
type EngineReader interface {
	// Containers names the containers that the control groups of the
	// processes speak of. What an engine does not tell in time is a gap.
	Containers(ctx context.Context, processes []Process) ([]Container, []Gap)
}
