package watch

import (
	"iter"
	"maps"
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
)

// departure is an umount: the notice at origin, and those from i on that hang
// together with it. A copy's own submounts may be named before it, so what
// belongs is found from one to the next.
func (f *folder) departure(i, origin int) *batch {
	if f.ties == nil {
		f.ties = tiesOf(f.list, f.ordered)
	}
	d := departing{
		folder: f, batch: begin(Umount, origin, &f.list[origin]), origin: &f.list[origin],
		first: i, gone: map[snapshot.MountID]bool{}, in: map[int]Via{},
	}
	d.join(origin, "")
	for at := i; at < origin; at++ { // survivors are named first
		d.join(at, "")
	}
	for n := 0; n < len(d.joined); n++ {
		d.spread(d.joined[n])
	}
	d.notices = d.notices[:0]
	for _, at := range d.members() {
		d.add(at)
	}
	return d.batch
}

// departing is a departure in the making: what is gone, and how it was reached.
type departing struct {
	*folder
	*batch
	origin *notice
	first  int // the notice that it begins with
	gone   map[snapshot.MountID]bool
	in     map[int]Via // members; via is "" of what hung below another
	joined []int       // the same, as they were found
	up     map[snapshot.MountID]snapshot.MountID
}

func (d *departing) join(at int, via Via) {
	if _, member := d.in[at]; member {
		return
	}
	d.in[at] = via
	d.joined = append(d.joined, at)
	if r := &d.list[at]; r.op == detach {
		d.gone[r.id] = true
	}
}

// spread joins what hangs together with a member: mounts below it, survivors that
// hung there, what has gone at places that it reached, and of those that nobody
// saw what came with the origin.
func (d *departing) spread(at int) {
	r := &d.list[at]
	if r.op != detach {
		return
	}
	for other := range d.near(d.ties.below[r.id]) {
		d.join(other, "")
	}
	if r.mount != nil {
		for other := range d.near(d.ties.spots[spotKey{r.at.dev, r.at.path}]) {
			if via, ok := r.at.reaches(d.list[other].at, d.masterOf); ok {
				d.join(other, via)
			}
		}
	}
	if r == d.origin && r.born != 0 {
		for other := range d.near(d.ties.born[r.born]) {
			d.join(other, "")
		}
	}
}

// near are those of some notices that may belong to the event.
func (d *departing) near(list []int) iter.Seq[int] {
	from, _ := slices.BinarySearch(list, d.first)
	return func(yield func(int) bool) {
		for _, at := range list[from:] {
			if d.ties.stretch[at] != d.ties.stretch[d.first] {
				return
			}
			if !d.used[at] && d.list[at].pid == d.origin.pid && !yield(at) {
				return
			}
		}
	}
}

// members are those that the event has, in their order: without a gap, where the
// order is the kernel's.
func (d *departing) members() []int {
	list := slices.Sorted(maps.Keys(d.in))
	if !d.ordered {
		return list
	}
	for n, at := range list {
		if at != d.first+n {
			return list[:n]
		}
	}
	return list
}

// ties are the notices of what went by what they may hang together by, each list
// in order.
type ties struct {
	below map[snapshot.MountID][]int // what hung on a mount, and survivors that did
	spots map[spotKey][]int
	born  map[uint64][]int // of mounts that nobody saw, by the event they came with
	// stretch counts the stretches that an event is in one of.
	stretch []int
}

type spotKey struct {
	dev  snapshot.Dev
	path string
}

func tiesOf(list []notice, ordered bool) *ties {
	t := &ties{
		below: map[snapshot.MountID][]int{}, spots: map[spotKey][]int{}, born: map[uint64][]int{},
		stretch: make([]int, len(list)),
	}
	for at := range list {
		r := &list[at]
		if at > 0 {
			t.stretch[at] = t.stretch[at-1]
			if ordered && parts(&list[at-1], r) {
				t.stretch[at]++
			}
		}
		switch {
		case r.op == attach || r.nsRoot:
		case r.op == shift:
			t.below[r.from.parent] = append(t.below[r.from.parent], at)
		case r.mount == nil:
			t.born[r.born] = append(t.born[r.born], at)
		default:
			t.below[r.at.parent] = append(t.below[r.at.parent], at)
			key := spotKey{r.at.dev, r.at.path}
			t.spots[key] = append(t.spots[key], at)
		}
	}
	return t
}

// parts says whether an umount ends between two notices.
func parts(before, r *notice) bool {
	return r.pid != before.pid || r.nsRoot || r.op == attach || r.op == shift && before.op == detach
}

// add tells of a member: a receiver, or one more below.
func (d *departing) add(at int) {
	d.notices = append(d.notices, at)
	r := &d.list[at]
	switch {
	case r == d.origin || r.op == shift:
	case r.mount == nil || d.in[at] != "" && !d.gone[r.at.parent]:
		d.receive(r, d.in[at])
	case r.ns == d.origin.ns && d.below(r):
		d.event.Below++
	}
}

// below says whether a mount hung below the origin.
func (d *departing) below(r *notice) bool {
	if d.up == nil {
		d.up = make(map[snapshot.MountID]snapshot.MountID, len(d.in))
		for at := range d.in {
			if other := &d.list[at]; other.op == detach {
				d.up[other.id] = other.at.parent
			}
		}
	}
	for id, n := r.id, 0; id != 0 && n < maxDepth; id, n = d.up[id], n+1 {
		if id == d.origin.id {
			return true
		}
	}
	return false
}

// maxDepth is more mounts above each other than fs.mount-max lets a namespace
// have by default (proc_sys_fs(5)).
const maxDepth = 100_000
