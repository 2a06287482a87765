package predict

import (
	"errors"
	"fmt"
)

// Enter is an actor in the namespace of a mount, with a place on it for root
// directory.
func (s *State) Enter(root Place) (Actor, error) {
	m := s.indexOf(root.Mount)
	if m == 0 {
		return 0, errors.New("its root directory is on a mount that is not in the state")
	}
	return s.enter(actor{s.mounts[m].space, spot{m, root.Inside()}, s.spaces[s.mounts[m].space].user}), nil
}

// EnterNamespace is an actor that enters a namespace: its root directory is
// that of the namespace, on top of what is stacked there (setns(2)).
func (s *State) EnterNamespace(ns ID) (Actor, error) {
	i, ok := s.byNS[ns]
	if !ok {
		return 0, fmt.Errorf("the mount table of %d was not read", ns)
	}
	top := s.topmost(s.spaces[i].root)
	return s.enter(actor{i, spot{top, s.mounts[top].root}, s.spaces[i].user}), nil
}

// EnterLike is another actor in the place of one.
func (s *State) EnterLike(a Actor) Actor { return s.enter(s.actors[a]) }

// Leave ends an actor: its root directory keeps nothing busy any more.
func (s *State) Leave(a Actor) { s.actors[a].root.mount = 0 }

// InUser says which user namespace an actor is in, where it is one above that
// which its mount namespace belongs to, from which it was entered. Any other is
// passed over: what is predicted is predicted for one who may do it.
func (s *State) InUser(a Actor, user ID) {
	above := s.spaces[s.home(a)].user
	for range len(s.lesser) + 1 {
		if above == user {
			s.actors[a].user = user
			return
		}
		above = s.lesser[above]
	}
}

// UserOf is the user namespace that an actor is in.
func (s *State) UserOf(a Actor) ID { return s.actors[a].user }

// Home is the namespace that an actor is in.
func (s *State) Home(a Actor) ID { return s.spaces[s.home(a)].id }

// RootOf is the mount that an actor's root directory is on.
func (s *State) RootOf(a Actor) ID { return s.mounts[s.actors[a].root.mount].id }

func (s *State) enter(a actor) Actor {
	s.actors = append(s.actors, a)
	return Actor(len(s.actors) - 1)
}
