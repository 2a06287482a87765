package inspect

import (
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// wentTo says how an actor left the place where the host shows it.
type wentTo struct {
	cwd  bool // its working directory went along to another mount
	user bool // and it is in another user namespace
}

// note keeps in mind who left its place.
func (f *Future) note(r predict.Result) {
	if !r.OK() {
		return
	}
	went := f.went[r.Op.By]
	switch r.Op.Kind {
	case predict.OpUnshare:
		went.cwd, went.user = true, went.user || r.Op.NewUser
	case predict.OpPivot:
		went.cwd = true
		f.pivoted = true
	case predict.OpChroot:
	default:
		return
	}
	f.went[r.Op.By] = went
}

// link is where a symbolic link leads an actor: as the host is now, and for what
// operations have changed as they leave it.
func (f *Future) link(a predict.Actor, at predict.Where) (predict.Link, bool) {
	who := 0
	if isSelf(at) {
		who = f.pidOf(a)
	}
	s := f.see(at, who)
	l := s.link
	switch {
	case s.Entry != predict.SymLink:
		return predict.Link{}, false
	case !l.Magic:
		return predict.Link{Text: string(l.Text)}, true
	}
	of, what := f.owner(at)
	if of == f.world.Reader.PID && of != 0 && (what == "exe" || strings.HasPrefix(what, "fd/")) {
		return predict.Link{}, false // nsview's own: who does it later has others
	}
	if by, went, ok := f.wentFrom(of); ok {
		switch {
		case what == "ns/mnt":
			return predict.Link{Type: snapshot.Mnt, NS: f.State.Home(by), Dev: l.Dev}, true
		case what == "root":
			return predict.Link{RootOf: &by}, true
		case what == "cwd" && went.cwd, what == "ns/user" && went.user:
			return predict.Link{}, false
		}
	} else if f.pivoted && (what == "root" || what == "cwd") {
		return predict.Link{}, false // pivot_root(2) takes others along
	}
	switch {
	case l.NS != 0:
		return predict.Link{Type: l.Type, NS: predict.ID(l.NS), Dev: l.Dev}, true
	case l.Inner:
		return predict.Link{Inner: true, Text: string(l.Text)}, true
	case l.Deleted:
		return predict.Link{}, false
	}
	m := f.mount(l.Mount)
	if m == nil || m.Unreachable || !world.Under(string(l.Path), m.Point) {
		return predict.Link{}, false
	}
	return predict.Link{At: predict.Place{Mount: m, Path: string(l.Path)}}, true
}

// pidOf is the process that an actor is, 0 for a namespace alone.
func (f *Future) pidOf(a predict.Actor) int {
	for p, by := range f.actors {
		if by == a {
			return p.PID
		}
	}
	return 0
}

// wentFrom is the actor that a process is, if it has left its place.
func (f *Future) wentFrom(pid int) (by predict.Actor, went wentTo, ok bool) {
	for p, by := range f.actors {
		if went, ok := f.went[by]; ok && p.PID == pid && pid != 0 {
			return by, went, true
		}
	}
	return 0, wentTo{}, false
}

// owner is the process among those that act, or that reads, which a link of
// /proc/PID belongs to, 0 for another; and the link's name below /proc/PID.
func (f *Future) owner(at predict.Where) (pid int, what string) {
	number, what, _ := strings.Cut(strings.TrimPrefix(at.Inside, "/"), "/")
	if main, ok := strings.CutPrefix(what, "task/"+number+"/"); ok {
		what = main
	}
	pids := []int{f.world.Reader.PID}
	for p := range f.actors {
		pids = append(pids, p.PID)
	}
	self := at
	self.Inside = "/self"
	for _, pid := range pids {
		if pid == 0 {
			continue
		}
		if s := f.see(self, pid); s.Entry == predict.SymLink && string(s.link.Text) == number {
			return pid, what
		}
	}
	return 0, what
}

// mount finds a mount of the host by its number, in a whole table if there is
// one.
func (f *Future) mount(id snapshot.MountID) *world.Mount {
	var found *world.Mount
	for _, v := range f.world.Views {
		if m := v.ByID(id); m != nil && (found == nil || v.PID == 0) {
			found = m
		}
	}
	return found
}
