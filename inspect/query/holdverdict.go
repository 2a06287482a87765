package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// judge answers the three questions, each by itself.
func (f *finder) judge(a *Holders) {
	a.Device = f.judgeDevice(a)
	unexplained := len(a.Alive) > 0 && f.count(BlocksDevice) == 0
	a.Umount = f.judgeUmount(a)
	a.Remove = f.judgeRemove(a)
	if unexplained {
		a.Suspects = append(f.suspects(true), a.Extra...)
	} else if a.Umount.Answer == Maybe {
		a.Suspects = f.suspects(false)
	}
}

func (f *finder) count(b Blocks) int {
	n := 0
	for i := range f.rows {
		if f.rows[i].Blocks&b != 0 {
			n++
		}
	}
	return n
}

// judgeDevice: whether the file system is in use. With nothing found, only the
// kernel's own sign, or a look at everything, can say that it is free.
func (f *finder) judgeDevice(a *Holders) HoldVerdict {
	if text := f.sum(BlocksDevice); text != "" {
		return HoldVerdict{Held, "EBUSY", text}
	}
	switch missing := a.missing(); {
	case len(a.Alive) > 0:
		return HoldVerdict{Maybe, "", fmt.Sprintf("alive but unexplained: %s, and 0 mounts in %d of %d namespaces", a.Alive[0].Where, a.Spaces.Read, a.Spaces.Total)}
	case a.provedDead():
		return HoldVerdict{Free, "", fmt.Sprintf("no mount in %d namespaces, and no superblock: its %s would show in /sys/fs/%s", a.Spaces.Read, a.Target.OnDisk, a.Target.OnDisk)}
	case missing != "":
		return HoldVerdict{Maybe, "", "nothing was found, but not everything could be read: " + missing}
	}
	return HoldVerdict{Free, "", fmt.Sprintf("nothing holds it: no mount in %d namespaces, nothing open in %d tasks, no use by the kernel", a.Spaces.Read, a.Tasks.Read)}
}

// provedDead: the kernel shows superblocks of that type while they are in use.
func (a *Holders) provedDead() bool {
	if a.Target.OnDisk == "" {
		return false
	}
	for _, r := range a.Sources {
		if r.Source == "superblocks" || r.Source == "block devices" {
			if r.Error != "" {
				return false
			}
		}
	}
	return a.World.Busy != nil
}

// missing says what could not be read, "" for nothing.
func (a *Holders) missing() string {
	var parts []string
	if !a.Spaces.Whole() {
		parts = append(parts, fmt.Sprintf("%d of %d mount namespaces", a.Spaces.Total-a.Spaces.Read, a.Spaces.Total))
	}
	for _, g := range a.Gaps {
		if g.Subject == "namespaces without a process" {
			parts = append(parts, "namespaces without a process ("+g.Error+")")
		}
	}
	if !a.Tasks.Whole() {
		parts = append(parts, fmt.Sprintf("%d of %d tasks", a.Tasks.Total-a.Tasks.Read, a.Tasks.Total))
	}
	for _, source := range a.unread() {
		if !optional(a.World, source) {
			parts = append(parts, source)
		}
	}
	return strings.Join(parts, ", ")
}

// optional are the sources that many hosts lack: without them mounted, there
// is as a rule nothing to find in them.
func optional(w *world.World, source string) bool {
	return w.Busy != nil && (source == "uprobes" || source == "binfmt_misc" || source == "bpf links")
}

// judgeUmount: the target has to be a mount point, without mounts on it, and
// neither it nor a copy that goes along may be in use.
func (f *finder) judgeUmount(a *Holders) HoldVerdict {
	t := f.target()
	switch {
	case t.Place.Mount == nil:
		return HoldVerdict{NotApplicable, "", "the target is no path"}
	case !t.isMount():
		return HoldVerdict{NotApplicable, "EINVAL", t.Place.Path + " is no mount point in its namespace"}
	}
	if text := f.sum(BlocksUmount); text != "" {
		return HoldVerdict{Held, "EBUSY", text}
	}
	note := ""
	if n := len(f.stays); n > 0 {
		note = fmt.Sprintf("; %d copies elsewhere have mounts on them and stay", n)
	}
	if waiting := f.suspects(false); len(waiting) > 0 {
		return HoldVerdict{Maybe, "", "nothing was found that blocks it, but references may wait unseen: " + waiting[0].Where + note}
	}
	if missing := a.missing(); missing != "" {
		return HoldVerdict{Maybe, "", "nothing was found that blocks it, but not everything could be read: " + missing + note}
	}
	return HoldVerdict{Free, "", "nothing blocks it" + note}
}

