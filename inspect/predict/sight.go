package predict

// Sight are the mounts that an operation puts out of sight, and those that are
// in sight again, though nothing happens to them: what lies at or below the
// place of a mount that came or went. It is asked right after [State.Apply].
func (s *State) Sight(r Result) []Effect {
	v := sight{State: s, moved: map[int32]bool{}, fresh: map[int32]bool{}}
	for _, e := range r.Effects {
		switch e.Kind {
		case Attach, MoveTo:
			v.fresh[e.mount] = e.Beneath == 0
			v.moved[e.mount] = true
		case Detach:
			v.moved[e.mount] = true
		}
	}
	for _, e := range r.Effects {
		if e.Mount.NS.New() {
			continue // all of it is new
		}
		if v.fresh[e.mount] && !e.Hidden && e.Kind != Detach {
			v.look(s.mounts[e.mount].parent, s.mounts[e.mount].at, Hide)
		}
		if e.Kind == Detach || e.Kind == MoveTo {
			v.look(e.parent, e.at, Show)
		}
	}
	return v.list
}

// sight is the work of one Sight.
type sight struct {
	*State
	moved map[int32]bool // of these an effect tells
	fresh map[int32]bool // these cover what they did not before
	list  []Effect
}

// look finds what a mount at a place of p covers, or covered.
func (v *sight) look(p int32, at string, kind EffectKind) {
	switch {
	case v.mounts[p].space == 0: // it went too
	case at != v.mounts[p].root:
		for c := range v.children(p) {
			if within(v.mounts[c].at, at) {
				v.tell(c, kind)
			}
		}
	case p != v.spaces[v.mounts[p].space].view: // a root directory goes on to mean what is below
		v.tell(p, kind)
	}
}

// tell notes a mount and all below it, as far as they are now as kind says and
// were not before. What comes, goes or moves takes along what is on it.
func (v *sight) tell(m int32, kind EffectKind) {
	if v.moved[m] {
		return
	}
	hidden := v.hidden(m)
	if hidden == (kind == Hide) && !(kind == Hide && v.obscured(m, v.fresh)) {
		v.moved[m] = true
		row := v.row(m)
		v.list = append(v.list, Effect{Kind: kind, Mount: row, Was: row, Via: Self, Hidden: hidden, mount: m})
	}
	for c := range v.children(m) {
		v.tell(c, kind)
	}
}
