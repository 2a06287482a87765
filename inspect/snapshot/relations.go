package snapshot

// relations asks for the owner, the parent and the 64-bit id of every
// namespace that can be reached, and adds the ancestors met that no process is
// in.
func (t *taker) relations() {
	if t.src.Kernel == nil || !t.want.Relations && !t.want.UniqueIDs {
		return
	}
	described := map[uint64]bool{}
	known := func(ino uint64) bool { return described[ino] }
	merge := func(n Namespace) {
		t.merge(t.namespace(n.Type, n.ID.Ino), n)
		described[n.ID.Ino] = true
	}
	for i := 0; i < len(t.snap.Namespaces) && t.ctx.Err() == nil; i++ {
		if known(t.snap.Namespaces[i].ID.Ino) || t.snap.Namespaces[i].Inferred {
			continue
		}
		n, err := t.src.Kernel.Describe(t.ref(i), known, merge)
		switch {
		case err == nil:
			merge(n)
		case t.lead[i] >= 0 && !t.gone(err):
			t.gaps.process(t.snap.Processes[t.lead[i]].PID, "read owner and parent of its namespaces", err)
		case !t.gone(err):
			t.gaps.add(nsName(t.snap.Namespaces[i]), "read owner and parent", err)
		}
	}
}

// merge takes over what a description adds.
func (t *taker) merge(i int, n Namespace) {
	have := &t.snap.Namespaces[i]
	n.Holds, n.Walked, n.Inferred = have.Holds, have.Walked, have.Inferred
	if n.NrMounts == nil {
		n.NrMounts = have.NrMounts
	}
	if n.UniqueID == 0 {
		n.UniqueID = have.UniqueID
	}
	*have = n
}
