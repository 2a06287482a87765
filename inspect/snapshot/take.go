package snapshot

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
)

// Take looks at a host and returns what was seen. It fails only when nothing
// can be seen at all; everything else that could not be read is a [Gap].
func Take(ctx context.Context, src Sources, want Want) (*Snapshot, error) {
	t := newTaker(ctx, src, want)
	if err := t.processes(); err != nil {
		return nil, err
	}
	for _, step := range []func(){
		t.walk, t.placeUnread, t.search, t.relations, t.details, t.users, t.names, t.tables, t.busy, t.onlyWanted,
	} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		step()
	}
	t.snap.Gaps = t.gaps.list()
	t.snap.Normalize()
	return t.snap, nil
}

// taker is the work of one Take.
type taker struct {
	ctx  context.Context
	src  Sources
	want Want
	snap *Snapshot
	gaps gaps

	index map[uint64]int // inode number to place in snap.Namespaces
	lead  []int          // place in snap.Namespaces to place of its lowest process, -1
	door  []int          // likewise of the lowest one whose links may be read
	read  TypeSet        // the types whose links are read
	// unread are the places in snap.Processes of those whose links could not
	// be read.
	unread []int
	walked TypeSet                  // the types that the kernel enumerated
	shape  func(Ref) (Table, error) // reads the shape of a table, nil when not wanted
}

func newTaker(ctx context.Context, src Sources, want Want) *taker {
	s := &Snapshot{Version: FormatVersion, Want: want, Host: src.Proc.Host()}
	t := &taker{ctx: ctx, src: src, want: want, snap: s, index: map[uint64]int{}, read: want.Types}
	if want.Holders != NoSearch {
		t.read |= Types(Mnt) // any mount table may hold a namespace of any type
	}
	var err error
	if s.Reader, err = src.Proc.Reader(); err != nil {
		t.gaps.add("the reader", "find itself", err)
	}
	if s.Reader.UID > 0 {
		if hidden := src.Proc.Hidden(); hidden != "" {
			t.gaps.add("processes of other users", "see them in /proc", errors.New("it is mounted with "+hidden))
		}
	}
	return t
}

// namespace is the place of a namespace, made when it is new.
func (t *taker) namespace(typ Type, ino uint64) int {
	if i, ok := t.index[ino]; ok {
		return i
	}
	i := len(t.snap.Namespaces)
	t.index[ino] = i
	t.snap.Namespaces = append(t.snap.Namespaces, Namespace{ID: NSID{Ino: ino}, Type: typ})
	t.lead, t.door = append(t.lead, -1), append(t.door, -1)
	return i
}

// processes reads the namespace links of every process. It is the hot loop of
// list: nothing here allocates per process but the record itself.
func (t *taker) processes() error {
	var last [NumTypes]struct {
		ino uint64
		at  int
	}
	types := t.read
	if types == 0 {
		return nil
	}
	t.snap.Processes = make([]Process, 0, t.src.Proc.Estimate()+16)
	return t.src.Proc.Links(t.ctx, types, func(pid int, links *[NumTypes]uint64, err error) {
		t.snap.Counts.Processes++
		if err != nil {
			t.unreadable(pid, err)
			return
		}
		if types.Has(Mnt) && links[Mnt] == 0 {
			t.snap.Counts.Zombies++ // a dead process keeps its pid and user namespaces only
		}
		at := len(t.snap.Processes)
		t.snap.Processes = append(t.snap.Processes, Process{PID: pid, NS: *links})
		for typ := range types.All() {
			ino := links[typ]
			if ino == 0 {
				continue
			}
			if last[typ].ino != ino {
				last[typ].ino, last[typ].at = ino, t.namespace(typ, ino)
			}
			if t.mayLead(last[typ].at, at) && t.want.Lead != 0 {
				// Now what the kernel keeps of the process is at hand, which
				// makes this a quarter cheaper than after the loop.
				t.fields(at, t.want.Lead)
			}
		}
	})
}

// mayLead makes the process at place p the one that stands for the namespace
// when it has the lowest pid, and the one to reach it through. It says whether
// it does.
func (t *taker) mayLead(ns, p int) bool {
	lower := func(than int) bool { return than < 0 || t.snap.Processes[p].PID < t.snap.Processes[than].PID }
	if lower(t.door[ns]) && !t.snap.Processes[p].Inferred {
		t.door[ns] = p
	}
	if !lower(t.lead[ns]) {
		return false
	}
	t.lead[ns] = p
	return true
}

