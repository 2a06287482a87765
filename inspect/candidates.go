package inspect

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// ErrUnread marks an error of [Host.Find] that is no certain no: what the TARGET
// names may be among what could not be read.
var ErrUnread = errors.New("not all could be read")

type unread struct{ error }

func (u unread) Unwrap() error      { return u.error }
func (unread) Is(target error) bool { return target == ErrUnread }

// noNamespace says that no namespace has a number or id. With processes that
// may not be looked at it is certain only when the kernel named all there are.
func noNamespace(w *world.World, t snapshot.Type, what string) error {
	all := slices.ContainsFunc(w.Namespaces, func(n *world.Namespace) bool { return n.Type == t && n.Walked }) &&
		!slices.ContainsFunc(w.Gaps, snapshot.Gap.OfWalk)
	if w.Counts.Denied == 0 || all {
		return fmt.Errorf("no %v namespace has that %s (there are %s)", t, what, candidates(w, t))
	}
	return unread{fmt.Errorf("no %v namespace that could be read has that %s (there are %s)", t, what, candidates(w, t))}
}

// noProcess says that no process has a pid, or that it may be hidden.
func (h *Host) noProcess() error {
	if hidden := h.src.Proc.Hidden(); hidden != "" {
		if r, err := h.src.Proc.Reader(); err == nil && r.UID > 0 {
			return unread{fmt.Errorf("no such process, or a hidden one: proc is mounted with %s", hidden)}
		}
	}
	return errNoProcess
}

// maxCandidates is how many namespaces an error lists.
const maxCandidates = 8

func candidates(w *world.World, t snapshot.Type) string {
	var list []string
	for _, n := range w.Namespaces {
		switch {
		case n.Type != t || n.Inferred:
			continue
		case n.UniqueID != 0:
			list = append(list, fmt.Sprintf("%d id:%d", n.ID.Ino, n.UniqueID))
		default:
			list = append(list, strconv.FormatUint(n.ID.Ino, 10))
		}
	}
	switch more := len(list) - maxCandidates; {
	case len(list) == 0:
		return "none"
	case more > 0:
		list = append(list[:maxCandidates], fmt.Sprintf("%d more", more))
	}
	return strings.Join(list, ", ")
}
