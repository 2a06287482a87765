package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Stop asks a container's first process to end, by SIGTERM, kills it when it has
// not done so within the grace, and waits until nothing is left of it.
func (s *Store) Stop(ctx context.Context, c Container, grace time.Duration) error {
	keeper, err := unix.PidfdOpen(c.Keeper, 0)
	if err != nil {
		return fmt.Errorf("stop container %s: find its keeper %d: %w", c.ID, c.Keeper, err)
	}
	defer unix.Close(keeper)
	first, err := unix.PidfdOpen(c.PID, 0)
	if err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("stop container %s: find its process %d: %w", c.ID, c.PID, err)
	}
	if err == nil {
		defer unix.Close(first)
	}
	// While the lock is held the keeper lives, and a child of the keeper's is
	// the right one: numbers are used again.
	if !s.held(c.ID) {
		return nil
	}
	if err == nil && parentOf(c.PID) == c.Keeper {
		if err := unix.PidfdSendSignal(first, unix.SIGTERM, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("stop container %s: %w", c.ID, err)
		}
		if !ended(ctx, keeper, grace) {
			_ = unix.PidfdSendSignal(first, unix.SIGKILL, nil, 0)
		}
	}
	if !ended(ctx, keeper, time.Minute) {
		return fmt.Errorf("stop container %s: its keeper, process %d, does not end", c.ID, c.Keeper)
	}
	return ctx.Err()
}

// ended waits for the end of a process. The context is looked at now and then.
func ended(ctx context.Context, pidfd int, patience time.Duration) bool {
	const slice = 100 * time.Millisecond
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	for waited := time.Duration(0); ctx.Err() == nil; waited += slice {
		n, err := unix.Poll(fds, int(min(slice, max(patience-waited, 0)).Milliseconds()))
		if n > 0 {
			return true
		}
		if waited >= patience || err != nil && !errors.Is(err, unix.EINTR) {
			return false
		}
	}
	return true // nobody waits any more
}

// parentOf is the parent of a process, 0 when there is none (proc_pid_stat(5)).
func parentOf(pid int) int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	var state byte
	var parent int
	// The name before it may hold anything.
	_, _ = fmt.Sscanf(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " %c %d", &state, &parent)
	return parent
}
