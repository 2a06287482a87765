//go:build linux

package oracle_test

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
)

// letter is what a room of a house is told, and reply what comes back.
type letter struct {
	To   []int // the lodgers it is passed on through, each as the house before counts them
	Room int
	Op   predict.Op
	// FromProc: paths of the operation that are not absolute are below /proc.
	FromProc bool
	// One of these instead of the operation:
	Clone bool   // another room, in a copy of this one's namespace
	Join  int    // another room, in the namespace of a thread
	Lodge bool   // a lodger, in a user namespace of its own and a copy of this room's
	Open  string // keep a path open
	Write bool   // the same, to write
	Home  bool   // leave a chroot
}

type reply struct {
	Errno    unix.Errno
	Text     string // an error that is no errno
	NotTried bool
	// Of what was started: the process and thread, and how the house counts it.
	PID, TID, Room, Lodger int
}

// teller passes letters on.
type teller interface{ tell(letter) (reply, error) }

// guest is a lodger of a house, or of one of its lodgers.
type guest struct {
	of teller
	n  int
}

func (g guest) tell(l letter) (reply, error) {
	l.To = append([]int{g.n}, l.To...)
	return g.of.tell(l)
}

func (h *house) tell(l letter) (reply, error) {
	if len(l.To) > 0 {
		to := h.lodgers[l.To[0]]
		l.To = l.To[1:]
		return to.tell(l)
	}
	r, err := h.answer(l)
	if err != nil && !errors.As(err, &r.Errno) {
		return unready(err), nil
	}
	return r, nil
}

// unready is the reply where it did not come to the operation.
func unready(err error) reply { return reply{Errno: unix.EIO, Text: err.Error()} }

func (h *house) answer(l letter) (reply, error) {
	at := h.rooms[l.Room]
	switch {
	case l.Clone:
		return h.opened(h.open(at, nil))
	case l.Join != 0:
		return h.opened(h.join(l.Join))
	case l.Lodge:
		return h.lodge(at)
	case l.Home:
		return reply{}, at.do(func() error { return unix.Setns(at.fd, unix.CLONE_NEWNS) })
	case l.Open != "":
		how := unix.O_PATH
		if l.Write {
			how = unix.O_WRONLY
		}
		return reply{}, at.hold(l.Open, how)
	case l.Op.IDMap && idMaps == 0:
		switch made, err := h.makeMaps(at); {
		case err != nil:
			return unready(err), nil
		case !made:
			return reply{NotTried: true}, nil
		}
		return h.answer(l)
	case l.FromProc:
		return reply{}, at.do(func() error { return h.fromProc(func() error { return call(l.Op) }) })
	}
	return reply{}, at.do(func() error { return call(l.Op) })
}

func (h *house) opened(r *room, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	return reply{TID: r.tid, Room: len(h.rooms) - 1}, nil
}
