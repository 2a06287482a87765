package inspect

import (
	"context"
	"fmt"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Host is a host to look at: the live one, or one that was saved.
type Host struct {
	label string
	src   snapshot.Sources
	saved *snapshot.Snapshot // when it is a saved snapshot, and src is empty
	// procDir is the live host's /proc as an open directory.
	procDir *kernel.ProcDir
}

// Live says whether the host is the one that nsview runs on.
func (h *Host) Live() bool { return h.src.Kernel != nil }

// Look reads what is wanted. The error says that nothing could be read at all;
// what could not be read otherwise is in [world.World.Gaps].
func (h *Host) Look(ctx context.Context, want snapshot.Want) (*world.World, error) {
	s, err := h.Take(ctx, want)
	if err != nil {
		return nil, err
	}
	return world.Build(s), nil
}

// Take is Look without deriving anything, for saving.
func (h *Host) Take(ctx context.Context, want snapshot.Want) (*snapshot.Snapshot, error) {
	if h.saved != nil {
		return h.saved.With(want), nil
	}
	s, err := snapshot.Take(ctx, h.src, want)
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", h.label, err)
	}
	if h.Live() {
		return s, nil
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("look at %s: %w", h.label, err)
	}
	return s, nil
}

// Everything is what a saved snapshot holds.
func Everything() snapshot.Want {
	return snapshot.Want{
		Types: snapshot.AllTypes, Every: snapshot.AllFields, Holders: snapshot.Thorough,
		Relations: true, UniqueIDs: true, Names: true,
		Tables: snapshot.Tables{All: true, Detail: true, Roots: true},
	}
}
