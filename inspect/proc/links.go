package proc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Links visits every process once with the inode numbers of its namespace
// links of the wanted types. See [snapshot.ProcReader].
func (p *FS) Links(ctx context.Context, types snapshot.TypeSet, visit func(int, *[snapshot.NumTypes]uint64, error)) error {
	if s, ok := p.fsys.(linkScanner); ok {
		return s.ScanLinks(ctx, types, visit)
	}
	pids, err := p.PIDs()
	if err != nil {
		return err
	}
	var links [snapshot.NumTypes]uint64
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := p.linksOf(strconv.Itoa(pid), types, &links)
		visit(pid, &links, err)
	}
	return nil
}

// Estimate is about how many processes there are: a live /proc counts them in
// its link count, those of other pid namespaces included.
func (p *FS) Estimate() int {
	if s, ok := p.fsys.(statReader); ok {
		return s.Processes()
	}
	return 0
}

// LinksOf is [FS.Links] of one process.
func (p *FS) LinksOf(pid int, types snapshot.TypeSet, links *[snapshot.NumTypes]uint64) error {
	return p.linksOf(strconv.Itoa(pid), types, links)
}

// linksOf reads the namespace links below dir (a process or a thread). Some
// may be missing (a kernel without time namespaces); when all are, the error
// says why.
func (p *FS) linksOf(dir string, types snapshot.TypeSet, links *[snapshot.NumTypes]uint64) error {
	*links = [snapshot.NumTypes]uint64{}
	found := false
	var failed error
	for t := range types.All() {
		link, err := fs.ReadLink(p.fsys, dir+"/ns/"+t.String())
		if err != nil {
			failed = err
			continue
		}
		if typ, ino, err := snapshot.ParseLink(link); err == nil && typ == t {
			links[t], found = ino, true
		}
	}
	if found || failed == nil {
		return nil
	}
	return p.whyNot(dir, failed)
}

// whyNot tells a zombie from a process that is gone or was never saved.
func (p *FS) whyNot(dir string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return cause(err)
	}
	var proc snapshot.Process
	stat, readErr := p.read(dir + "/stat")
	switch {
	case readErr == nil && parseStat(stat, &proc) == nil && strings.HasPrefix(proc.State, "Z"):
		return snapshot.ErrZombie
	case p.live:
		return snapshot.ErrVanished
	}
	return snapshot.ErrNotSaved
}

// linkIno is the inode number that a link of the form mnt:[N] names, 0 when it
// cannot be read.
func (p *FS) linkIno(name string) uint64 {
	link, err := fs.ReadLink(p.fsys, name)
	if err != nil {
		return 0
	}
	_, ino, _ := snapshot.ParseLink(link)
	return ino
}

// Holds visits what a process holds besides the namespaces its leader is in:
// its threads, its descriptors, the namespaces its children would be in.
func (p *FS) Holds(pid int, leader *[snapshot.NumTypes]uint64, visit func(snapshot.Type, uint64, snapshot.Hold)) error {
	return errors.Join(
		p.childHolds(pid, leader, visit),
		p.threadHolds(pid, leader, visit),
		p.fdHolds(pid, visit),
	)
}

func (p *FS) childHolds(pid int, leader *[snapshot.NumTypes]uint64, visit func(snapshot.Type, uint64, snapshot.Hold)) error {
	dir := strconv.Itoa(pid) + "/ns/"
	for _, t := range []snapshot.Type{snapshot.PID, snapshot.Time} {
		ino := p.linkIno(dir + t.String() + "_for_children")
		if ino != 0 && ino != leader[t] {
			visit(t, ino, snapshot.Hold{Kind: snapshot.HoldChild, PID: pid})
		}
	}
	return nil
}

func (p *FS) threadHolds(pid int, leader *[snapshot.NumTypes]uint64, visit func(snapshot.Type, uint64, snapshot.Hold)) error {
	if s, ok := p.fsys.(statReader); ok {
		if n, err := s.Tasks(pid); err == nil && n < 2 {
			return nil
		}
	}
	return p.taskLinks(pid, func(tid int, links *[snapshot.NumTypes]uint64) {
		for t, ino := range links {
			if ino != 0 && ino != leader[t] && tid != pid {
				visit(snapshot.Type(t), ino, snapshot.Hold{Kind: snapshot.HoldThread, PID: pid, TID: tid})
			}
		}
	})
}

func (p *FS) taskLinks(pid int, visit func(int, *[snapshot.NumTypes]uint64)) error {
	if s, ok := p.fsys.(holdScanner); ok {
		return hold(pid, "threads", s.TaskLinks(pid, snapshot.AllTypes, visit))
	}
	dir := strconv.Itoa(pid) + "/task"
	entries, err := fs.ReadDir(p.fsys, dir)
	if err != nil {
		return hold(pid, "threads", err)
	}
	var links [snapshot.NumTypes]uint64
	for _, tid := range numbers(entries) {
		if p.linksOf(dir+"/"+strconv.Itoa(tid), snapshot.AllTypes, &links) == nil {
			visit(tid, &links)
		}
	}
	return nil
}

func (p *FS) fdHolds(pid int, visit func(snapshot.Type, uint64, snapshot.Hold)) error {
	report := func(fd int, t snapshot.Type, ino uint64) {
		visit(t, ino, snapshot.Hold{Kind: snapshot.HoldFD, PID: pid, FD: fd})
	}
	if s, ok := p.fsys.(holdScanner); ok {
		return hold(pid, "descriptors", s.FDLinks(pid, report))
	}
	dir := strconv.Itoa(pid) + "/fd"
	entries, err := fs.ReadDir(p.fsys, dir)
	if err != nil {
		return hold(pid, "descriptors", err)
	}
	for _, fd := range numbers(entries) {
		link, err := fs.ReadLink(p.fsys, dir+"/"+strconv.Itoa(fd))
		if err != nil {
			continue // closed since
		}
		if t, ino, err := snapshot.ParseLink(link); err == nil {
			report(fd, t, ino)
		}
	}
	return nil
}

// hold words an error of the search for holders. A process that is gone holds
// nothing, and one that was never saved is counted where its links are read.
func hold(pid int, what string, err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, snapshot.ErrVanished) {
		return nil
	}
	return fmt.Errorf("read %s of pid %d: %w", what, pid, cause(err))
}

// numbers is the numeric names of a directory, in ascending order.
func numbers(entries []fs.DirEntry) []int {
	list := make([]int, 0, len(entries))
	for _, e := range entries {
		if n, err := strconv.ParseInt(e.Name(), 10, 32); err == nil && n >= 0 && e.Name()[0] != '+' && e.Name()[0] != '-' {
			list = append(list, int(n))
		}
	}
	slices.Sort(list)
	return list
}
