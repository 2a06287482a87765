package busy

import (
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// descriptors looks at what a task has open.
func (b *take) descriptors(pid, tid int, task string) error {
	list, err := b.proc.FDs(task)
	if gone(err) {
		err = nil
	}
	for _, fd := range list {
		u := snapshot.Use{Kind: snapshot.UseFD, PID: pid, TID: tid, FD: fd.N, Path: fd.Link}
		switch {
		case pid == b.snap.Reader.PID:
			// our own, open for looking
		case strings.HasPrefix(fd.Link, "/"):
			b.file(u, task)
		case strings.HasPrefix(fd.Link, "socket:["):
			b.socket(u, task)
		case fd.Link == "anon_inode:[fanotify]", fd.Link == "anon_inode:[io_uring]":
			b.queue(u, task)
		}
	}
	return err
}

// file looks at a descriptor of a file: its mount is in fdinfo. A mount that
// is in no table is asked for its file system, once.
func (b *take) file(u snapshot.Use, task string) {
	info, err := b.proc.FDInfo(task, u.FD)
	if err != nil {
		return // closed since
	}
	link := task + "/fd/" + strconv.Itoa(u.FD)
	if strings.HasPrefix(u.Path, "/dev/") && (len(b.want.Blocks) > 0 || info.FUSE != 0) {
		b.device(u, info, link)
	}
	dev, known := b.mounts[info.Mount]
	if !known {
		if dev, known = b.lost[info.Mount]; !known {
			at := b.prober.Places(link)[0]
			if at.Err != nil {
				return
			}
			dev = at.Dev
			b.lost[info.Mount] = dev
		}
		u.Detached = true
	}
	if b.wanted(dev) {
		u.Mount, u.Dev = info.Mount, dev
		b.use(u)
	}
}

// device looks at a descriptor of a device: of the disk itself, or of
// /dev/fuse, whose other end is a file system.
func (b *take) device(u snapshot.Use, info proc.FDInfo, link string) {
	if serves := (snapshot.Dev{Minor: info.FUSE}); info.FUSE != 0 && b.wanted(serves) {
		u.Kind, u.Dev = snapshot.UseServer, serves
		b.use(u)
		return
	}
	if len(b.want.Blocks) == 0 {
		return
	}
	if at := b.prober.Places(link)[0]; b.isDisk(at) {
		u.Kind, u.Dev = snapshot.UseDevice, at.Rdev
		b.use(u)
	}
}

// socket looks at a descriptor of a socket that is bound to a path, or behind
// which messages wait.
func (b *take) socket(u snapshot.Use, task string) {
	ino, _ := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(u.Path, "socket:["), "]"), 10, 64)
	s := b.sockets[ino]
	if s == nil {
		return
	}
	s.met = true
	if s.Unread {
		if info, err := b.proc.FDInfo(task, u.FD); err == nil && info.InFlight > 0 {
			b.waits(snapshot.Queue{Kind: snapshot.QueueSocket, PID: u.PID, FD: u.FD, Waiting: info.InFlight})
		}
	}
	if s.bound {
		b.use(s.use(u))
	}
}

func (s *boundSocket) use(u snapshot.Use) snapshot.Use {
	u.Kind, u.Path, u.Dev = snapshot.UseSocket, s.Path, s.Dev
	u.ByName = s.Dev == snapshot.Dev{}
	return u
}

// queue looks at a descriptor that may hide others: a group of fanotify whose
// events hold what they are about, and an io_uring with files of its own.
func (b *take) queue(u snapshot.Use, task string) {
	info, err := b.proc.FDInfo(task, u.FD)
	if err != nil {
		return
	}
	q := snapshot.Queue{PID: u.PID, FD: u.FD, Mounts: info.MarkedMounts, Devs: info.MarkedDevs}
	switch {
	case info.Ring > 0:
		q.Kind, q.Waiting = snapshot.QueueRing, info.Ring
	case info.Fanotify:
		q.Kind = snapshot.QueueFanotify
		if q.Waiting, err = b.kernel.Unread(u.PID, u.FD); err != nil {
			q.Waiting = -1
		}
	}
	if q.Waiting != 0 {
		b.waits(q)
	}
}

func (b *take) waits(q snapshot.Queue) { b.busy.Queues = append(b.busy.Queues, q) }

// readSockets lists the unix sockets of every network namespace. Where the
// kernel may not be asked, /proc tells their paths.
func (b *take) readSockets() {
	failed := 0
	for i := range b.snap.Namespaces {
		n := &b.snap.Namespaces[i]
		if n.Type != snapshot.Net {
			continue
		}
		ref := b.ref(n)
		err := b.kernel.Sockets(ref, func(s boundSocketOf) { b.keep(&boundSocket{Socket: s, bound: s.File != 0 && b.wanted(s.Dev)}) })
		if err != nil && !gone(err) && !b.socketsByName(ref.PID) {
			failed++
			b.gaps.Add("net:["+strconv.FormatUint(n.ID.Ino, 10)+"]", "list unix sockets", err)
		}
	}
	if failed > 0 {
		b.partly("sockets", strconv.Itoa(failed)+" network namespaces could not be asked")
		return
	}
	b.read("sockets", nil)
}

func (b *take) socketsByName(pid int) bool {
	list, err := b.proc.UnixSockets(pid)
	for _, s := range list {
		b.keep(&boundSocket{Socket: boundSocketOf{Ino: s.Ino, Path: s.Path}, bound: true})
	}
	return pid != 0 && err == nil
}

func (b *take) keep(s *boundSocket) {
	if s.bound || s.Unread {
		b.sockets[s.Ino] = s
	}
}

// unmetSockets records the bound sockets that no descriptor leads to.
func (b *take) unmetSockets() {
	for ino, s := range b.sockets {
		if s.bound && !s.met && s.Dev != (snapshot.Dev{}) {
			u := s.use(snapshot.Use{})
			u.Path += " (socket:[" + strconv.FormatUint(ino, 10) + "])"
			b.use(u)
		}
	}
}
