package inspect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Place is what a TARGET names: one process's view when PID is set, else a
// whole namespace.
type Place struct {
	Text string
	PID  int
	NS   uint64 // inode number; 0 for a process whose link may not be read
	// Depth is how far had to be searched to find it, and has to be again to
	// read it.
	Depth snapshot.Depth
}

// Find resolves a TARGET to a namespace of the given type: a process, "self",
// an inode number (4026532177 or mnt:[4026532177]), a 64-bit id (id:4105), a
// file of nsfs, or a container or unit by name or unique id prefix. The empty
// TARGET is the reader's own.
func (h *Host) Find(ctx context.Context, text string, t snapshot.Type) (Place, error) {
	p, err := h.find(ctx, text, t)
	switch {
	case err == nil:
		p.Text = text
		return p, nil
	case text == "":
		return p, fmt.Errorf("find the namespace to start with: %w", err)
	}
	return p, fmt.Errorf("find %s: %w", text, err)
}

// IsNumber says whether a TARGET is the number of a namespace, which no process
// id reaches.
func IsNumber(text string) bool {
	n, err := strconv.ParseUint(text, 10, 64)
	return err == nil && n >= snapshot.FirstNSInode
}

func (h *Host) find(ctx context.Context, text string, t snapshot.Type) (Place, error) {
	if text == "" {
		return h.ownPlace(ctx)
	}
	if text == "self" {
		return h.self()
	}
	if typ, ino, err := snapshot.ParseLink(text); err == nil {
		if typ != t {
			return Place{}, fmt.Errorf("it is a %v namespace, not a %v namespace", typ, t)
		}
		return h.byIno(ctx, ino, t)
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return h.byNumber(ctx, n, t)
	}
	if rest, ok := strings.CutPrefix(text, "id:"); ok {
		return h.byID(ctx, rest, t)
	}
	if strings.Contains(text, "/") {
		return h.byFile(ctx, text, t)
	}
	return h.byName(ctx, text, t)
}

// TypeOf says of which type a namespace is when the TARGET alone tells: a
// number, a link text or a file.
func (h *Host) TypeOf(ctx context.Context, text string) (snapshot.Type, bool) {
	if t, _, err := snapshot.ParseLink(text); err == nil {
		return t, true
	}
	if strings.Contains(text, "/") && h.Live() {
		t, _, err := h.src.Kernel.(anyKernel).File(text)
		return t, err == nil
	}
	if !IsNumber(text) {
		return 0, false
	}
	ino, _ := strconv.ParseUint(text, 10, 64)
	for _, depth := range depths {
		w, err := h.Look(ctx, snapshot.Want{Types: snapshot.AllTypes, Holders: depth})
		if err != nil {
			return 0, false
		}
		if n := w.Lookup(ino); n != nil {
			return n.Type, true
		}
	}
	return 0, false
}

// depths are tried in turn: most namespaces have a process.
var depths = []snapshot.Depth{snapshot.NoSearch, snapshot.Auto, snapshot.Thorough}

func placeOf(p *snapshot.Process, t snapshot.Type) Place {
	return Place{PID: p.PID, NS: p.NS[t]}
}

// byNumber takes a number for an inode when it is one, for a pid else.
func (h *Host) byNumber(ctx context.Context, n uint64, t snapshot.Type) (Place, error) {
	if n >= snapshot.FirstNSInode {
		return h.byIno(ctx, n, t)
	}
	if h.saved == nil {
		return h.byPID(int(min(n, 1<<31-1)), t)
	}
	return h.savedPID(n, t)
}

// savedPID looks for a process of a saved snapshot.
func (h *Host) savedPID(n uint64, t snapshot.Type) (Place, error) {
	for i := range h.saved.Processes {
		switch p := &h.saved.Processes[i]; {
		case uint64(p.PID) != n:
		case p.NS[t] == 0 && strings.HasPrefix(p.State, "Z"):
			return Place{}, errZombie
		default:
			return placeOf(p, t), nil
		}
	}
	return Place{}, errNoProcess
}

var (
	errNoProcess = errors.New("no such process")
	errZombie    = errors.New("the process is a zombie: it is in no namespace any more")
)

// byPID reads one process's link, not the whole host.
func (h *Host) byPID(pid int, t snapshot.Type) (Place, error) {
	var links [snapshot.NumTypes]uint64
	switch err := h.src.Proc.LinksOf(pid, snapshot.Types(t), &links); {
	case errors.Is(err, snapshot.ErrZombie):
		return Place{}, errZombie
	case errors.Is(err, snapshot.ErrVanished):
		return Place{}, h.noProcess()
	}
	return Place{PID: pid, NS: links[t]}, nil // what may not be read shows later
}

// byIno looks for the namespace among those of processes first, then among
// all.
func (h *Host) byIno(ctx context.Context, ino uint64, t snapshot.Type) (Place, error) {
	var w *world.World
	var err error
	for _, depth := range depths {
		if w, err = h.Look(ctx, snapshot.Want{Types: snapshot.Types(t), Holders: depth}); err != nil {
			return Place{}, err
		}
		if n := w.Lookup(ino); n != nil && n.Type == t {
			return Place{NS: ino, Depth: depth}, nil
		}
	}
	return Place{}, noNamespace(w, t, "number")
}

func (h *Host) byID(ctx context.Context, text string, t snapshot.Type) (Place, error) {
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil || id == 0 {
		return Place{}, errors.New("a 64-bit namespace id is a number, as in id:4105")
	}
	w, err := h.Look(ctx, snapshot.Want{Types: snapshot.Types(t), Holders: snapshot.Auto, UniqueIDs: true})
	if err != nil {
		return Place{}, err
	}
	for _, n := range w.Namespaces {
		if n.UniqueID == id && n.Type == t {
			return Place{NS: n.ID.Ino}, nil
		}
	}
	return Place{}, noNamespace(w, t, "id")
}

// byFile takes a link of /proc/PID/ns or a mounted file of nsfs.
func (h *Host) byFile(ctx context.Context, path string, t snapshot.Type) (Place, error) {
	if !h.Live() {
		return Place{}, errors.New("a saved host has no files to name a namespace by; use its number")
	}
	typ, ino, err := h.src.Kernel.(anyKernel).File(path)
	if errors.Is(err, fs.ErrPermission) {
		return Place{}, unread{err}
	}
	if err != nil {
		return Place{}, err
	}
	if typ != t {
		return Place{}, fmt.Errorf("it is a %v namespace, not a %v namespace", typ, t)
	}
	return h.byIno(ctx, ino, t)
}

// byName looks for a container or unit among the lowest processes of each
// namespace, which is cheap, then among all.
func (h *Host) byName(ctx context.Context, name string, t snapshot.Type) (Place, error) {
	want := snapshot.Want{Types: snapshot.Types(t), Lead: snapshot.FieldCgroup, Names: true}
	w, err := h.Look(ctx, want)
	if err != nil {
		return Place{}, err
	}
	p, err := w.Named(name)
	if h.saved == nil && errors.Is(err, world.ErrUnknown) {
		want.Every = snapshot.FieldCgroup
		if w, err = h.Look(ctx, want); err != nil {
			return Place{}, err
		}
		p, err = w.Named(name)
	}
	if err != nil {
		return Place{}, err
	}
	return Place{NS: p.NS[t]}, nil
}
