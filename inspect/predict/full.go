package predict

import (
	"slices"

	"github.com/nsview/nsview/inspect/world"
)

// Load is how many mounts a namespace has, and how many more would come.
type Load struct {
	View        *world.View
	Have, Comes int
}

// Full are the namespaces that have no room for what arrives, in the order of
// the list. One is enough for the mount to fail everywhere with ENOSPC
// (count_mounts in fs/namespace.c). The limit is fs.mount-max (proc_sys_fs(5)),
// 0 where it was not read.
func Full(list []Arrival, limit uint64) []Load {
	var loads []Load
	for _, a := range list {
		i := slices.IndexFunc(loads, func(l Load) bool { return l.View == a.On.View })
		if i < 0 {
			i = len(loads)
			loads = append(loads, Load{View: a.On.View, Have: Count(a.On.View)})
		}
		loads[i].Comes++
	}
	return slices.DeleteFunc(loads, func(l Load) bool { return limit == 0 || uint64(l.Have+l.Comes) <= limit })
}

// Count is the number of mounts that the kernel counts in a namespace. Its root
// mount is one of them, though no path leads there when it lies under "/".
func Count(v *world.View) int {
	n := len(v.Mounts)
	if !slices.ContainsFunc(v.Roots, func(m *world.Mount) bool { return m.Mount.Parent == m.ID }) {
		n++
	}
	if v.NS != nil && v.NS.NrMounts != nil {
		n = max(n, *v.NS.NrMounts+1)
	}
	return n
}
