package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// search is one call of [Reader.Names]: what is still wanted, what was found,
// and what stood in the way.
type search struct {
	r       *Reader
	ctx     context.Context
	cancel  context.CancelFunc
	listing bool
	want    map[string]string // engine by id
	found   map[string]snapshot.Container
	trouble []problem
	asking  context.Context // limits all sockets together, from the first on
	sockets []string        // asked already
}

// problem is a source of names that could not be read. It becomes a gap when a
// container of that engine stays without a name.
type problem struct {
	engine, op string
	err        error
}

func (r *Reader) newSearch(ctx context.Context, ids map[string]string) *search {
	s := &search{r: r, listing: ids == nil, want: map[string]string{}, found: map[string]snapshot.Container{}}
	s.ctx, s.cancel = context.WithCancel(ctx)
	for id, engine := range ids {
		if hasNames(engine, id) {
			s.want[id] = engine
		}
	}
	return s
}

// hasNames: the other engines' ids are names already. Those of LXC are looked
// up to tell Incus and LXD from it.
func hasNames(engine, id string) bool {
	switch engine {
	case "", "docker", "podman", "crio", "lxc", "nsview":
		return true
	case "containerd":
		return isID(id)
	}
	return false
}

func isID(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

func (s *search) host() view { return view{fsys: s.r.Root} }

// done says that no step could add anything.
func (s *search) done() bool {
	return s.ctx.Err() != nil || !s.listing && !s.wants("docker", "podman", "crio", "containerd", "lxc")
}

// wants says whether a container of one of the engines, or of an engine that
// is not known, has no name yet.
func (s *search) wants(engines ...string) bool {
	for _, engine := range s.want {
		if engine == "" || slices.Contains(engines, engine) {
			return true
		}
	}
	return false
}

func (s *search) has(engine string) bool {
	for _, c := range s.found {
		if c.Engine == engine {
			return true
		}
	}
	return false
}

// ids are those to look for in a directory that has an entry for each.
func (s *search) ids(v view, dir string, engines ...string) []string {
	if s.listing {
		names, err := v.list(dir)
		s.problem(engines[0], v, dir, err)
		return names
	}
	var ids []string
	for id, engine := range s.want {
		if engine == "" || slices.Contains(engines, engine) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// add takes an answer; the first for an id counts.
func (s *search) add(c snapshot.Container) {
	engine, wanted := s.want[c.ID]
	_, known := s.found[c.ID]
	if known || !wanted && !s.listing || c.Name == "" && c.Pod == "" {
		return
	}
	if engine != "" && engine != "lxc" {
		c.Engine = engine
	}
	s.found[c.ID] = c
	delete(s.want, c.ID)
}

// problem notes that a file or directory could not be read. What is not there
// is no problem.
func (s *search) problem(engine string, v view, path string, err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
		s.refused(engine, "read container names from /"+v.name(path), err)
	}
}

func (s *search) refused(engine, op string, err error) {
	same := func(p problem) bool { return p.engine == engine && p.op == op }
	if !slices.ContainsFunc(s.trouble, same) {
		s.trouble = append(s.trouble, problem{engine, op, err})
	}
}

// apart runs a step that reads what may hang, and gives it up when ctx ends.
// What a step that was given up finds later is lost.
func (s *search) apart(ctx context.Context, engine, op string, step func(*search)) {
	part := &search{r: s.r, ctx: ctx, want: maps.Clone(s.want), found: map[string]snapshot.Container{}}
	finished := make(chan struct{})
	go func() {
		step(part)
		close(finished)
	}()
	select {
	case <-finished:
		s.merge(part)
	case <-ctx.Done():
		s.refused(engine, op, s.late())
	}
}

func (s *search) merge(part *search) {
	for _, c := range part.found {
		s.add(c)
	}
	for _, p := range part.trouble {
		s.refused(p.engine, p.op, p.err)
	}
}

func (s *search) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.ctx, s.r.Limit)
}

func (s *search) late() error { return fmt.Errorf("no answer within %v", s.r.Limit) }

func (s *search) result() ([]snapshot.Container, []snapshot.Gap) {
	containers := slices.SortedFunc(maps.Values(s.found), func(a, b snapshot.Container) int {
		return cmp.Or(cmp.Compare(a.Engine, b.Engine), cmp.Compare(a.ID, b.ID))
	})
	return containers, s.gaps()
}
