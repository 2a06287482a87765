//go:build linux

package oracle_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
)

// fact is a mount as a lab's claims see it. Groups have the numbers that they
// were said to have, or that the kernel gave them.
type fact struct {
	point         string
	keys          [5]string // in the order of factKeys
	group, master int64
}

var factKeys = [5]string{"source", "root", "prop", "under", "options"}

// matches says whether a claim with one of another's keys is true of it.
func (f fact) matches(other fact, key int) bool {
	if f.point != other.point {
		return false
	}
	if factKeys[key] != "options" {
		return f.keys[key] == other.keys[key]
	}
	have := strings.Split(f.keys[key], ",")
	return !slices.ContainsFunc(strings.Split(other.keys[key], ","), func(o string) bool { return !slices.Contains(have, o) })
}

func counts(list []fact, like fact, key int) (n int) {
	for _, f := range list {
		if f.matches(like, key) {
			n++
		}
	}
	return n
}

func pointCount(list []fact, point string) (n int) {
	for _, f := range list {
		if f.point == point {
			n++
		}
	}
	return n
}

// claims are what a lab claims of the mounts there are: all that was said, or
// only where the kernel differs.
func (t *theatre) claims(all bool) (list []string) {
	var saidOf, didOf [][]fact
	var who []int
	known := map[predict.ID]bool{}
	for i, s := range t.seats {
		home := t.state.Home(s.actor)
		view := t.state.View(s.actor)
		if known[home] || !samePoints(view, t.state.Table(home)) {
			continue
		}
		known[home] = true
		said := saidFacts(view)
		did := said
		if !t.paper {
			mounts, err := tableOf(s.pid, s.tid, &t.buf)
			if err != nil {
				continue
			}
			did = didFacts(mounts)
		}
		list = append(list, tableClaims(i, said, did, all)...)
		saidOf, didOf, who = append(saidOf, said), append(didOf, did), append(who, i)
	}
	if len(list) == 0 {
		list = groupClaims(who, saidOf, didOf)
	}
	return list
}

// samePoints says whether somebody sees every mount of a namespace, each where a
// lab sees it.
func samePoints(view, table []predict.Row) bool {
	points := map[predict.ID]string{}
	for _, r := range view {
		points[r.ID] = r.Point
	}
	return len(view) == len(table) && !slices.ContainsFunc(table, func(r predict.Row) bool { return points[r.ID] != r.Point })
}

func tableClaims(seat int, said, did []fact, all bool) (list []string) {
	add := func(format string, args ...any) {
		if claim := fmt.Sprintf("seat%d ", seat) + fmt.Sprintf(format, args...); !slices.Contains(list, claim) {
			list = append(list, claim)
		}
	}
	for _, f := range slices.Concat(said, did) {
		n := pointCount(said, f.point)
		if other := pointCount(did, f.point); n != other {
			add("has %s count=%d", f.point, n)
			continue
		}
		for key, name := range factKeys {
			n := counts(said, f, key)
			if f.keys[key] != "" && (all || n != counts(did, f, key)) {
				add("has %s %s=%s count=%d", f.point, name, f.keys[key], n)
			}
		}
	}
	return list
}

// groupClaims are about mounts that look as they should and are linked otherwise.
func groupClaims(who []int, said, did [][]fact) (list []string) {
	type spot struct {
		name      string
		said, did fact
	}
	var spots []spot
	for i, seat := range who {
		for _, f := range said[i] {
			j := slices.IndexFunc(did[i], func(g fact) bool { return g.point == f.point })
			if pointCount(said[i], f.point) == 1 && j >= 0 {
				spots = append(spots, spot{fmt.Sprintf("seat%d:%s", seat, f.point), f, did[i][j]})
			}
		}
	}
	for i, a := range spots {
		for _, b := range spots[i+1:] {
			if want := relation(a.said, b.said); want != relation(a.did, b.did) && want != "" {
				list = append(list, a.name+" "+want+" "+b.name)
			}
			if want := relation(b.said, a.said); want == "slave-of" && want != relation(b.did, a.did) {
				list = append(list, b.name+" "+want+" "+a.name)
			}
		}
	}
	return list[:min(len(list), 8)]
}

// relation is what a lab can claim of two mounts, "" when there is no word for it.
func relation(a, b fact) string {
	switch {
	case a.group != 0 && a.group == b.group:
		return "peer-of"
	case a.master != 0 && a.master == b.group:
		return "slave-of"
	case b.master != 0 && b.master == a.group, a.master != 0 && a.master == b.master:
		return ""
	}
	return "apart"
}

func saidFacts(rows []predict.Row) []fact {
	points := map[predict.ID]string{}
	for _, r := range rows {
		points[r.ID] = r.Point
	}
	list := make([]fact, len(rows))
	for i, r := range rows {
		options := changes(r.Flags, 0) // rw is an option of the file system too
		if r.Flags&predict.IDMapped != 0 {
			options = strings.Trim(options+",idmapped", ",")
		}
		root := r.Root
		if strings.Contains(root, ":[") {
			root = "" // of a namespace, whose number is another every time
		}
		list[i] = fact{r.Point, [5]string{
			r.Source, root, kind(r.Group != 0, r.Master != 0, r.Unbindable), points[r.Parent], options,
		}, int64(r.Group), int64(r.Master)}
	}
	return list
}

func didFacts(mounts []snapshot.Mount) []fact {
	rows := make([]predict.Row, len(mounts))
	for i, m := range mounts {
		rows[i] = predict.Row{
			ID: predict.ID(m.ID), Parent: predict.ID(m.Parent), Root: m.Root, Point: m.Point, Source: m.Source,
			Group: predict.ID(m.PeerGroup), Master: predict.ID(m.Master), Unbindable: m.Unbindable, Flags: predict.FlagsOf(m.VFSOptions),
		}
	}
	return saidFacts(rows)
}

// kind is a propagation type as labs write it, "" for one that they have no word
// for.
func kind(shared, slave, unbindable bool) string {
	switch {
	case unbindable && (shared || slave):
		return ""
	case unbindable:
		return "unbindable"
	case shared && slave:
		return "shared+slave"
	case shared:
		return "shared"
	case slave:
		return "slave"
	}
	return "private"
}
