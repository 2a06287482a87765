package busy

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// useKey is what makes uses alike: they are one record with a count.
type useKey struct {
	kind     snapshot.UseKind
	pid, tid int
	mount    snapshot.MountID
	dev      snapshot.Dev
	path     string // of sockets only
}

// use records a reference.
func (b *take) use(u snapshot.Use) {
	key := useKey{u.Kind, u.PID, u.TID, u.Mount, u.Dev, ""}
	if u.Kind == snapshot.UseSocket {
		key.path = u.Path
	}
	if at, ok := b.uses[key]; ok {
		b.busy.Uses[at].Count++
		b.busy.Uses[at].Writes = b.busy.Uses[at].Writes || u.Writes
		return
	}
	b.uses[key] = len(b.busy.Uses)
	u.Count = 1
	b.busy.Uses = append(b.busy.Uses, u)
}

// tasks looks at every process and thread. It takes the list from /proc, not
// from the snapshot: a process whose leader has exited is in no namespace, but
// its threads live on.
func (b *take) tasks() {
	pids, err := b.proc.PIDs()
	if err != nil {
		b.gaps.Add("processes", "list them", err)
	}
	for _, pid := range pids {
		if b.ctx.Err() != nil {
			break
		}
		b.process(pid)
	}
	c := b.busy.Tasks
	if c.Whole() && err == nil {
		b.read("tasks", nil)
	} else {
		b.partly("tasks", fmt.Sprintf("%d of %d tasks could not be read", c.Total-c.Read, c.Total))
	}
}

// process looks at a process, and at those of its threads that have
// descriptors or directories of their own.
func (b *take) process(pid int) {
	tids, err := b.proc.Tasks(pid)
	if err != nil {
		if !gone(err) {
			b.busy.Tasks.Total++
			b.unread(pid, "list threads", err)
		}
		return
	}
	b.busy.Tasks.Total += len(tids)
	dir := strconv.Itoa(pid)
	err = errors.Join(b.dirs(pid, 0, dir), b.descriptors(pid, 0, dir), b.mapped(pid))
	for _, tid := range tids {
		task := dir + "/task/" + strconv.Itoa(tid)
		if b.kernel.OwnDirs(pid, tid) {
			err = errors.Join(err, b.dirs(pid, tid, task))
		}
		if b.kernel.OwnFiles(pid, tid) {
			err = errors.Join(err, b.descriptors(pid, tid, task))
		}
	}
	if err != nil {
		b.unread(pid, "read what it has open", err)
		return
	}
	b.busy.Tasks.Read += len(tids)
}

func (b *take) unread(pid int, op string, err error) {
	b.busy.Unread = append(b.busy.Unread, pid)
	b.gaps.Process(pid, op, err)
}

// gone: what is not there holds nothing. Kernel threads have no program.
func gone(err error) bool {
	return err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, snapshot.ErrVanished) || kernel.NoSuchProcess(err)
}

// dirs looks at the working and root directory, and at the program.
func (b *take) dirs(pid, tid int, task string) error {
	links := []snapshot.UseKind{snapshot.UseCwd, snapshot.UseRoot, snapshot.UseExe}
	if tid != 0 {
		links = links[:2]
	}
	var failed error
	for _, kind := range links {
		at, link := b.prober.At(task+"/"+string(kind)), string(kind)
		u := snapshot.Use{Kind: kind, PID: pid, TID: tid}
		switch {
		case errors.Is(at.Err, kernel.ErrSilent):
			u.Path, _ = b.proc.Link(task, link)
			u.ByName = true
			b.use(u)
		case at.Err == nil:
			b.at(u, at, task, link)
		case kind == snapshot.UseExe && gone(at.Err):
			b.kernelThread(pid)
		case !gone(at.Err):
			failed = at.Err
		}
	}
	return failed
}

// at records a use of a place that lies on a file system asked about.
func (b *take) at(u snapshot.Use, at kernel.Place, task, link string) {
	dev, known := b.mounts[at.Mount]
	if !known {
		dev, u.Detached = at.Dev, true
	}
	if !b.wanted(dev) {
		return
	}
	u.Mount, u.Dev = at.Mount, dev
	u.Path, _ = b.proc.Link(task, link)
	b.use(u)
}

// kernelThread looks whether the name of a thread without a program tells
// which file system it works for.
func (b *take) kernelThread(pid int) {
	comm, err := b.proc.Comm(pid)
	if err != nil {
		return
	}
	if a, ok := proc.AliveThread(comm); ok {
		b.busy.Alive = append(b.busy.Alive, a)
	}
}

// mapped looks at the files that a process has mapped. The table shows the
// file system itself; through which mount, only the link in map_files tells.
func (b *take) mapped(pid int) error {
	maps, err := b.maps(pid)
	if gone(err) {
		err = nil
	}
	for _, m := range maps {
		if !b.wanted(m.Dev) {
			continue
		}
		u := snapshot.Use{Kind: snapshot.UseMap, PID: pid, Dev: m.Dev, Path: m.Path, Writes: m.Writes}
		if at := b.prober.At(strconv.Itoa(pid) + "/map_files/" + m.Range); at.Err == nil {
			_, known := b.mounts[at.Mount]
			u.Mount, u.Detached = at.Mount, !known
		}
		b.use(u)
	}
	return err
}

func (b *take) maps(pid int) ([]proc.Mapping, error) {
	var maps []proc.Mapping
	var err error
	if !b.aside.do(func(p *proc.FS) { maps, err = p.Maps(pid) }) {
		return nil, kernel.ErrSilent
	}
	return maps, err
}

// isDisk says whether a place is one of the block devices asked about.
func (b *take) isDisk(at kernel.Place) bool {
	return at.Err == nil && at.Block && slices.Contains(b.want.Blocks, at.Rdev)
}
