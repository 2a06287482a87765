package predict

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Link is where a symbolic link leads. An ordinary one has a text that goes on
// as a path; one of /proc/PID leads to the thing itself, whatever its text says
// (proc_pid_ns(5), proc_pid_root(5), proc_pid_fd(5)).
type Link struct {
	Text string
	// NS is the namespace that it is the file of, with its type and the device
	// number of nsfs; 0 for none.
	NS   ID
	Type snapshot.Type
	Dev  snapshot.Dev
	// At is the file or directory that it leads to; without a Mount for none.
	At Place
	// RootOf: the root directory of an actor; nil for none.
	RootOf *Actor
	// Inner: what is on a mount of the kernel's own: a pipe, a socket.
	Inner bool
}

// Leads has the state ask where a symbolic link leads an actor: "/proc/self" is
// another for everybody. False is an answer that could not be had: the path is
// then taken by its words, with a doubt.
func (s *State) Leads(ask func(Actor, Where) (Link, bool)) { s.leads = ask }

// mostLinks is how many symbolic links one path may have (MAXSYMLINKS).
const mostLinks = 40

// inner is the mount that stands for those of the kernel's own, which are in no
// namespace: the files of namespaces are on it until they are bound.
const inner int32 = 1

// walker follows one path.
type walker struct {
	*State
	by         Actor
	root, at   spot
	name, rest string
	links      int
}

// step takes the next name of the path.
func (w *walker) step() *Refusal {
	part, rest, more := strings.Cut(w.rest, "/")
	w.rest = rest
	switch part {
	case "", ".":
		return nil
	case "..":
		w.at = w.onto(w.up(w.at, w.root))
		return nil
	}
	next := w.onto(spot{w.at.mount, join(w.at.inside, part)})
	if w.entry(next) == SymLink {
		return w.follow(next, more)
	}
	w.at = next
	return w.there(next, w.name, more)
}

// follow goes where a link leads. Of what is mounted at the end of a link of
// /proc/PID it leads below (nd_jump_link).
func (w *walker) follow(link spot, more bool) *Refusal {
	if w.links++; w.links > mostLinks {
		return &Refusal{Errno: ELOOP, Reason: TooManyLinks, Text: w.name + " leads through too many symbolic links", Mount: w.mounts[link.mount].id}
	}
	var l Link
	known := w.leads != nil
	if known {
		l, known = w.leads(w.by, w.where(link))
	}
	switch {
	case !known:
		w.at = link
		w.doubt("where the link " + w.pathOf(link) + " leads could not be seen")
		return nil
	case l.RootOf != nil:
		w.at = w.actors[*l.RootOf].root
	case l.NS != 0:
		w.at = spot{inner, fmt.Sprintf("%v:[%d]", l.Type, l.NS)}
		w.mounts[inner].dev = l.Dev
	case l.At.Mount != nil:
		w.at = spot{w.indexOf(l.At.Mount), l.At.Inside()}
		if w.at.mount == 0 {
			w.at = link
			w.doubt("what the link " + w.pathOf(link) + " leads to is on a mount that was not seen")
			return nil
		}
	case l.Inner:
		w.at = spot{inner, l.Text}
	default:
		if strings.HasPrefix(l.Text, "/") {
			w.at = w.root
		}
		if more {
			l.Text += "/" + w.rest
		}
		w.rest = l.Text
		return nil
	}
	return w.there(w.at, w.name, more)
}

// namespaceAt is the namespace that a place is the file of, on the mount that
// the kernel has of them, or where one is bound.
func (s *State) namespaceAt(p spot) (t snapshot.Type, ns ID, ok bool) {
	if fstype, _ := s.told(p.mount); fstype != "nsfs" {
		return 0, 0, false
	}
	name, rest, _ := strings.Cut(p.inside, ":[")
	t, err := snapshot.ParseType(name)
	n, numErr := strconv.ParseInt(strings.TrimSuffix(rest, "]"), 10, 64)
	return t, ID(n), err == nil && numErr == nil
}

// older says whether a namespace was made before another, or is the same, as the
// kernel compares them: by their 64-bit ids, which are given in turn before
// Linux 6.18, and since then to those made on one processor.
func (s *State) older(i, than int32) (yes, known bool) {
	a, b := &s.spaces[i], &s.spaces[than]
	switch {
	case i == than:
		return true, true
	case a.id.New() || b.id.New():
		return b.id.New() && (!a.id.New() || a.id > b.id), s.rules.NamespacesInTurn
	}
	return a.seq <= b.seq, a.seq != 0 && b.seq != 0
}
