package inspect

import (
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// savedEntry knows of a saved host only which places of /proc are links. All
// else is taken to be there.
func (f *Future) savedEntry(at predict.Where) predict.Entry {
	if at.FSType != "proc" {
		if at.Mount != nil && at.Inside != at.Mount.Root {
			f.passOver(pathOf(at))
		}
		return predict.EntryUnknown
	}
	if _, what, ok := procLink(at.Inside); ok || isSelf(at) {
		if kind, _, _ := strings.Cut(what, "/"); isSelf(at) || links[kind] {
			return predict.SymLink
		}
	}
	return predict.EntryUnknown
}

// links are the links of /proc/PID that lead where their text does not say, by
// the first part of their names.
var links = map[string]bool{"ns": true, "root": true, "cwd": true, "exe": true, "fd": true, "map_files": true}

// procLink takes "/PID/ns/mnt", a place of a proc file system, apart.
func procLink(inside string) (pid int, what string, ok bool) {
	number, what, ok := strings.Cut(strings.TrimPrefix(inside, "/"), "/")
	pid, err := strconv.Atoi(number)
	if rest, of := strings.CutPrefix(what, "task/"+number+"/"); of {
		what = rest
	}
	return pid, what, ok && err == nil && what != "ns" && what != "fd" && what != "map_files"
}

// savedLink is where a link of /proc leads, as far as the file tells: to
// namespaces, and to root directories. Its numbers of processes are those of the
// /proc that was read.
func (f *Future) savedLink(a predict.Actor, at predict.Where) (predict.Link, bool) {
	who := f.pidOf(a)
	switch {
	case !f.sameProc(at.Mount):
		return predict.Link{}, false
	case at.Inside == "/self":
		return predict.Link{Text: strconv.Itoa(who)}, who != 0
	case at.Inside == "/thread-self":
		return predict.Link{Text: strconv.Itoa(who) + "/task/" + strconv.Itoa(who)}, who != 0
	}
	pid, what, _ := procLink(at.Inside)
	p := f.world.Process(pid)
	by, went, left := f.wentFrom(pid)
	switch {
	case p == nil || f.pivoted && !left && what == "root":
		return predict.Link{}, false
	case left && what == "ns/mnt":
		return predict.Link{Type: snapshot.Mnt, NS: f.State.Home(by)}, true
	case left && what == "root":
		return predict.Link{RootOf: &by}, true
	case left && what == "ns/user" && went.user:
		return predict.Link{}, false
	case what == "root":
		return f.savedRoot(p)
	}
	name, isNS := strings.CutPrefix(what, "ns/")
	t, err := snapshot.ParseType(name)
	if !isNS || err != nil || p.NS[t] == 0 {
		return predict.Link{}, false
	}
	return predict.Link{Type: t, NS: predict.ID(p.NS[t])}, true
}

// savedRoot is the root directory of a process.
func (f *Future) savedRoot(p *snapshot.Process) (predict.Link, bool) {
	view, root := f.world.View(p.NS[snapshot.Mnt], 0), f.world.RootOf(p.PID)
	if view == nil || p.Root == "" && root == "/" {
		return predict.Link{}, false // of who may not be looked at it is not known
	}
	m := view.Serving(root)
	return predict.Link{At: predict.Place{Mount: m, Path: root}}, m != nil
}

// sameProc says whether a mount is of the proc file system that was read, so that
// it has the same numbers for the same processes.
func (f *Future) sameProc(m *world.Mount) bool {
	view := f.world.View(f.world.Reader.MNT.Ino, 0)
	if m == nil || view == nil || f.world.Reader.PID == 0 {
		return false
	}
	read := view.Serving("/proc")
	return read != nil && read.FSType == "proc" && read.Dev == m.Dev
}
