package query

import (
	"fmt"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// tasks lists what processes and threads have on the file systems. A use is
// matched by the id of its mount; the device number counts for mounts that are
// in no table.
func (f *finder) tasks() {
	if f.w.Busy == nil {
		return
	}
	for i := range f.w.Busy.Uses {
		use := f.w.Busy.Uses[i] // a copy: a world is never changed
		u := &use
		if f.byID[u.Mount] != nil && u.Mount != 0 {
			u.Detached = false // it was in a table after all
		}
		if u.ByName {
			f.byName(u)
		} else if f.concerns(u) {
			f.task(u, f.byID[u.Mount])
		}
	}
}

// concerns says whether a use is of the target.
func (f *finder) concerns(u *snapshot.Use) bool {
	t := f.target()
	if t.NSLink != "" {
		return false
	}
	if u.Kind == snapshot.UseDevice {
		return true // only those asked for are read
	}
	m := f.byID[u.Mount]
	switch {
	case m != nil && !f.has(m), m == nil && !f.devs[u.Dev]:
		return false
	case t.Kind != TargetPath:
		return true
	case m == nil:
		return f.unnamed(u)
	}
	return world.Under(inside(m, u.Path), t.Place.Inside())
}

// unnamed: of a socket no mount is told, but its path is.
func (f *finder) unnamed(u *snapshot.Use) bool {
	m := f.named(u.Path)
	return m != nil && world.Under(inside(m, u.Path), f.target().Place.Inside())
}

// inside is a path as the file system itself has it.
func inside(m *world.Mount, path string) string {
	return predict.Place{Mount: m, Path: strings.TrimSuffix(path, " (deleted)")}.Inside()
}

// byName takes a use of which only the text of its link is known: the file
// system did not answer, or the socket could not be asked for its place.
func (f *finder) byName(u *snapshot.Use) {
	ns := f.nsOf(f.w.Process(u.PID))
	if ns == nil {
		return
	}
	v := f.w.View(ns.ID.Ino, 0)
	if v == nil {
		return
	}
	if m := v.Serving(u.Path); m != nil && f.has(m) {
		f.task(u, m)
	}
}

func (f *finder) task(u *snapshot.Use, m *world.Mount) {
	p := f.process(u.PID)
	h := Holder{
		Kind: string(u.Kind), Blocks: BlocksDevice, NS: f.nsOf(p), Mount: m, Use: u, Task: p,
		Owner: f.w.OwnerOf(p), Where: u.Path, Why: f.whyUsed(u, m), Release: f.endTask(p), rank: rankTask,
		writes: u.Writes,
	}
	if u.Kind == snapshot.UseServer {
		h.Blocks, h.Why = 0, "serves the file system"
		f.others = append(f.others, h)
		return
	}
	if m == nil && u.Kind == snapshot.UseSocket {
		m = f.named(u.Path)
	}
	h.Blocks |= f.pins(m)
	if u.Detached {
		h.Kind = "detached " + h.Kind
	}
	f.add(h)
}

func (f *finder) whyUsed(u *snapshot.Use, m *world.Mount) string {
	var parts []string
	switch u.Kind {
	case snapshot.UseFD, snapshot.UseDevice, snapshot.UseSocket:
		parts = append(parts, fmt.Sprintf("fd %d", u.FD))
	}
	if u.TID != 0 {
		parts = append(parts, fmt.Sprintf("thread %d", u.TID))
	}
	switch {
	case u.Detached:
		parts = append(parts, fmt.Sprintf("of mount %d, which is in no namespace that was read", u.Mount))
		if u.Of != "" {
			parts = append(parts, u.Of)
		}
	case m != nil:
		parts = append(parts, fmt.Sprintf("on mount %d at %s", m.ID, m.Point))
	}
	if u.ByName {
		parts = append(parts, "by name: it does not answer")
	}
	if u.Count > 1 {
		parts = append(parts, fmt.Sprintf("%d such", u.Count))
	}
	return strings.Join(parts, ", ")
}

// named is the mount of the target that a path leads to in some namespace, nil
// for none: the kernel shows paths without saying where they start.
func (f *finder) named(path string) *world.Mount {
	var found *world.Mount
	for _, v := range f.w.Views {
		m := v.Serving(path)
		if m == nil || !f.has(m) {
			continue
		}
		if found == nil || f.goes[m] {
			found = m
		}
	}
	return found
}

// process is a task's process: also one that was not there when the others were
// listed.
func (f *finder) process(pid int) *snapshot.Process {
	if p := f.w.Process(pid); p != nil || pid == 0 {
		return p
	}
	return &snapshot.Process{PID: pid}
}

// pins: what is used cannot be unmounted. Of a target that is a mount point,
// only that and the copies that would go with it count.
func (f *finder) pins(m *world.Mount) Blocks {
	if m == nil || f.target().isMount() && !f.goes[m] {
		return 0
	}
	return BlocksUmount
}
