package snapshot

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// What reading a mount table consists of.
const (
	opRoot      = "read its root directory"
	opMountNS   = "read its mount namespace"
	opMountinfo = "read mountinfo"
	opTable     = "read its mount table"
	opDetail    = "read 64-bit ids and id maps"
	opSizes     = "read sizes"
)

// OfTable says whether the gap may limit a mount table. The others are about
// processes and about which namespaces there are.
func (g Gap) OfTable() bool {
	return slices.Contains([]string{opRoot, opMountNS, opMountinfo, opTable, opDetail, opSizes}, g.Op)
}

const opWalk = "enumerate by the kernel"

// OfCoverage says whether a mount may be missing because of the gap: its table,
// or the namespace it is in, was not read.
func (g Gap) OfCoverage() bool { return g.OfTable() || g.Op == opWalk }

// OfWalk says whether the gap is that the kernel did not name all namespaces.
func (g Gap) OfWalk() bool { return g.Op == opWalk }

// notSaved says which wanted parts of a mount table only a live kernel tells.
func notSaved(table string, w Want) []Gap {
	var list []Gap
	if w.Tables.Detail {
		list = append(list, Gap{Subject: table, Op: opDetail, Error: ErrNotSaved.Error()})
	}
	if w.Usage {
		list = append(list, Gap{Subject: table, Op: opSizes, Error: ErrNotSaved.Error()})
	}
	return list
}

// With is the snapshot as an answer to what is wanted: what was not saved, but
// is wanted of its tables now, is a gap.
func (s *Snapshot) With(w Want) *Snapshot {
	w.Tables.Detail = w.Tables.Detail && !s.Want.Tables.Detail
	w.Usage = w.Usage && !s.Want.Usage
	lacks := notSaved("the mount tables", w)
	if len(lacks) == 0 || len(s.Tables) == 0 {
		return s
	}
	c := *s
	c.Gaps = append(slices.Clone(s.Gaps), lacks...)
	return &c
}

// OfMounts says whether the gap may limit which mounts a table has, and not only
// what is told of them.
func (g Gap) OfMounts() bool { return g.OfTable() && g.Op != opDetail && g.Op != opSizes }

// gaps gathers what could not be read. Processes that failed alike make one
// gap, as an ordinary user meets hundreds of them.
type gaps struct {
	more  []Gap
	alike map[gapKind][]int
}

type gapKind struct{ op, error string }

func (g *gaps) add(subject, op string, err error) {
	g.more = append(g.more, Gap{Subject: subject, Op: op, Error: err.Error()})
}

func (g *gaps) process(pid int, op string, err error) {
	if g.alike == nil {
		g.alike = map[gapKind][]int{}
	}
	k := gapKind{op, root(err)}
	g.alike[k] = append(g.alike[k], pid)
}

// root is the innermost text of an error, which does not name the process.
func root(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "permission denied"
	}
	for {
		inner := errors.Unwrap(err)
		if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 0 {
			inner = joined.Unwrap()[0]
		}
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

func (g *gaps) list() []Gap {
	list := g.more
	for kind, pids := range g.alike {
		list = append(list, Gap{Subject: subject(pids), Op: kind.op, Error: kind.error})
	}
	slices.SortFunc(list, func(a, b Gap) int { return cmp.Compare(a.Subject, b.Subject) })
	return list
}

// subject names some processes: "pid 812", "312 processes (1, 2, 3, ...)".
func subject(pids []int) string {
	if len(pids) == 1 {
		return "pid " + strconv.Itoa(pids[0])
	}
	slices.Sort(pids)
	first := make([]string, 0, 4)
	for _, pid := range pids[:min(3, len(pids))] {
		first = append(first, strconv.Itoa(pid))
	}
	if len(pids) > 3 {
		first = append(first, "...")
	}
	return fmt.Sprintf("%d processes (%s)", len(pids), strings.Join(first, ", "))
}

// String names the fields of the set.
func (s Fields) String() string {
	names := []string{"user", "command", "cgroup", "stat", "root"}
	var list []string
	for i, name := range names {
		if s.Has(1 << i) {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}
