package world

import (
	"slices"
	"strconv"
	"sync"

	"github.com/nsview/nsview/inspect/snapshot"
)

// World is one host as it was seen.
type World struct {
	Host       snapshot.Host
	Reader     snapshot.Reader
	Want       snapshot.Want
	Counts     snapshot.Counts
	Gaps       []snapshot.Gap
	Namespaces []*Namespace // by type and inode number
	Processes  []snapshot.Process
	Views      []*View // by namespace and process
	// Busy is what keeps file systems busy besides mounts, nil when not read.
	Busy *snapshot.Busy

	groups     func() *Groups
	byIno      map[uint64]*Namespace
	containers map[string]snapshot.Container
	owners     map[string]Owner // by control group text
	users      map[uint32]string
}

// Namespace is one namespace with what belongs to it.
type Namespace struct {
	*snapshot.Namespace
	Processes []*snapshot.Process // ascending pid
	OwnedBy   *Namespace          // the owning user namespace, nil when not read
	Above     *Namespace          // the parent pid or user namespace, nil when not read
	Owns      []*Namespace        // what a user namespace owns
	Below     []*Namespace        // what a pid or user namespace is parent of
}

// Lead is the process with the lowest pid, nil when none is in it.
func (n *Namespace) Lead() *snapshot.Process {
	if len(n.Processes) == 0 {
		return nil
	}
	return n.Processes[0]
}

// Ref says how to reach the namespace on the live host that was looked at.
func (n *Namespace) Ref() snapshot.Ref {
	r := snapshot.Ref{Type: n.Type, Ino: n.ID.Ino}
	for _, p := range n.Processes {
		if !p.Inferred {
			r.PID = p.PID
			return r
		}
	}
	if len(n.Holds) > 0 {
		r.Hold = &n.Holds[0]
	}
	return r
}

// Build derives a world. It keeps the snapshot's slices, which must not be
// changed any more.
func Build(s *snapshot.Snapshot) *World {
	w := &World{
		Host: s.Host, Reader: s.Reader, Want: s.Want, Counts: s.Counts, Gaps: s.Gaps,
		Processes: s.Processes, users: s.Users, Busy: s.Busy,
		byIno:      make(map[uint64]*Namespace, len(s.Namespaces)),
		containers: make(map[string]snapshot.Container, len(s.Containers)),
	}
	for _, c := range s.Containers {
		w.containers[c.ID] = c
	}
	w.addOwners()
	w.addNamespaces(s.Namespaces)
	w.addProcesses()
	w.relate()
	w.addViews(s.Tables)
	w.groups = sync.OnceValue(w.gatherGroups)
	return w
}

func (w *World) addNamespaces(list []snapshot.Namespace) {
	nodes := make([]Namespace, len(list))
	w.Namespaces = make([]*Namespace, len(list))
	for i := range list {
		nodes[i].Namespace = &list[i]
		w.Namespaces[i] = &nodes[i]
		w.byIno[list[i].ID.Ino] = &nodes[i]
	}
}

// addProcesses gives each namespace its processes, which come in ascending
// order. The lists share one array, sized by counting first.
func (w *World) addProcesses() {
	counts := make(map[*Namespace]int, len(w.Namespaces))
	total := 0
	w.eachMember(func(n *Namespace, _ *snapshot.Process) {
		counts[n]++
		total++
	})
	array := make([]*snapshot.Process, total)
	for _, n := range w.Namespaces {
		n.Processes, array = array[:0:counts[n]], array[counts[n]:]
	}
	w.eachMember(func(n *Namespace, p *snapshot.Process) {
		n.Processes = append(n.Processes, p)
	})
}

// eachMember visits every process in every namespace that it is in.
func (w *World) eachMember(visit func(*Namespace, *snapshot.Process)) {
	var last [snapshot.NumTypes]*Namespace
	for i := range w.Processes {
		p := &w.Processes[i]
		for t, ino := range p.NS {
			if ino == 0 {
				continue
			}
			if last[t] == nil || last[t].ID.Ino != ino {
				last[t] = w.byIno[ino]
			}
			if last[t] != nil {
				visit(last[t], p)
			}
		}
	}
}

// relate joins owners and parents.
func (w *World) relate() {
	for _, n := range w.Namespaces {
		if n.OwnedBy = w.byIno[n.Owner.Ino]; n.OwnedBy != nil {
			n.OwnedBy.Owns = append(n.OwnedBy.Owns, n)
		}
		if n.Above = w.byIno[n.Parent.Ino]; n.Above != nil {
			n.Above.Below = append(n.Above.Below, n)
		}
	}
}

// Lookup is the namespace with an inode number, nil when it was not seen.
func (w *World) Lookup(ino uint64) *Namespace { return w.byIno[ino] }

// Process is a process by pid, nil when it was not seen.
func (w *World) Process(pid int) *snapshot.Process {
	i, found := slices.BinarySearchFunc(w.Processes, pid, func(p snapshot.Process, pid int) int { return p.PID - pid })
	if !found {
		return nil
	}
	return &w.Processes[i]
}

// UserName is the host's name of a user, or the number when it has none.
func (w *World) UserName(uid uint32) string {
	if name := w.users[uid]; name != "" {
		return name
	}
	return strconv.FormatUint(uint64(uid), 10)
}

// OwnerOf says which container or unit a process belongs to, with the name
// that the container's engine gave. It is zero for nil, and for a process
// whose control group was not read.
func (w *World) OwnerOf(p *snapshot.Process) Owner {
	if p == nil || p.Cgroup == "" {
		return Owner{}
	}
	return w.owners[p.Cgroup]
}

// addOwners reads each control group text once: many processes share one.
func (w *World) addOwners() {
	w.owners = map[string]Owner{}
	for i := range w.Processes {
		text := w.Processes[i].Cgroup
		if _, known := w.owners[text]; known || text == "" {
			continue
		}
		o := OwnerOf(text)
		if c, ok := w.containers[o.ID]; ok && o.ID != "" {
			o = o.Named(c)
		}
		w.owners[text] = o
	}
}
