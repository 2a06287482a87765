package kernel

import "time"

// Aside does what may hang on a goroutine that is left behind when it takes too
// long. It is for one goroutine, and ready with nothing but its limit.
//
// That is enough for what waits for a lock or a device, also for files and links
// of /proc: such a thread ends with the program. One that waits for a FUSE server
// does not, so paths of names, and sizes of mounts that are not plainly local,
// are asked for by an asker, nsview once more (see [Dispatch]). Sizes take threads
// of another kind, in the mounts' own namespace ([Kernel.Usage]).
type Aside struct {
	Limit time.Duration // for each Do
	work  chan func()
	done  chan struct{}
}

// Do runs f and says whether it ended in time. When it did not, what f writes
// must not be looked at.
func (a *Aside) Do(f func()) bool {
	if a.work == nil {
		// The room for an answer lets a goroutine that was left behind end.
		a.work, a.done = make(chan func()), make(chan struct{}, 1)
		go serve(a.work, a.done)
	}
	a.work <- f
	timer := time.NewTimer(a.Limit)
	defer timer.Stop()
	select {
	case <-a.done:
		return true
	case <-timer.C:
		a.Close()
		return false
	}
}

// Close lets the goroutine end, now or when it gets an answer.
func (a *Aside) Close() {
	if a.work != nil {
		close(a.work)
		a.work = nil
	}
}

func serve(work <-chan func(), done chan<- struct{}) {
	for f := range work {
		f()
		done <- struct{}{}
	}
}

// within runs f once, aside. What takes too long is [ErrSilent].
func within[T any](limit time.Duration, f func() (T, error)) (T, error) {
	var value, none T
	var err error
	a := Aside{Limit: limit}
	defer a.Close()
	if !a.Do(func() { value, err = f() }) {
		return none, ErrSilent
	}
	return value, err
}
