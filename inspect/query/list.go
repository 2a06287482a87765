package query

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Relation is a tree that namespaces form.
type Relation string

// The trees of namespaces. Flat is none.
const (
	Flat     Relation = ""
	ByOwner  Relation = "owner"  // below the user namespace that owns them
	ByParent Relation = "parent" // pid and user namespaces below their parent
)

// ListQuery says which namespaces are asked for.
type ListQuery struct {
	Types snapshot.TypeSet
	PID   int // only those this process is in, 0 for all
	Tree  Relation
}

// Namespaces is the answer of [List].
type Namespaces struct {
	Rows   []NamespaceRow
	Counts snapshot.Counts
	Gaps   []snapshot.Gap
}

// NamespaceRow is one namespace, with those below it when a tree was asked for.
type NamespaceRow struct {
	*world.Namespace
	World *world.World
	Below []NamespaceRow
}

// List answers which namespaces there are.
func List(w *world.World, q ListQuery) (Namespaces, error) {
	if q.PID != 0 && w.Process(q.PID) == nil {
		return Namespaces{}, fmt.Errorf("list the namespaces of pid %d: %w", q.PID, whyUnseen(w))
	}
	var chosen []*world.Namespace
	for _, n := range w.Namespaces {
		if q.Types.Has(n.Type) && (q.PID == 0 || isIn(n, q.PID)) {
			chosen = append(chosen, n)
		}
	}
	return Namespaces{Rows: arrange(w, chosen, q.Tree), Counts: w.Counts, Gaps: w.Gaps}, nil
}

// whyUnseen says why a process is not in the world.
func whyUnseen(w *world.World) error {
	if w.Counts.Denied > 0 {
		return fmt.Errorf("no such process, or one that may not be looked at")
	}
	return fmt.Errorf("no such process")
}

func isIn(n *world.Namespace, pid int) bool {
	return slices.ContainsFunc(n.Processes, func(p *snapshot.Process) bool { return p.PID == pid })
}

// arrange makes the rows, below each other when a tree is asked for. A
// namespace whose owner or parent is not among the chosen stands at the top.
func arrange(w *world.World, chosen []*world.Namespace, rel Relation) []NamespaceRow {
	above := func(*world.Namespace) *world.Namespace { return nil }
	switch rel {
	case ByOwner:
		above = func(n *world.Namespace) *world.Namespace {
			if n.Type == snapshot.User && n.Above != nil {
				return n.Above // a user namespace's owner is its parent
			}
			return n.OwnedBy
		}
	case ByParent:
		above = func(n *world.Namespace) *world.Namespace { return n.Above }
	}
	b := forest{world: w, below: map[*world.Namespace][]*world.Namespace{}, used: map[*world.Namespace]bool{}}
	isChosen := make(map[*world.Namespace]bool, len(chosen))
	for _, n := range chosen {
		isChosen[n] = true
	}
	var tops []*world.Namespace
	for _, n := range chosen {
		if up := above(n); up != nil && up != n && isChosen[up] {
			b.below[up] = append(b.below[up], n)
		} else {
			tops = append(tops, n)
		}
	}
	return b.rows(tops)
}

// forest turns the arranged namespaces into rows, each once: a saved host may
// claim a loop.
type forest struct {
	world *world.World
	below map[*world.Namespace][]*world.Namespace
	used  map[*world.Namespace]bool
}

func (f forest) rows(list []*world.Namespace) []NamespaceRow {
	if len(list) == 0 {
		return nil
	}
	rows := make([]NamespaceRow, 0, len(list))
	for _, n := range list {
		if f.used[n] {
			continue
		}
		f.used[n] = true
		rows = append(rows, NamespaceRow{Namespace: n, World: f.world, Below: f.rows(f.below[n])})
	}
	return rows
}

// HeldBy says what keeps the namespace alive besides the processes in it:
// "fd 4711:5", "bind /run/x", "thread 4711/4712", "child-of 4711", "owner-of
// mnt:[4026532177]", and "kernel" when no process is in it and nothing visible
// explains it. It is empty for a namespace with nothing but processes, and
// where holders were not looked for.
func (r NamespaceRow) HeldBy() []string {
	list := make([]string, 0, len(r.Holds))
	for _, h := range r.Holds {
		list = append(list, holdText(h, r.World.Reader.MNT))
	}
	if len(r.Processes) > 0 || len(list) > 0 {
		return list
	}
	for _, n := range append(slices.Clone(r.Owns), r.Namespace.Below...) {
		if n != r.Namespace {
			return append(list, "owner-of "+NSName(n))
		}
	}
	if r.World.Want.Holders == snapshot.Thorough {
		list = append(list, "kernel")
	}
	return list
}

func holdText(h snapshot.Hold, own snapshot.NSID) string {
	switch h.Kind {
	case snapshot.HoldThread:
		return fmt.Sprintf("thread %d/%d", h.PID, h.TID)
	case snapshot.HoldFD:
		return fmt.Sprintf("fd %d:%d", h.PID, h.FD)
	case snapshot.HoldBind:
		if h.In.Ino != 0 && h.In.Ino != own.Ino {
			return fmt.Sprintf("bind %s in mnt:[%d]", h.Path, h.In.Ino)
		}
		return "bind " + h.Path
	}
	return fmt.Sprintf("%s %d", h.Kind, h.PID)
}

// NSName is a namespace as the kernel writes it: mnt:[4026531841].
func NSName(n *world.Namespace) string {
	return n.Type.String() + ":[" + strconv.FormatInt(int64(n.ID.Ino), 10) + "]" // below zero: one that is not yet made
}

// Users is the set of effective users of its processes, ascending.
func (r NamespaceRow) Users() []uint32 {
	var list []uint32
	for _, p := range r.Processes {
		if p.Read.Has(snapshot.FieldUser) {
			list = append(list, p.UID)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
