package predict

// journal is what one operation has touched, from which its effects follow.
type journal struct {
	walled map[int32]bool // see [State.walled]
	list   []entry
	skips  []entry
	extra  []Effect
	doubts []string
	tally  []Tally
}

// entry is a mount as it was when it was first touched, and how it came to be.
type entry struct {
	mount         int32
	parent        int32
	space         int32
	group, master ID
	at, point     string
	flags         Flags
	mark          mark

	via      Via
	through  []ID
	beneath  ID
	submount bool
	rule     Rule
	typed    Rule // why its propagation type changes, where that is another rule
}

// touch notes how a mount is before it is changed.
func (s *State) touch(m int32) *entry {
	x := &s.mounts[m]
	if x.touched == 0 {
		s.journal.list = append(s.journal.list, entry{
			mount: m, parent: x.parent, space: x.space, group: s.groupOf(m), master: s.masterOf(m), at: x.at, flags: x.flags, mark: x.mark,
		})
		x.touched = int32(len(s.journal.list))
	}
	return &s.journal.list[x.touched-1]
}

// moves notes a mount that is about to go elsewhere.
func (s *State) moves(m int32, why Rule) *entry {
	e := s.touch(m)
	if e.point == "" && e.space != 0 {
		e.point = s.point(m)
	}
	if e.rule == "" {
		e.rule = why
	}
	return e
}

// skip notes a mount that is not copied, for some reason, or not unmounted.
func (s *State) skip(m int32, why Rule) {
	s.journal.skips = append(s.journal.skips, entry{mount: m, rule: why})
}

// doubt notes what the answer rests on that could not be seen.
func (s *State) doubt(text string) {
	for _, have := range s.journal.doubts {
		if have == text {
			return
		}
	}
	s.journal.doubts = append(s.journal.doubts, text)
}

// doubtLock says that the answer rests on a lock that is inferred.
func (s *State) doubtLock(m int32) {
	s.doubt("whether " + s.point(m) + " is locked cannot be read: it is inferred from when it was made")
}

// effects ends the journal: what has changed between then and now.
func (s *State) effects() []Effect {
	list := make([]Effect, 0, len(s.journal.list)+len(s.journal.extra)+len(s.journal.skips))
	s.journal.walled = map[int32]bool{}
	for i := range s.journal.list {
		e := &s.journal.list[i]
		s.mounts[e.mount].touched = 0
		list = s.compare(list, e)
	}
	list = append(list, s.journal.extra...)
	for _, e := range s.journal.skips {
		kind := Pruned
		if e.rule == ChildKeeps || e.rule == LockKeeps {
			kind = Stay
		}
		row := s.row(e.mount)
		list = append(list, Effect{Kind: kind, Mount: row, Was: row, Rule: e.rule, Via: Self})
	}
	s.journal = journal{}
	return list
}

func (s *State) compare(list []Effect, e *entry) []Effect {
	x := &s.mounts[e.mount]
	effect := Effect{Via: e.via, Through: e.through, Submount: e.submount, Rule: e.rule, Beneath: e.beneath, mount: e.mount, parent: e.parent, at: e.at}
	if effect.Via == "" {
		effect.Via = Self
	}
	if e.space == 0 && x.space == 0 {
		return list // made in vain, or long gone
	}
	effect.Mount = s.row(e.mount)
	effect.Was = effect.Mount
	effect.Was.Parent, effect.Was.NS = s.mounts[e.parent].id, s.spaces[e.space].id
	effect.Was.Group, effect.Was.Master = e.group, e.master
	effect.Was.Flags, effect.Was.Unbindable, effect.Was.Locked = e.flags, e.mark&unbindable != 0, e.mark&locked != 0
	if e.point != "" {
		effect.Was.Point = e.point
	}
	switch {
	case e.space == 0:
		effect.Kind, effect.Was = Attach, Row{}
		effect.On, effect.Hidden = effect.Mount.Parent, s.hidden(e.mount)
		return append(list, effect)
	case x.space == 0:
		effect.Kind, effect.Mount = Detach, effect.Was
		effect.On = effect.Was.Parent
		return append(list, effect)
	}
	if e.parent != x.parent || e.at != x.at {
		effect.Kind, effect.On, effect.Hidden = MoveTo, effect.Mount.Parent, s.hidden(e.mount)
		list = append(list, effect)
	}
	if effect.Was.Group != effect.Mount.Group || effect.Was.Master != effect.Mount.Master || effect.Was.Unbindable != effect.Mount.Unbindable {
		if effect.Kind = Change; e.typed != "" {
			effect.Rule = e.typed
		}
		list = append(list, effect)
	}
	if e.flags != x.flags {
		effect.Kind, effect.Rule = Reflag, e.rule
		list = append(list, effect)
	}
	return list
}
