package snapshot

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// tables reads the mount tables wanted.
func (t *taker) tables() {
	w := t.want.Tables
	if w.Shape && t.src.Kernel != nil {
		t.shape = t.src.Kernel.Shapes()
	}
	for _, pid := range w.PIDs {
		t.processTable(pid)
	}
	for _, ino := range w.NS {
		t.namespaceTable(t.namespace(Mnt, ino))
	}
	if w.Roots {
		t.otherRoots()
	}
	if !w.All && !(w.Masters && t.mastersElsewhere()) {
		return
	}
	for i := 0; i < len(t.snap.Namespaces) && t.ctx.Err() == nil; i++ {
		if t.snap.Namespaces[i].Type == Mnt && !t.hasTable(t.snap.Namespaces[i].ID) {
			t.namespaceTable(i)
		}
	}
}

// otherRoots reads the views of processes that live below another root: what
// each of them sees is not what its namespace holds.
func (t *taker) otherRoots() {
	type place struct {
		ns   uint64
		root string
	}
	seen := map[place]bool{}
	for i := range t.snap.Processes {
		p := &t.snap.Processes[i]
		at := place{p.NS[Mnt], p.Root}
		if p.Read.Has(FieldRoot) && p.Root != "/" && !seen[at] {
			seen[at] = true
			t.processTable(p.PID)
		}
	}
}

func (t *taker) hasTable(id NSID) bool {
	return slices.ContainsFunc(t.snap.Tables, func(have Table) bool { return have.NS.Ino == id.Ino && have.PID == 0 })
}

// mastersElsewhere says whether a table read by statmount has a mount whose
// master group no mount of the same table belongs to.
func (t *taker) mastersElsewhere() bool {
	return slices.ContainsFunc(t.snap.Tables, func(table Table) bool {
		groups := map[GroupID]bool{0: true}
		for i := range table.Mounts {
			groups[table.Mounts[i].PeerGroup] = true
		}
		return table.Via == "statmount" && slices.ContainsFunc(table.Mounts, func(m Mount) bool { return !groups[m.Master] })
	})
}

// processTable reads the mounts as one process sees them, below its own root.
func (t *taker) processTable(pid int) {
	p := Process{PID: pid}
	if err := t.src.Proc.Process(&p, FieldRoot); err != nil && !t.gone(err) {
		t.gaps.process(pid, opRoot, err)
	}
	var links [NumTypes]uint64
	if err := t.src.Proc.LinksOf(pid, Types(Mnt), &links); err != nil && !t.gone(err) {
		t.gaps.process(pid, opMountNS, err)
	}
	mounts, err := t.src.Proc.Mounts(pid)
	if err != nil {
		t.gaps.process(pid, opMountinfo, err)
		return
	}
	t.add(Table{
		NS: NSID{Ino: links[Mnt]}, PID: pid, Root: p.Root, Via: "mountinfo",
		Whole: p.Root == "/", Mounts: mounts,
	}, Ref{Type: Mnt, Ino: links[Mnt], PID: pid})
}

// rootCandidates is how many processes of a namespace are looked at for one
// whose root is the namespace's.
const rootCandidates = 8

// namespaceTable reads the mounts of a whole namespace: from the mountinfo of
// a process whose root is the namespace's, else by statmount(2).
func (t *taker) namespaceTable(i int) {
	n := t.snap.Namespaces[i]
	ref := t.ref(i)
	if t.shape != nil && !n.Inferred {
		if table, err := t.shape(ref); err == nil && table.Whole {
			t.snap.Tables = append(t.snap.Tables, table)
			return
		}
	}
	for _, pid := range t.inside(n.ID.Ino) {
		p := Process{PID: pid}
		// Without the right to read the link, what it shows is what there is.
		if err := t.src.Proc.Process(&p, FieldRoot); err == nil && p.Root != "/" {
			continue
		}
		mounts, err := t.src.Proc.Mounts(pid)
		if err == nil && t.more(i, len(mounts)) {
			break // its root is a mount over the namespace's own (MS_MOVE and chroot)
		}
		if err == nil && len(mounts) > 0 {
			t.add(Table{NS: n.ID, Via: "mountinfo", Whole: p.Root == "/", Mounts: mounts}, ref)
			return
		}
	}
	if t.src.Kernel == nil {
		t.gaps.add(nsName(n), opTable, ErrNotSaved)
		return
	}
	table, err := t.src.Kernel.Table(ref)
	if err != nil {
		if !t.gone(err) {
			t.gaps.add(nsName(n), opTable, err)
		}
		return
	}
	if !table.Whole {
		t.gaps.add(nsName(n), opTable, errors.New("the kernel counts more mounts than it lists"))
	}
	t.add(table, ref)
}

