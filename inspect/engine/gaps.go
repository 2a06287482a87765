package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/nsview/nsview/inspect/snapshot"
)

// gaps says why names are missing, engine by engine. An engine whose every
// container has its name has no gap, whatever could not be read.
func (s *search) gaps() []snapshot.Gap {
	if s.listing {
		return s.gapsOf(func(p problem) bool {
			return !errors.Is(p.err, fs.ErrPermission) && !errors.Is(p.err, fs.ErrNotExist)
		})
	}
	var gaps []snapshot.Gap
	unnamed := s.unnamed()
	for _, engine := range slices.Sorted(maps.Keys(unnamed)) {
		why := s.gapsOf(func(p problem) bool {
			return p.engine == engine || engine == "" && !errors.Is(p.err, fs.ErrNotExist)
		})
		if len(why) == 0 {
			why = []snapshot.Gap{unknown(engine, unnamed[engine])}
		}
		for _, gap := range why {
			if !slices.Contains(gaps, gap) {
				gaps = append(gaps, gap)
			}
		}
	}
	return gaps
}

// unnamed are the ids without a name by engine. LXC's are names themselves, and
// nsview's have a name only when somebody gave them one.
func (s *search) unnamed() map[string][]string {
	ids := map[string][]string{}
	for id, engine := range s.want {
		if engine != "lxc" && engine != "nsview" {
			ids[engine] = append(ids[engine], id)
		}
	}
	return ids
}

func (s *search) gapsOf(counts func(problem) bool) []snapshot.Gap {
	var gaps []snapshot.Gap
	for _, p := range s.trouble {
		if counts(p) {
			gaps = append(gaps, snapshot.Gap{Subject: p.engine, Op: p.op, Error: cause(p.err)})
		}
	}
	return gaps
}

func unknown(engine string, ids []string) snapshot.Gap {
	if engine == "" {
		engine = "containers"
	}
	what := fmt.Sprintf("name %d containers", len(ids))
	if len(ids) == 1 {
		what = "name container " + ids[0]
	}
	return snapshot.Gap{Subject: engine, Op: what, Error: "no state of an engine that was found speaks of it"}
}

// cause is the innermost text of an error; the path is in the gap already.
func cause(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "permission denied"
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}
