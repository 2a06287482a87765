package inspect

import (
	"context"
	"errors"

	"github.com/nsview/nsview/inspect/snapshot"
)

// self is the place of the process that looks, or looked.
func (h *Host) self() (Place, error) {
	if h.saved != nil {
		if r := h.saved.Reader; r.PID != 0 {
			if p, err := h.savedPID(uint64(r.PID), snapshot.Mnt); err == nil {
				return p, nil
			}
			return Place{NS: r.MNT.Ino}, nil
		}
	} else if r, err := h.src.Proc.Reader(); err == nil && r.PID != 0 {
		return Place{PID: r.PID, NS: r.MNT.Ino}, nil
	}
	return Place{}, errors.New("this host was not looked at from inside; name a process or namespace of it")
}

// ownPlace is where the reader stood. A host saved from outside has no such
// place: its first process's namespace is the one to start with.
func (h *Host) ownPlace(ctx context.Context) (Place, error) {
	if p, err := h.self(); err == nil {
		return p, nil
	}
	if h.saved != nil && !h.saved.Reader.MNT.IsZero() {
		return Place{NS: h.saved.Reader.MNT.Ino}, nil
	}
	w, err := h.Look(ctx, snapshot.Want{Types: snapshot.Types(snapshot.Mnt)})
	if err != nil {
		return Place{}, err
	}
	if len(w.Processes) == 0 {
		return Place{}, errors.New("it has no process")
	}
	return placeOf(&w.Processes[0], snapshot.Mnt), nil
}
