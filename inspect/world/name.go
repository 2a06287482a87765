package world

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// ErrUnknown says that no container or unit has a name.
var ErrUnknown = errors.New("no such process, namespace, container or unit")

// minPrefix is how much of a container's id names it at least.
const minPrefix = 4

// maxCandidates is how many names an error lists.
const maxCandidates = 8

// Named is the lowest process of the container or unit that a name or a unique
// prefix of an id stands for: c1, ba54f3f7f961, docker:ba54, chronyd.service.
// The error lists what could have been meant.
func (w *World) Named(name string) (*snapshot.Process, error) {
	exact, prefix := map[string]*snapshot.Process{}, map[string]*snapshot.Process{}
	all := map[string]bool{}
	for i := range w.Processes { // ascending: the first of each owner is the lowest
		p := &w.Processes[i]
		o := w.OwnerOf(p)
		if o.IsZero() || o.Monitor {
			continue
		}
		key := o.identity()
		all[key] = true
		switch o.match(name) {
		case matchExact:
			keep(exact, key, p)
		case matchPrefix:
			keep(prefix, key, p)
		}
	}
	found := exact
	if len(found) == 0 {
		found = prefix
	}
	switch len(found) {
	case 0:
		return nil, unknown(all)
	case 1:
		for _, p := range found {
			return p, nil
		}
	}
	return nil, fmt.Errorf("it may be any of %s", strings.Join(names(found), ", "))
}

func keep(m map[string]*snapshot.Process, key string, p *snapshot.Process) {
	if m[key] == nil {
		m[key] = p
	}
}

func names[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	if len(list) > maxCandidates {
		more := len(list) - maxCandidates
		list = append(list[:maxCandidates], fmt.Sprintf("%d more", more))
	}
	return list
}

func unknown(all map[string]bool) error {
	if len(all) == 0 {
		return ErrUnknown
	}
	return fmt.Errorf("%w (there are %s)", ErrUnknown, strings.Join(names(all), ", "))
}

type match int

const (
	matchNone match = iota
	matchPrefix
	matchExact
)

// identity is the same for all processes of a container, whatever units run
// inside it.
func (o Owner) identity() string {
	if o.Kind == OwnerContainer {
		o.Unit, o.User = "", ""
	}
	return o.String()
}

// match compares a name with everything an owner is called.
func (o Owner) match(name string) match {
	if engine, rest, ok := strings.Cut(name, ":"); ok && engine == o.Engine {
		name = rest
	}
	for _, called := range []string{o.String(), o.Name, o.ID, o.Unit, o.PodUID} {
		if called != "" && called == name {
			return matchExact
		}
	}
	if len(name) >= minPrefix && o.ID != "" && strings.HasPrefix(o.ID, name) {
		return matchPrefix
	}
	return matchNone
}
