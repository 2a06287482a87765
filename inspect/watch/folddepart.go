package watch

import "github.com/nsview/nsview/inspect/snapshot"

// departure is an umount: the notice at origin, and those of the run that hang
// together with it. A copy's own submounts may be named before it, so what
// belongs is found round by round.
func (f *folder) departure(run []int, origin int) *batch {
	d := departing{
		folder: f, batch: begin(Umount, origin, &f.list[origin]), origin: &f.list[origin],
		gone: map[snapshot.MountID]bool{}, spots: map[spotKey][]*notice{}, in: map[int]Via{},
	}
	run = f.sameStretch(run)
	d.join(origin, "")
	for grown := true; grown; {
		grown = false
		for _, at := range run {
			if _, member := d.in[at]; !member && d.belongs(at) {
				grown = true
			}
		}
	}
	d.notices = d.notices[:0]
	for _, at := range run {
		if _, member := d.in[at]; member {
			d.add(at)
		} else if f.ordered {
			break
		}
	}
	return d.batch
}

// sameStretch is the run up to the first notice of another kind.
func (f *folder) sameStretch(run []int) []int {
	for n, at := range run {
		if r := &f.list[at]; r.nsRoot || r.op == attach || f.ordered && r.op == shift && n > 0 && f.list[run[n-1]].op == detach {
			if f.ordered {
				return run[:n]
			}
		}
	}
	return run
}

type spotKey struct {
	dev  snapshot.Dev
	path string
}

// departing is a departure in the making: what is gone, and where it was.
type departing struct {
	*folder
	*batch
	origin *notice
	gone   map[snapshot.MountID]bool
	spots  map[spotKey][]*notice
	in     map[int]Via // members; via is "" of what hung below another
	up     map[snapshot.MountID]snapshot.MountID
}

func (d *departing) join(at int, via Via) {
	r := &d.list[at]
	d.in[at] = via
	if r.op == detach {
		d.gone[r.id] = true
		key := spotKey{r.at.dev, r.at.path}
		d.spots[key] = append(d.spots[key], r)
	}
}

// belongs joins a notice when it is of a mount below one that goes, of a
// survivor that hung there, or of one at a place that the others reach.
func (d *departing) belongs(at int) bool {
	r := &d.list[at]
	switch {
	case r.op == attach || r.nsRoot:
		return false
	case r.op == shift:
		if !d.gone[r.from.parent] && !r.slid() {
			return false
		}
		d.join(at, "")
		return true
	case r.mount == nil:
		if d.origin.born == 0 || r.born != d.origin.born {
			return false
		}
		d.join(at, "")
		return true
	case d.gone[r.at.parent]:
		d.join(at, "")
		return true
	}
	for _, other := range d.spots[spotKey{r.at.dev, r.at.path}] {
		if via, ok := other.at.reaches(r.at, d.masterOf); ok && other.mount != nil {
			d.join(at, via)
			return true
		}
	}
	return false
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
