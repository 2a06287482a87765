package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Usage is what besides mounts keeps file systems busy, as umount(2) counts it.
type Usage struct {
	Mounts []*world.Mount // each as often as it is used
	// By says by what, the first of each mount.
	By map[snapshot.MountID]string
	// Writing says of mounts that have a file open for writing, so that they do
	// not become read-only, by what.
	Writing map[snapshot.MountID]string
	// Missing is what could not be read and may well keep them busy, "" for
	// nothing. Unlikely are processes that could not be looked at, but are in
	// namespaces without a mount of theirs: only a descriptor that was handed
	// to them could.
	Missing, Unlikely string
}

// InUse are the mounts of some file systems that are in use, so that umount(2)
// of them fails with EBUSY. With no file system all are meant.
func InUse(w *world.World, devs []snapshot.Dev) Usage {
	meant := map[snapshot.Dev]bool{}
	for _, dev := range devs {
		meant[dev] = true
	}
	if len(devs) == 0 {
		eachMount(w, func(m *world.Mount) {
			if !meant[m.Dev] {
				meant[m.Dev], devs = true, append(devs, m.Dev)
			}
		})
	}
	a := HoldersOf(w, HoldersQuery{Target: HoldTarget{Kind: TargetSource, Devs: devs}, Each: true})
	u := Usage{By: map[snapshot.MountID]string{}, Writing: map[snapshot.MountID]string{}}
	for _, h := range a.Rows {
		own := h.Use != nil && h.Use.PID == w.Reader.PID
		if h.Blocks&BlocksUmount != 0 && h.Mount != nil && h.rank <= rankKernel && !own {
			u.Mounts = append(u.Mounts, h.Mount)
			if u.By[h.Mount.ID] == "" {
				u.By[h.Mount.ID] = h.use()
			}
			if h.writes && u.Writing[h.Mount.ID] == "" {
				u.Writing[h.Mount.ID] = h.use()
			}
		}
	}
	u.Missing = a.missing()
	if w.Busy != nil && len(w.Busy.Unread) > 0 && !near(w, meant) {
		a.Tasks.Read = a.Tasks.Total // those that matter
		u.Unlikely = fmt.Sprintf("processes that could not be looked at: %d, none in a namespace with a mount of it", len(w.Busy.Unread))
		u.Missing = a.missing()
	}
	if u.Missing == "" && len(a.Suspects) > 0 {
		u.Missing = "references may wait unseen: " + a.Suspects[0].Where
	}
	return u
}

// use says what uses a mount: "cwd of bash (4711)", "loop /dev/loop3 over /x".
func (h *Holder) use() string {
	if h.Task == nil {
		return h.Kind + " " + h.Where
	}
	name, _, _ := strings.Cut(h.Task.Cmdline, " ")
	if name == "" {
		name = "pid"
	}
	return fmt.Sprintf("%s of %s (%d)", h.Kind, name, h.Task.PID)
}

// near says whether a process that could not be looked at is in a namespace with
// a mount of the file systems, or in one that is not known.
func near(w *world.World, meant map[snapshot.Dev]bool) bool {
	for _, pid := range w.Busy.Unread {
		p := w.Process(pid)
		if p == nil || p.NS[snapshot.Mnt] == 0 {
			return true
		}
		v := w.View(p.NS[snapshot.Mnt], 0)
		if v == nil || slices.ContainsFunc(v.Mounts, func(m *world.Mount) bool { return meant[m.Dev] }) {
			return true
		}
	}
	return false
}
