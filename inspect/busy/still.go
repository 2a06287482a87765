package busy

import (
	"strconv"

	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// Still says whether a use that was seen is there now: the same link of the same
// task leads to the same mount. What cannot be looked at again is taken to be.
func (r Reader) Still(uses []snapshot.Use) bool {
	b := &take{Reader: r, prober: r.kernel.NewProber(limit), aside: newAside(r.proc)}
	defer b.prober.Close()
	defer b.aside.Close()
	for i := range uses {
		if !b.still(&uses[i]) {
			return false
		}
	}
	return true
}

func (b *take) still(u *snapshot.Use) bool {
	task := strconv.Itoa(u.PID)
	if u.TID != 0 {
		task += "/task/" + strconv.Itoa(u.TID)
	}
	switch {
	case u.PID == 0 || u.Mount == 0 || u.ByName:
		return true
	case u.Kind == snapshot.UseFD:
		var info proc.FDInfo
		var err error
		read := b.aside.do(func(p *proc.FS) { info, err = p.FDInfo(task, u.FD) })
		return !read || err == nil && info.Mount == u.Mount
	case u.Kind == snapshot.UseCwd || u.Kind == snapshot.UseRoot || u.Kind == snapshot.UseExe:
		at := b.prober.At(task + "/" + string(u.Kind))
		return at.Err == nil && at.Mount == u.Mount
	}
	return true
}
