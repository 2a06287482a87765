package query

import (
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Purpose is what somebody wants to do with what may be held.
type Purpose string

// The purposes. AnyPurpose is that of the target: to unmount a mount point and
// be rid of its file system, to remove a path, to close a device.
const (
	AnyPurpose Purpose = ""
	ForUmount  Purpose = "umount"
	ForDevice  Purpose = "device"
	ForRemove  Purpose = "remove"
)

// Blocks is the set of purposes that a holder stands in the way of.
type Blocks uint8

// The members of the set.
const (
	BlocksUmount Blocks = 1 << iota
	BlocksDevice
	BlocksRemove
)

// Purposes lists the set.
func (b Blocks) Purposes() []string {
	list := []string{}
	for i, p := range []Purpose{ForUmount, ForDevice, ForRemove} {
		if b>>i&1 == 1 {
			list = append(list, string(p))
		}
	}
	return list
}

// Holder is one thing that keeps a file system, mount or path busy, or several
// of one namespace that are alike.
type Holder struct {
	Kind   string
	Blocks Blocks
	NS     *world.Namespace  // nil for the kernel
	Mount  *world.Mount      // the mount that is or is used, nil when none was told
	Use    *snapshot.Use     // what a task has, nil for mounts and the kernel
	Task   *snapshot.Process // the task, or the lowest process of the namespace
	Owner  world.Owner
	Where  string
	Why    string
	// Release are commands, each of which helps by itself or with the others.
	Release []string
	// Count is how many are alike.
	Count int
	// Goes: it is what an umount of the target takes away.
	Goes bool

	// rank orders commands: what has to be released first comes first.
	writes bool // it has a file open for writing
	rank   int
}

// The answers of a verdict: whether somebody may do what they want.
const (
	Free  = "free"
	Held  = "held"
	Maybe = "unknown"
	// NotApplicable: the target is nothing that could be unmounted, or removed.
	NotApplicable = "not-applicable"
)

// HoldVerdict answers one of the three questions.
type HoldVerdict struct {
	Answer string
	Errno  string // that the kernel would give, "" for none
	Text   string
}

// HoldersQuery asks what keeps a target busy.
type HoldersQuery struct {
	Target HoldTarget
	For    Purpose
	// Each: one row for each holder, not for each namespace and kind.
	Each bool
	// Extra are suspects that only a second look finds.
	Extra []Holder
	// Before are the holders of an earlier look, when something changed since:
	// what only one of the two looks has was seen once.
	Before []Holder
}

// Holders is the answer of [HoldersOf].
type Holders struct {
	HoldersQuery
	World    *world.World
	Alive    []snapshot.Alive
	Umount   HoldVerdict
	Device   HoldVerdict
	Remove   HoldVerdict
	Rows     []Holder
	All      []Holder // those of Rows, one by one
	Suspects []Holder
	// Others are no holders, but worth to know: who serves a FUSE file system.
	Others  []Holder
	Tasks   snapshot.Coverage
	Spaces  snapshot.Coverage // mount namespaces
	Sources []snapshot.Reading
	Gaps    []snapshot.Gap
}

// HoldersOf answers what keeps a target busy.
func HoldersOf(w *world.World, q HoldersQuery) Holders {
	f := &finder{w: w, q: q, groups: w.Groups(), byID: map[snapshot.MountID]*world.Mount{}, devs: map[snapshot.Dev]bool{}}
	for _, dev := range q.Target.Devs {
		f.devs[dev] = true
	}
	eachMount(w, func(m *world.Mount) { f.byID[m.ID] = m })
	f.umountSet()
	for _, look := range []func(){f.mounts, f.namespace, f.tasks, f.kernel, f.layers, f.victims} {
		look()
	}
	if q.Before != nil {
		f.seenOnce()
	}
	a := Holders{HoldersQuery: q, World: w, Gaps: w.Gaps, Alive: q.Target.aliveSigns(w), Others: f.others}
	a.coverage()
	f.judge(&a)
	a.All, a.Rows = f.rows, slices.Clone(f.rows)
	if !q.Each {
		a.Rows = groupHolders(f.rows)
	}
	sortHolders(a.Rows)
	return a
}

// finder is the work of one HoldersOf.
type finder struct {
	w      *world.World
	q      HoldersQuery
	groups *world.Groups
	byID   map[snapshot.MountID]*world.Mount
	devs   map[snapshot.Dev]bool // those of the target: there may be thousands
	// goes is the target's mount and its copies that an umount would take
	// along; stays are the copies that it would leave.
	goes, stays map[*world.Mount]bool
	rows        []Holder
	others      []Holder
	victimsIn   []*world.Mount
}

func (f *finder) target() *HoldTarget { return &f.q.Target }

// has says whether a mount shows what is asked about.
func (f *finder) has(m *world.Mount) bool {
	if link := f.target().NSLink; link != "" {
		return m.FSType == "nsfs" && m.Root == link
	}
	return f.devs[m.Dev]
}

func (f *finder) add(h Holder) {
	if h.Count == 0 {
		h.Count = 1
	}
	f.rows = append(f.rows, h)
}

// seenOnce marks what only one of two looks has. What is gone by now holds
// nothing, but is told: it may come back.
func (f *finder) seenOnce() {
	before := map[holderKey]bool{}
	for i := range f.q.Before {
		before[f.q.Before[i].key()] = true
	}
	for i := range f.rows {
		if k := f.rows[i].key(); before[k] {
			delete(before, k)
		} else {
			f.rows[i].Why = note(f.rows[i].Why, "seen once: it was not there at the first look")
		}
	}
	for _, h := range f.q.Before {
		if before[h.key()] {
			h.Blocks, h.Release = 0, nil
			h.Why = note(h.Why, "seen once: it was gone at the second look")
			f.others = append(f.others, h)
		}
	}
}

func note(why, more string) string { return strings.TrimPrefix(why+", "+more, ", ") }

// holderKey tells one holder from another, over two looks.
type holderKey struct {
	kind, where string
	ns          uint64
	mount       snapshot.MountID
	pid, tid    int
}

func (h *Holder) key() holderKey {
	k := holderKey{kind: h.Kind, where: h.Where}
	if h.NS != nil {
		k.ns = h.NS.ID.Ino
	}
	if h.Mount != nil {
		k.mount = h.Mount.ID
	}
	if h.Use != nil {
		k.mount, k.pid, k.tid, k.where = h.Use.Mount, h.Use.PID, h.Use.TID, ""
	}
	return k
}

// Uses are what the tasks among the holders have.
func (a *Holders) Uses() []snapshot.Use {
	var list []snapshot.Use
	for _, h := range a.All {
		if h.Use != nil {
			list = append(list, *h.Use)
		}
	}
	return list
}

// allSources are the names of what is read beside the mounts, in the order of
// their cost.
var allSources = []string{
	"block devices", "superblocks", "sockets", "tasks", "loop", "swap", "exports", "bpf links", "uprobes", "binfmt_misc",
}

// coverage counts what was read. A saved host without the rest has mounts
// only.
func (a *Holders) coverage() {
	for _, n := range a.World.Namespaces {
		if n.Type == snapshot.Mnt {
			a.Spaces.Total++
		}
	}
	seen := map[uint64]bool{}
	for _, v := range a.World.Views {
		if v.PID == 0 && !seen[v.Table.NS.Ino] {
			seen[v.Table.NS.Ino] = true
			a.Spaces.Read++
		}
	}
	a.Spaces.Total = max(a.Spaces.Total-a.gone(seen), a.Spaces.Read)
	a.Sources = []snapshot.Reading{{Source: "mounts"}}
	if b := a.World.Busy; b != nil {
		a.Tasks, a.Sources = b.Tasks, append(a.Sources, b.Sources...)
		return
	}
	a.Tasks.Total = max(a.World.Counts.Processes, len(a.World.Processes))
	for _, name := range allSources {
		a.Sources = append(a.Sources, snapshot.Reading{Source: name, Error: snapshot.ErrNotSaved.Error()})
	}
}

// gone counts the mount namespaces that ended while they were looked at: where
// one could not be read, there is a gap that names it.
func (a *Holders) gone(seen map[uint64]bool) int {
	gone := 0
	for _, n := range a.World.Namespaces {
		named := func(g snapshot.Gap) bool { return g.Subject == NSName(n) }
		if n.Type == snapshot.Mnt && !seen[n.ID.Ino] && a.World.Busy != nil && !slices.ContainsFunc(a.World.Gaps, named) {
			gone++
		}
	}
	return gone
}

// unread lists the sources that were not read at all.
func (a *Holders) unread() []string {
	var list []string
	for _, r := range a.Sources {
		if r.Error != "" && !r.Partly {
			list = append(list, r.Source)
		}
	}
	return list
}

// Final is the verdict that the answer as a whole gives: that of the purpose
// asked for, or of what the target is.
func (a *Holders) Final() HoldVerdict {
	switch {
	case a.For == ForUmount:
		return a.Umount
	case a.For == ForDevice:
		return a.Device
	case a.For == ForRemove:
		return a.Remove
	case a.Target.isMount():
		return worst(a.Umount, a.afterUmount())
	case a.Target.Kind == TargetPath:
		return worst(a.Remove, a.Device)
	}
	return a.Device
}

// afterUmount is whether the file system would be gone with the umount.
func (a *Holders) afterUmount() HoldVerdict {
	left := slices.ContainsFunc(a.Rows, func(h Holder) bool { return h.Blocks&BlocksDevice != 0 && !h.Goes })
	if left {
		return a.Device
	}
	return a.Umount
}

func worst(list ...HoldVerdict) HoldVerdict {
	for _, answer := range []string{Held, Maybe, Free} {
		for _, v := range list {
			if v.Answer == answer {
				return v
			}
		}
	}
	return list[0]
}
