package query

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// The order in which things are released: tasks first, then what the kernel
// uses, then mounts, the deepest first.
const (
	rankTask   = 0
	rankKernel = 1000
	rankMount  = 1 << 20
)

// inNS is a command to be typed so that it acts in a mount namespace, nil for
// the reader's own. A namespace without a process is entered through what
// holds it.
func (f *finder) inNS(ns *world.Namespace, v *world.View, command string) string {
	switch {
	case ns == nil && v != nil && v.PID != 0:
		return fmt.Sprintf("nsenter -t %d -m %s", v.PID, command)
	case ns == nil || ns.ID.Ino == f.w.Reader.MNT.Ino:
		return command
	case ns.Lead() != nil:
		return fmt.Sprintf("nsenter -t %d -m %s", ns.Lead().PID, command)
	case len(ns.Holds) == 0:
		return fmt.Sprintf("in %s, which nothing visible leads to: %s", NSName(ns), command)
	}
	return "nsenter --mount=" + quote(holdFile(ns.Holds[0], ns.Type)) + " " + command
}

// holdFile is a file that leads to a namespace without a process.
func holdFile(h snapshot.Hold, t snapshot.Type) string {
	switch h.Kind {
	case snapshot.HoldThread:
		return fmt.Sprintf("/proc/%d/task/%d/ns/%v", h.PID, h.TID, t)
	case snapshot.HoldFD:
		return fmt.Sprintf("/proc/%d/fd/%d", h.PID, h.FD)
	case snapshot.HoldChild:
		return fmt.Sprintf("/proc/%d/ns/%v_for_children", h.PID, t)
	}
	return h.Path
}

// endTask ends what a task belongs to, in the words of who started it.
func (f *finder) endTask(p *snapshot.Process) []string {
	if p == nil || p.Read.Has(snapshot.FieldCommand) && p.Cmdline == "" {
		return nil // a kernel thread does not end
	}
	owner := f.w.OwnerOf(p)
	switch {
	case owner.Engine == "docker" || owner.Engine == "podman":
		name := owner.Name
		if name == "" {
			name = owner.ID
		}
		return []string{owner.Engine + " restart " + quote(name)}
	case owner.Pod != "":
		return []string{"kubectl delete pod " + quote(owner.Pod)}
	case owner.Kind == world.OwnerUnit && owner.User == "":
		return []string{"systemctl restart " + quote(owner.Unit)}
	}
	return []string{"kill " + strconv.Itoa(p.PID)}
}

// groupHolders makes one row of what is alike in one namespace: the first, with
// the number and the commands of all.
func groupHolders(rows []Holder) []Holder {
	type key struct {
		ns    uint64
		kind  string
		where string // what the kernel uses is no two alike
		goes  bool
		block Blocks
	}
	at := map[key]int{}
	var out []Holder
	for _, h := range rows {
		k := key{kind: h.Kind, goes: h.Goes, block: h.Blocks}
		if h.NS != nil {
			k.ns = h.NS.ID.Ino
		} else {
			k.where = h.Where
		}
		i, met := at[k]
		if !met {
			at[k] = len(out)
			h.Release = slices.Clone(h.Release)
			out = append(out, h)
			continue
		}
		out[i].Count += h.Count
		for _, c := range h.Release {
			if !slices.Contains(out[i].Release, c) {
				out[i].Release = append(out[i].Release, c)
			}
		}
	}
	return out
}

// sortHolders puts first what blocks an umount, then mounts, then the rest.
func sortHolders(rows []Holder) {
	class := func(h Holder) int {
		switch {
		case h.Blocks&BlocksUmount != 0:
			return 0
		case h.Use == nil && h.Mount != nil && h.NS != nil:
			return 1
		case h.NS != nil:
			return 2
		}
		return 3
	}
	pid := func(h Holder) int {
		if h.Task == nil {
			return 0
		}
		return h.Task.PID
	}
	slices.SortStableFunc(rows, func(a, b Holder) int {
		return cmp.Or(cmp.Compare(class(a), class(b)), cmp.Compare(a.Kind, b.Kind), cmp.Compare(pid(a), pid(b)), cmp.Compare(a.Where, b.Where))
	})
}

// Plan lists the commands that release everything, in the order in which they
// work: tasks, what the kernel uses, then mounts from the deepest up. A mount
// that goes with the target needs none of its own.
func (a *Holders) Plan() []string {
	rows := slices.Clone(a.Rows)
	slices.SortStableFunc(rows, func(x, y Holder) int { return cmp.Compare(x.rank, y.rank) })
	var plan []string
	for _, h := range rows {
		if h.Goes && h.Mount != a.Target.Place.Mount || h.Blocks == 0 {
			continue
		}
		for _, c := range h.Release {
			if !slices.Contains(plan, c) {
				plan = append(plan, c)
			}
		}
	}
	return plan
}
