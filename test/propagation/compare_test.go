//go:build linux

package propagation_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
)

// arrivedIn lists where a probe is in a namespace. The one on the mount that it
// was made on came by itself.
func (w *topology) arrivedIn(s *space, probe string, origin int) []arrived {
	all, err := s.table()
	if err != nil {
		w.t.Fatal(err)
	}
	var list []arrived
	err = s.in(func() error {
		for _, e := range all {
			if e.source != probe {
				continue
			}
			a := arrived{ns: s.ino, point: e.point, hidden: mountAt(e.point) != e.id, via: via(e)}
			if e.parent == origin {
				a.via = predict.Self
			}
			for _, on := range all {
				if on.parent == e.id && on.source != probe {
					a.beneath = on.id
				}
			}
			list = append(list, a)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// via tells a peer of a new mount from a slave of it: the origin has a new
// group and no master, and so have its peers.
func via(e entry) predict.Via {
	if e.master != 0 {
		return predict.Slave
	}
	return predict.Peer
}

// said are predicted arrivals in the words of the kernel's, without those in
// namespaces that are not of the topology.
func (w *topology) said(arrivals []predict.Arrival) []arrived {
	var list []arrived
	for _, a := range arrivals {
		p := arrived{ns: a.On.View.Table.NS.Ino, point: a.Point, hidden: a.Hidden, via: a.Via}
		if a.Beneath != nil {
			p.beneath = int(a.Beneath.ID)
		}
		list = append(list, p)
	}
	return list
}

// same compares two sets of arrivals.
func (w *topology) same(title string, said, did []arrived) {
	order := func(a, b arrived) int {
		return cmp.Or(cmp.Compare(a.ns, b.ns), cmp.Compare(a.point, b.point), cmp.Compare(a.beneath, b.beneath), cmp.Compare(a.via, b.via), cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	}
	slices.SortFunc(said, order)
	slices.SortFunc(did, order)
	if !slices.Equal(said, did) {
		only := func(a, b []arrived) string {
			list := slices.DeleteFunc(slices.Clone(a), func(x arrived) bool { return slices.Contains(b, x) })
			return strings.ReplaceAll(fmt.Sprintf("%+v", list), w.base, "")
		}
		w.t.Errorf("%s: arrivals differ\nonly nsview: %s\nonly kernel: %s", title, only(said, did), only(did, said))
	}
}

// takeAway unmounts the probe where it was mounted, if it can be seen there:
// its copies go with it.
func (w *topology) takeAway(from spot, on int, probe string) {
	for _, e := range w.probes(from.space, probe) {
		if e.parent != on {
			continue
		}
		_ = from.space.in(func() error { return unmountIf(e) })
	}
}

// unmountIf unmounts a mount if its mount point leads to it.
func unmountIf(e entry) error {
	if mountAt(e.point) != e.id {
		return nil
	}
	return unix.Unmount(e.point, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
}

// sweep unmounts a probe wherever it still is: a copy may have covered the
// original, so the first unmount need not take them all.
func (w *topology) sweep(probe string) {
	for range 20 {
		left := 0
		for _, s := range w.spaces {
			for _, e := range w.probes(s, probe) {
				left++
				_ = s.in(func() error { return unmountIf(e) })
			}
		}
		if left == 0 {
			return
		}
	}
	w.t.Fatalf("%s cannot be unmounted", probe)
}

// dump logs every table, for the person who looks into a difference.
func (w *topology) dump() {
	for _, s := range w.spaces {
		var b strings.Builder
		list, err := s.table()
		for _, e := range list {
			if strings.HasPrefix(e.point, w.base) {
				fmt.Fprintf(&b, "  %d on %d %s:%s at %s", e.id, e.parent, e.source, e.root, strings.TrimPrefix(e.point, w.base))
				fmt.Fprintf(&b, " shared:%d master:%d\n", e.shared, e.master)
			}
		}
		w.t.Logf("mnt:[%d] (%v, pid %d) %v\n%s", s.ino, s.kind, s.pid, err, b.String())
	}
}

// countField counts the lines that speak of a directory.
func countField(text, dir string) int { return strings.Count(text, " "+dir) }