// more says whether the kernel counts more mounts in a namespace than a process
// of it sees. Where it cannot be asked, what the process sees is what there is.
func (t *taker) more(i, seen int) bool {
	if t.src.Kernel == nil {
		return false
	}
	n := t.snap.Namespaces[i]
	if n.NrMounts == nil && !n.Inferred {
		if told, err := t.src.Kernel.Describe(t.ref(i), func(uint64) bool { return true }, nil); err == nil {
			n = told
		}
	}
	return n.NrMounts != nil && seen < *n.NrMounts
}

// inside is the lowest processes of a mount namespace.
func (t *taker) inside(ino uint64) []int {
	var pids []int
	for i := range t.snap.Processes {
		if t.snap.Processes[i].NS[Mnt] == ino {
			if pids = append(pids, t.snap.Processes[i].PID); len(pids) == rootCandidates {
				break
			}
		}
	}
	return pids
}

// add keeps a table, with the details and sizes wanted.
func (t *taker) add(table Table, ref Ref) {
	if k := t.src.Kernel; k == nil {
		t.gaps.more = append(t.gaps.more, notSaved(tableName(table), t.want)...)
	} else {
		if t.want.Tables.Detail && table.Via == "mountinfo" {
			if err := k.Detail(ref, &table); err != nil && !t.gone(err) {
				t.gaps.add(tableName(table), opDetail, err)
			}
		}
		if t.want.Usage {
			t.usage(&table, ref)
		}
	}
	t.snap.Tables = append(t.snap.Tables, table)
}

// defaultUsageLimit is how long one mount may take to tell its size.
const defaultUsageLimit = 500 * time.Millisecond

func (t *taker) usage(table *Table, ref Ref) {
	limit := t.want.UsageLimit
	if limit <= 0 {
		limit = defaultUsageLimit
	}
	silent, err := t.src.Kernel.Usage(t.ctx, ref, table, limit)
	if silent > 0 {
		t.gaps.add(tableName(*table), opSizes, fmt.Errorf("%d mounts did not answer within %v", silent, limit))
	}
	if err != nil && !t.gone(err) {
		t.gaps.add(tableName(*table), opSizes, err)
	}
}

func tableName(t Table) string {
	if t.PID != 0 {
		return fmt.Sprintf("pid %d", t.PID)
	}
	return nsName(Namespace{Type: Mnt, ID: t.NS})
}

// OfTable is the snapshot of a single mount table of which nothing else is
// known. Its namespace has no number but one made up from the lowest mount id.
func OfTable(mounts []Mount, label string) *Snapshot {
	lowest := MountID(1)
	if len(mounts) > 0 {
		lowest = mounts[0].ID
	}
	for i := range mounts {
		lowest = min(lowest, mounts[i].ID)
	}
	id := NSID{Ino: uint64(max(lowest, 1))}
	return &Snapshot{
		Version:    FormatVersion,
		Reader:     Reader{UID: -1, MNT: id, Src: label},
		Namespaces: []Namespace{{ID: id, Type: Mnt, Inferred: true}},
		Tables:     []Table{{NS: id, Via: "mountinfo", Mounts: mounts}},
	}
}
