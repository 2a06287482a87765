package busy

import (
	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/proc"
)

// aside reads files of /proc that may wait for the process they are about: maps
// takes a lock of its memory, which a task that hangs in the kernel can hold.
// What is left behind keeps its proc.FS, as one is not safe for two.
type aside struct {
	kernel.Aside
	proc *proc.FS // to be copied
	own  *proc.FS
}

func newAside(p *proc.FS) *aside {
	return &aside{Aside: kernel.Aside{Limit: limit}, proc: p}
}

// do runs f and says whether it ended in time, as [kernel.Aside.Do] does.
func (a *aside) do(f func(*proc.FS)) bool {
	if a.own == nil {
		a.own = a.proc.Copy()
	}
	own := a.own
	if a.Do(func() { f(own) }) {
		return true
	}
	a.own = nil
	return false
}