// judgeRemove: a mount point at or below the path, in the caller's namespace,
// blocks. Elsewhere it does not, and what is mounted there is unmounted
// (rmdir(2), unlink(2) since Linux 3.18).
func (f *finder) judgeRemove(a *Holders) HoldVerdict {
	t := f.target()
	if t.Place.Mount == nil {
		return HoldVerdict{NotApplicable, "", "the target is no path"}
	}
	if text := f.sum(BlocksRemove); text != "" {
		return HoldVerdict{Held, "EBUSY", text}
	}
	if n := len(f.victimsIn); n > 0 {
		m := f.victimsIn[0]
		return HoldVerdict{Free, "", fmt.Sprintf("it succeeds, and unmounts %d mounts in other namespaces, as %s in mnt:[%d]", n, m.Point, m.View.Table.NS.Ino)}
	}
	if !a.Spaces.Whole() {
		return HoldVerdict{Free, "", "no mount point at or below it in its namespace; not every other namespace could be read"}
	}
	return HoldVerdict{Free, "", "no mount point at or below it in any namespace"}
}

// sum counts the holders that stand in the way, "" for none.
func (f *finder) sum(b Blocks) string {
	spaces := map[*world.Namespace]bool{}
	mounts, tasks, kernel := 0, 0, 0
	for i := range f.rows {
		h := &f.rows[i]
		switch {
		case h.Blocks&b == 0:
			continue
		case h.Use != nil || h.Kind == "process":
			tasks++
		case h.NS == nil && h.Mount == nil || h.rank == rankKernel:
			kernel++
		default:
			mounts++
		}
		if h.NS != nil {
			spaces[h.NS] = true
		}
	}
	var parts []string
	part := func(n int, one, many string) {
		if n == 1 {
			parts = append(parts, "1 "+one)
		} else if n > 1 {
			parts = append(parts, fmt.Sprintf("%d %s", n, many))
		}
	}
	part(mounts, "mount", "mounts")
	part(tasks, "use by a task", "uses by tasks")
	part(kernel, "use by the kernel", "uses by the kernel")
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, ", ")
	if len(spaces) > 0 {
		text += fmt.Sprintf(", in %d namespaces", len(spaces))
	}
	return text
}

// suspects are what could hide a reference that nothing shows. With all, also
// those that are many on any host: they are listed when the file system is
// alive and nothing else explains it.
func (f *finder) suspects(all bool) []Holder {
	if f.w.Busy == nil || f.target().NSLink != "" {
		return nil
	}
	var list []Holder
	for i := range f.w.Busy.Queues {
		q := &f.w.Busy.Queues[i]
		if f.suspect(q) && (all || q.Waiting > 0 && q.Kind != snapshot.QueueRing) {
			p := f.w.Process(q.PID)
			list = append(list, Holder{
				Kind: string(q.Kind), NS: f.nsOf(p), Task: p, Owner: f.w.OwnerOf(p), Count: 1,
				Where: fmt.Sprintf("fd %d of pid %d", q.FD, q.PID), Why: waitingText(q), Release: f.endTask(p),
			})
		}
	}
	for _, n := range f.w.Busy.Named {
		if m := f.onTarget(n.Path); n.Kind == snapshot.NamedShare && m != nil {
			list = append(list, Holder{
				Kind: string(n.Kind), Mount: m, Where: n.Path, Count: 1,
				Why:     "share " + n.Name + ", kept open while a client is connected to it",
				Release: []string{"ksmbd.addshare --del " + quote(n.Name)},
			})
		}
	}
	for _, s := range f.w.Busy.Swaps {
		if all && s.File && s.Missing {
			list = append(list, Holder{
				Kind: "swap", Where: s.Path, Count: 1, Why: "a swap file whose path leads nowhere: its mount is detached",
				Release: []string{"mount the device again anywhere, then swapoff by the new path"},
			})
		}
	}
	return list
}

// suspect says whether what a queue hides could be of the target.
func (f *finder) suspect(q *snapshot.Queue) bool {
	if q.Kind != snapshot.QueueFanotify {
		return true
	}
	for _, id := range q.Mounts {
		if m := f.byID[id]; m == nil || f.has(m) {
			return true
		}
	}
	return slices.ContainsFunc(q.Devs, func(dev snapshot.Dev) bool { return f.devs[dev] })
}

func waitingText(q *snapshot.Queue) string {
	switch {
	case q.Kind == snapshot.QueueSocket:
		return fmt.Sprintf("%d descriptors in messages that nobody has received", q.Waiting)
	case q.Kind == snapshot.QueueRing:
		return fmt.Sprintf("%d registered files", q.Waiting)
	case q.Kind == snapshot.QueuePerf:
		return "a perf event, which may be a probe in a file: the kernel does not tell"
	case q.Waiting < 0:
		return "watches it; whether events wait could not be told"
	}
	return fmt.Sprintf("%d bytes of unread events, each of which keeps a file open", q.Waiting)
}
