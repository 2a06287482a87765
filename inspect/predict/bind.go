package predict

import "github.com/nsview/nsview/inspect/snapshot"

// bind mounts a place at another one, with or without what is mounted below it
// (do_loopback), or by open_tree(2) and move_mount(2).
func (s *State) bind(op Op) *Refusal {
	if op.Detached || op.Beneath {
		return s.bindDetached(op)
	}
	at, r := s.walk(op.By, op.Dst) // mount(2) follows its second path first
	if r != nil {
		return r
	}
	from, r := s.walk(op.By, op.Src)
	if r != nil {
		return r
	}
	if r := s.loop(op.By, from, EINVAL); r != nil {
		return r
	}
	if at, r = s.target(op, at); r != nil {
		return r
	}
	if r := s.foreign(op.By, at.mount); r != nil {
		if s.rules.BindElsewhereIgnored {
			return nil
		}
		return r
	}
	tree, r := s.loopback(op, from)
	if r != nil {
		return r
	}
	if s.differ(from, at) {
		s.discard(tree)
		return &Refusal{Errno: ENOTDIR, Reason: DirOnFile, Text: op.Src + " and " + op.Dst + " are a file and a directory"}
	}
	if r := s.attach(op.By, tree, at, false); r != nil {
		s.discard(tree)
		return r
	}
	return nil
}

// loop refuses a file of the actor's own mount namespace, or of an older one,
// which would keep itself alive (mnt_ns_loop).
func (s *State) loop(a Actor, file spot, errno Errno) *Refusal {
	t, ns, ok := s.namespaceAt(file)
	if !ok || t != snapshot.Mnt {
		return nil
	}
	i := s.byNS[ns]
	older, known := s.older(i, s.home(a))
	switch {
	case !known:
		s.doubt("which of two mount namespaces is older could not be seen: an older one's file cannot be mounted")
	case older && i == s.home(a):
		return &Refusal{Errno: errno, Reason: NamespaceFile, Text: "the file of one's own mount namespace would keep itself alive"}
	case older:
		return &Refusal{Errno: errno, Reason: NamespaceFile, NS: ns, Text: file.inside + " is older than the namespace of who does it: mounted there, its file might keep itself alive"}
	}
	return nil
}

// loopback makes the copy (__do_loopback).
func (s *State) loopback(op Op, from spot) (int32, *Refusal) {
	old := from.mount
	if s.is(old, unbindable) {
		return 0, s.refuse(EINVAL, SourceUnbindable, old, "is unbindable")
	}
	if _, _, ok := s.namespaceAt(from); !ok {
		if r := s.foreign(op.By, old); r != nil {
			return 0, r
		}
	}
	if op.Recursive {
		return s.copyTree(old, from.inside, copying{how: asIs, namespaces: true})
	}
	for c := range s.children(old) {
		if s.is(c, locked) && within(s.mounts[c].at, from.inside) {
			return 0, s.refuse(EINVAL, LockedBelow, c, "is locked to what it hides, which a bind without the mounts below would show")
		}
	}
	return s.twin(old, from.inside, asIs), nil
}

func (s *State) bindDetached(op Op) *Refusal {
	from, r := s.walk(op.By, op.Src)
	if r != nil {
		return r
	}
	tree, r := s.loopback(op, from)
	if r != nil {
		return r
	}
	if op.IDMap {
		if r := s.idmap(op, tree); r != nil {
			s.discard(tree)
			return r
		}
	}
	var at spot
	if r = s.noBeneath(op); r == nil {
		at, r = s.walk(op.By, op.Dst)
	}
	if r == nil {
		r = s.put(op, tree, at, s.entry(from) == File)
	}
	if r != nil {
		s.discard(tree)
	}
	return r
}

// put attaches a detached tree, as move_mount(2) does.
func (s *State) put(op Op, tree int32, at spot, file bool) *Refusal {
	if r := s.placeFirst(op, at); r != nil {
		return r
	}
	if e := s.entry(at); e == File && !file || e == Directory && file {
		return &Refusal{Errno: EINVAL, Reason: DirOnFile, Text: "what is mounted and " + op.Dst + " are a file and a directory"}
	}
	at, r := s.target(op, at)
	if r == nil {
		r = s.foreign(op.By, at.mount)
	}
	if r != nil {
		return r
	}
	if op.Beneath {
		below, r := s.beneath(op.By, tree, at)
		if r != nil {
			return r
		}
		at = below
	}
	for m := range s.tree(tree) {
		if r := s.loop(op.By, spot{m, s.mounts[m].root}, ELOOP); r != nil {
			return r
		}
	}
	return s.attach(op.By, tree, at, false)
}
