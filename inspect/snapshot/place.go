package snapshot

// placeUnread finds the mount namespace of processes whose links may not be
// read. Mount ids of mountinfo are unique over all namespaces at one moment,
// so two processes are in the same mount namespace exactly when their tables
// share an id, and mountinfo may be read by everybody (proc(5)).
func (t *taker) placeUnread() {
	if !t.want.Types.Has(Mnt) || len(t.unread) == 0 {
		return
	}
	p := placer{taker: t, of: map[MountID]int{}}
	if own := t.ownTable(); own >= 0 {
		p.learn(t.snap.Reader.PID, own)
	}
	for _, at := range t.unread {
		if t.ctx.Err() != nil {
			return
		}
		process := &t.snap.Processes[at]
		if ns, ok := p.place(process.PID); ok {
			process.NS[Mnt], process.Inferred = t.snap.Namespaces[ns].ID.Ino, true
			t.mayLead(ns, at)
		}
	}
}

// placer knows which mount namespace each mount id is in.
type placer struct {
	*taker
	of     map[MountID]int
	learnt bool // one mount of every known namespace is in of
}

// learn reads a process's table, every mount of which is in the namespace.
func (p *placer) learn(pid, ns int) {
	mounts, err := p.src.Proc.Mounts(pid)
	if err != nil {
		p.gaps.process(pid, opMountinfo, err)
		return
	}
	for _, m := range mounts {
		p.of[m.ID] = ns
	}
}

// place is the namespace of a process. Its first mount is enough when that is
// known; a process with another root may start elsewhere in a known table.
func (p *placer) place(pid int) (int, bool) {
	first, err := p.src.Proc.FirstMountID(pid)
	if err != nil {
		return 0, false // its links are a gap already
	}
	if ns, ok := p.of[first]; ok {
		return ns, true
	}
	mounts, err := p.src.Proc.Mounts(pid)
	if err != nil || len(mounts) == 0 {
		return 0, false
	}
	ns := p.unknown(mounts)
	for _, m := range mounts {
		p.of[m.ID] = ns
	}
	return ns, true
}

// unknown is the namespace of a table whose first mount is new: a known one
// that shares a mount with it, or one without a number of its own.
func (p *placer) unknown(mounts []Mount) int {
	p.learnFirsts()
	lowest := mounts[0].ID
	for _, m := range mounts {
		if ns, ok := p.of[m.ID]; ok {
			return ns
		}
		lowest = min(lowest, m.ID)
	}
	ns := p.namespace(Mnt, uint64(lowest))
	p.snap.Namespaces[ns].Inferred = true
	return ns
}

// learnFirsts learns, once, one mount of every namespace known: that of its
// lowest process's root, or all of them where no process is in it. A process
// that is not chrooted sees its namespace's root too.
func (p *placer) learnFirsts() {
	if p.learnt {
		return
	}
	p.learnt = true
	for i := range p.snap.Namespaces {
		if n := &p.snap.Namespaces[i]; n.Type != Mnt || n.Inferred {
			continue
		}
		if l := p.lead[i]; l >= 0 {
			if id, err := p.src.Proc.FirstMountID(p.snap.Processes[l].PID); err == nil {
				p.of[id] = i
			}
			continue
		}
		if p.src.Kernel == nil {
			continue
		}
		if table, err := p.src.Kernel.Table(p.ref(i)); err == nil {
			for _, m := range table.Mounts {
				p.of[m.ID] = i
			}
		}
	}
}
