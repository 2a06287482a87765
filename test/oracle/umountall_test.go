//go:build linux

package oracle_test

import (
	"cmp"
	"slices"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
)

// umountAll does what umount -R of util-linux 2.40 does, with the table that the
// kernel shows. Mounts that are predicted come in the order in which they are
// said to be made: which ids the kernel gives them is not predicted, nor in which
// order it makes the copies of one operation.
func (t *theatre) umountAll(s seat, op predict.Op) (reply, error) {
	list, err := tableOf(s.pid, s.tid, &t.buf)
	if err != nil {
		return reply{}, err
	}
	numbers := make(map[snapshot.MountID]predict.ID, len(t.ids))
	for said, is := range t.ids {
		numbers[is] = said
	}
	// Of what is known the table tells the age, and the id the order of children.
	order := func(old func(a, b snapshot.Mount) int) func(a, b snapshot.Mount) int {
		return func(a, b snapshot.Mount) int {
			x, y := numbers[a.ID], numbers[b.ID]
			if x.New() || y.New() {
				return -cmp.Compare(x, y) // from -1 downwards
			}
			return old(a, b)
		}
	}
	slices.SortStableFunc(list, order(func(_, _ snapshot.Mount) int { return 0 }))
	i := slices.IndexFunc(list, func(m snapshot.Mount) bool { return m.Point == op.Dst })
	if i < 0 {
		return t.umountOne(s, op.Dst, op.Lazy) // its path is wrong
	}
	var take func(m snapshot.Mount) (reply, error)
	take = func(m snapshot.Mount) (reply, error) {
		var children, over []snapshot.Mount
		for _, c := range list {
			switch {
			case c.Parent != m.ID || c.ID == m.ID:
			case c.Point == m.Point && over == nil:
				over = append(over, c)
			default:
				children = append(children, c)
			}
		}
		slices.SortFunc(children, order(func(a, b snapshot.Mount) int { return cmp.Compare(a.ID, b.ID) }))
		slices.Reverse(children) // the youngest first
		for _, c := range slices.Concat(over, children) {
			if r, err := take(c); err != nil || r.Errno != 0 {
				return r, err
			}
		}
		now, err := tableOf(s.pid, s.tid, &t.buf)
		if err != nil || !slices.ContainsFunc(now, func(n snapshot.Mount) bool { return n.Point == m.Point }) {
			return reply{}, err
		}
		return t.umountOne(s, m.Point, op.Lazy)
	}
	return take(list[i])
}

// umountOne is one umount(2) of those that umount -R makes.
func (t *theatre) umountOne(s seat, name string, lazy bool) (reply, error) {
	op := predict.Op{Kind: predict.OpUmount, Dst: name, Lazy: lazy}
	t.calls = append(t.calls, op)
	return s.host.tell(letter{Room: s.room, Op: op})
}

// do has a seat do an operation.
func (t *theatre) do(s seat, op predict.Op) (reply, error) {
	if op.Kind == predict.OpUmount && op.Recursive {
		return t.umountAll(s, op)
	}
	l := letter{Room: s.room}
	l.Op, l.FromProc = t.inProc(op)
	return s.host.tell(l)
}
