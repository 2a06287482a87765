package busy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// opened is a descriptor with what its fdinfo tells, nil where it was not read.
type opened struct {
	proc.FD
	info *proc.FDInfo
}

// descriptors looks at what a task has open.
func (b *take) descriptors(pid, tid int, task string) error {
	if pid == b.snap.Reader.PID {
		return nil // our own, open for looking
	}
	list, err := b.opened(task)
	if gone(err) {
		err = nil
	}
	for _, fd := range list {
		u := snapshot.Use{PID: pid, TID: tid, FD: fd.N, Kind: snapshot.UseFD, Path: fd.Link}
		switch {
		case strings.HasPrefix(fd.Link, "socket:["):
			b.socket(u, task)
		case strings.HasPrefix(fd.Link, "pipe:["):
			b.pipe(u)
		case fd.info == nil: // closed since, or of no interest
		case strings.HasPrefix(fd.Link, "/"):
			b.file(u, *fd.info, task)
		case slices.Contains(bpfLinks, fd.Link):
			b.links[fd.info.Link] = pid
		default:
			b.queue(u, *fd.info)
		}
	}
	return err
}

// opened reads what a task has open. The kernel takes locks for fdinfo that a
// task which hangs may hold, so all of it is read aside.
func (b *take) opened(task string) ([]opened, error) {
	var list []opened
	var err error
	ok := b.aside.do(func(p *proc.FS) {
		var fds []proc.FD
		fds, err = p.FDs(task)
		list = make([]opened, 0, len(fds))
		for _, fd := range fds {
			o := opened{FD: fd}
			if strings.HasPrefix(fd.Link, "/") || slices.Contains(telling, fd.Link) {
				if info, err := p.FDInfo(task, fd.N); err == nil {
					o.info = &info
				}
			}
			list = append(list, o)
		}
	})
	if !ok {
		return nil, kernel.ErrSilent
	}
	return list, err
}

// telling are the links without a path whose fdinfo matters.
var telling = append([]string{"anon_inode:[fanotify]", "anon_inode:[io_uring]", perfEvent}, bpfLinks...)

// bpfLinks are made, and opened again by id.
var bpfLinks = []string{"anon_inode:bpf_link", "anon_inode:bpf-link"}

const perfEvent = "anon_inode:[perf_event]"

// file looks at a descriptor of a file: its mount is in fdinfo. A mount that
// is in no table is asked for its file system, once.
func (b *take) file(u snapshot.Use, info proc.FDInfo, task string) {
	link := task + "/fd/" + strconv.Itoa(u.FD)
	if strings.HasPrefix(u.Path, "/dev/") && (len(b.want.Blocks) > 0 || info.FUSE != 0) {
		b.device(u, info, link)
	}
	dev, known := b.mounts[info.Mount]
	if !known {
		if dev, known = b.lost[info.Mount]; !known {
			at := b.prober.At(link)
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
		if u.Detached {
			b.describe(&u)
		}
		if info.Writable() {
			at := b.prober.At(link)
			u.Writes = at.Err == nil && at.Regular
		}
		b.use(u)
	}
}

// describe adds what a detached mount is of, where the kernel tells.
func (b *take) describe(u *snapshot.Use) {
	if m, err := b.kernel.Detached(u.PID, u.FD); err == nil {
		u.Of = strings.Join([]string{m.FSType, m.Source, m.Root}, " ")
	}
}

// pipe looks at a descriptor of the pipe through which autofs asks its daemon
// to mount (Documentation/filesystems/autofs.rst).
func (b *take) pipe(u snapshot.Use) {
	for _, dev := range b.pipes[inoOf(u.Path)] {
		u.Kind, u.Dev = snapshot.UseServer, dev
		b.use(u)
	}
}

// inoOf is the number in a link such as pipe:[4711] (proc_pid_fd(5)).
func inoOf(link string) uint64 {
	_, text, _ := strings.Cut(link, "[")
	ino, _ := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 64)
	return ino
}

// pipesOf are the file systems of autofs by the pipe that their options name.
func (b *take) pipesOf(m *snapshot.Mount) {
	if m.FSType != "autofs" || !b.wanted(m.Dev) {
		return
	}
	for o := range strings.SplitSeq(m.FSOptions, ",") {
		if text, ok := strings.CutPrefix(o, "pipe_ino="); ok {
			if ino, err := strconv.ParseUint(text, 10, 64); err == nil && !slices.Contains(b.pipes[ino], m.Dev) {
				b.pipes[ino] = append(b.pipes[ino], m.Dev)
			}
		}
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
	if at := b.prober.At(link); b.isDisk(at) {
		u.Kind, u.Dev = snapshot.UseDevice, at.Rdev
		b.use(u)
	}
}

// socket looks at a descriptor of a socket that is bound to a path, or behind
// which messages wait.
func (b *take) socket(u snapshot.Use, task string) {
	s := b.sockets[inoOf(u.Path)]
	if s == nil {
		return
	}
	s.met = true
	if s.Unread {
		var info proc.FDInfo
		read := b.aside.do(func(p *proc.FS) { info, _ = p.FDInfo(task, u.FD) })
		if read && info.InFlight > 0 {
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
// events hold what they are about, an io_uring with files of its own, a perf
// event that may be a probe in a file.
func (b *take) queue(u snapshot.Use, info proc.FDInfo) {
	q := snapshot.Queue{PID: u.PID, FD: u.FD, Mounts: info.MarkedMounts, Devs: info.MarkedDevs}
	switch {
	case u.Path == perfEvent:
		b.perfEvent(u)
		return
	case info.Ring > 0:
		q.Kind, q.Waiting = snapshot.QueueRing, info.Ring
	case info.Fanotify:
		q.Kind = snapshot.QueueFanotify
		var err error
		if q.Waiting, err = b.kernel.Unread(u.PID, u.FD); err != nil {
			q.Waiting = -1
		}
	}
	if q.Waiting != 0 {
		b.waits(q)
	}
}

// perfEvent: of a probe with a BPF program the kernel tells the file; of one
// without, nothing tells it from any other event.
func (b *take) perfEvent(u snapshot.Use) {
	path, err := b.kernel.UprobeOf(u.PID, u.FD)
	switch {
	case err != nil:
		b.waits(snapshot.Queue{Kind: snapshot.QueuePerf, PID: u.PID, FD: u.FD, Waiting: -1})
	case path != "":
		b.busy.Named = append(b.busy.Named, snapshot.Named{Kind: snapshot.NamedUprobe, Name: "perf event", Path: path, PID: u.PID})
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
		err := b.kernel.Sockets(ref, func(s kernel.Socket) { b.keep(&boundSocket{Socket: s, bound: s.File != 0 && b.wanted(s.Dev)}) })
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
		b.keep(&boundSocket{Socket: kernel.Socket{Ino: s.Ino, Path: s.Path}, bound: true})
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
