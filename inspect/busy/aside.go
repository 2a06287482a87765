package busy

import (
	"time"

	"github.com/nsview/nsview/inspect/proc"
)

// aside reads files of /proc that may wait for the process they are about: maps
// takes a lock of its memory, which a task that hangs in the kernel can hold. It
// does so on a goroutine that is left behind when that takes too long, with a
// proc.FS of its own, as one is not safe for two.
type aside struct {
	proc  *proc.FS
	limit time.Duration
	work  chan func(*proc.FS)
}

// do runs f and says whether it ended in time. When it did not, what f writes
// must not be looked at.
func (a *aside) do(f func(*proc.FS)) bool {
	if a.work == nil {
		a.work = make(chan func(*proc.FS))
		go serve(a.proc.Copy(), a.work)
	}
	done := make(chan struct{})
	a.work <- func(p *proc.FS) {
		f(p)
		close(done)
	}
	timer := time.NewTimer(a.limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		a.close()
		return false
	}
}

// close lets the goroutine end, now or when it gets an answer.
func (a *aside) close() {
	if a.work != nil {
		close(a.work)
		a.work = nil
	}
}

func serve(p *proc.FS, work <-chan func(*proc.FS)) {
	for f := range work {
		f(p)
	}
}
