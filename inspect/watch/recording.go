package watch

import (
	"slices"
	"sync"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Recording is a host as it was, and the steps since. It is safe for concurrent
// use.
type Recording struct {
	mu    sync.Mutex
	first *snapshot.Snapshot
	steps []Step
	// state is the host after the first at steps: a change can be undone as
	// well as done, so going from one moment to another costs what lies between.
	state *tables
	at    int
}

// NewRecording begins with a host, as [Watcher.First] gives it.
func NewRecording(first *snapshot.Snapshot) *Recording {
	return &Recording{first: first, state: newTables(first)}
}

// Add appends the next step.
func (r *Recording) Add(s Step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps = append(r.steps, s)
}

// Len is the number of steps, quiet ones included.
func (r *Recording) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.steps)
}

// Step is a step by its place, from 0.
func (r *Recording) Step(i int) Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.steps[i]
}

// First is the host before the first step. It must not be changed.
func (r *Recording) First() *snapshot.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}

// Events are the events, without quiet steps.
func (r *Recording) Events() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Event, 0, len(r.steps))
	for i := range r.steps {
		if !r.steps[i].Quiet() {
			list = append(list, r.steps[i].Event)
		}
	}
	return list
}

// At is the host just after the event with a number, and the quiet steps that
// followed it; 0 is before the first event, and a number beyond the last is now.
func (r *Recording) At(seq uint64) *world.World { return world.Build(r.Snapshot(seq)) }

// Snapshot is what At derives its world from.
func (r *Recording) Snapshot(seq uint64) *snapshot.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moveTo(r.after(seq))
	return r.state.snapshot()
}

// after is the number of steps up to the event after the one with a number.
func (r *Recording) after(seq uint64) int {
	for i := range r.steps {
		if e := &r.steps[i].Event; e.Seq > seq {
			return i
		}
	}
	return len(r.steps)
}

func (r *Recording) moveTo(n int) {
	for ; r.at < n; r.at++ {
		r.state.apply(&r.steps[r.at])
	}
	for ; r.at > n; r.at-- {
		r.state.undo(&r.steps[r.at-1])
	}
}

// Forget drops the oldest steps until at most keep are left: what they changed
// becomes the beginning.
func (r *Recording) Forget(keep int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	drop := len(r.steps) - keep
	if drop <= 0 {
		return
	}
	r.moveTo(drop)
	r.first = r.state.snapshot()
	r.state, r.at = newTables(r.first), 0
	r.steps = slices.Clone(r.steps[drop:])
}