// unreadable counts a process that shows nothing. One that is gone or dead is
// no gap; one that may not be looked at may yet be placed by its mounts.
func (t *taker) unreadable(pid int, err error) {
	switch {
	case errors.Is(err, ErrVanished):
		t.snap.Counts.Vanished++
	case errors.Is(err, ErrZombie):
		t.snap.Counts.Zombies++
	default:
		t.snap.Counts.Denied++
		t.unread = append(t.unread, len(t.snap.Processes))
		t.snap.Processes = append(t.snap.Processes, Process{PID: pid})
		t.gaps.process(pid, "read namespace links", err)
	}
}

// walk asks the kernel for the namespaces it knows, also those that no process
// is in.
func (t *taker) walk() {
	if t.want.Holders == NoSearch {
		return
	}
	if t.src.Kernel == nil {
		t.gaps.add("namespaces without a process", opWalk, ErrNotSaved)
		return
	}
	done, err := t.src.Kernel.Walk(t.want.Types, func(n Namespace) {
		t.snap.Namespaces[t.namespace(n.Type, n.ID.Ino)] = n
	})
	t.walked = done
	if err != nil {
		t.gaps.add("namespaces without a process", opWalk, err)
	}
}

// details reads the wanted fields of the lowest process of each namespace, and
// of every process.
func (t *taker) details() {
	if t.want.Lead != 0 {
		for _, l := range t.lead {
			if l >= 0 {
				t.fields(l, t.want.Lead)
			}
		}
	}
	if t.want.Every == 0 {
		return
	}
	for i := range t.snap.Processes {
		t.fields(i, t.want.Every)
	}
}

// fields reads what is wanted of one process. When it vanished since, what was
// read stays.
func (t *taker) fields(at int, want Fields) {
	p := &t.snap.Processes[at]
	err := t.src.Proc.Process(p, want)
	if err == nil || t.gone(err) {
		return
	}
	t.gaps.process(p.PID, "read "+want.String(), err)
}

// gone says whether an error is that of a process that exited since.
func (t *taker) gone(err error) bool {
	return errors.Is(err, ErrVanished) || (t.src.Kernel != nil && errors.Is(err, fs.ErrNotExist))
}

// users looks up the names of the users met, each once.
func (t *taker) users() {
	if t.src.User == nil {
		return
	}
	t.snap.Users = map[uint32]string{}
	for i := range t.snap.Processes {
		p := &t.snap.Processes[i]
		if !p.Read.Has(FieldUser) {
			continue
		}
		if _, known := t.snap.Users[p.UID]; !known {
			t.snap.Users[p.UID] = t.src.User(p.UID)
		}
	}
}

// names asks the engines what the containers are called whose ids stand in the
// control groups read.
func (t *taker) names() {
	if !t.want.Names || t.src.Engines == nil {
		return
	}
	containers, gaps := t.src.Engines.Containers(t.ctx, t.snap.Processes)
	t.snap.Containers = containers
	t.gaps.more = append(t.gaps.more, gaps...)
}

// onlyWanted drops the mount namespaces that were read for what they hold.
func (t *taker) onlyWanted() {
	if t.read == t.want.Types {
		return
	}
	t.snap.Namespaces = slices.DeleteFunc(t.snap.Namespaces, func(n Namespace) bool {
		return n.Type == Mnt && !t.want.Types.Has(Mnt)
	})
}

// Normalize puts everything in its fixed order: namespaces by type and number,
// processes by pid, tables by namespace and pid, gaps by text.
func (s *Snapshot) Normalize() {
	slices.SortFunc(s.Namespaces, func(a, b Namespace) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID.Ino, b.ID.Ino))
	})
	for i := range s.Namespaces {
		slices.SortFunc(s.Namespaces[i].Holds, compareHolds)
	}
	byPID := func(a, b Process) int { return cmp.Compare(a.PID, b.PID) }
	if !slices.IsSortedFunc(s.Processes, byPID) { // as /proc lists them, they are
		slices.SortFunc(s.Processes, byPID)
	}
	slices.SortFunc(s.Tables, func(a, b Table) int {
		return cmp.Or(cmp.Compare(a.NS.Ino, b.NS.Ino), cmp.Compare(a.PID, b.PID))
	})
	slices.SortFunc(s.Containers, func(a, b Container) int {
		return cmp.Or(cmp.Compare(a.Engine, b.Engine), cmp.Compare(a.ID, b.ID))
	})
	if s.Busy != nil {
		s.Busy.normalize()
	}
	slices.SortFunc(s.Gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Op, b.Op), cmp.Compare(a.Error, b.Error))
	})
}

func compareHolds(a, b Hold) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.PID, b.PID), cmp.Compare(a.TID, b.TID),
		cmp.Compare(a.FD, b.FD), cmp.Compare(a.In.Ino, b.In.Ino), cmp.Compare(a.Path, b.Path))
}
