package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// A detached container has a keeper of its own: nsview once more, with the same
// arguments, in a session of its own, told by its name that it is one.
const (
	keeperName = "nsview-keeper"

	// sayFD is where the keeper says that the container runs, or why not.
	sayFD   = 3
	running = "running "
)

// isKeeper says whether this process keeps a detached container.
func isKeeper() bool { return os.Args[0] == keeperName }

// voice is where a keeper says what goes wrong until its container runs.
func voice() *os.File {
	syscall.CloseOnExec(sayFD)
	return os.NewFile(sayFD, "voice")
}

// startKeeper starts the keeper and waits until the container runs.
func (a *app) startKeeper(ctx context.Context) error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("detach the container: %w", err)
	}
	defer r.Close()
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: append([]string{keeperName}, os.Args[1:]...),
		ExtraFiles:  []*os.File{w},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return fmt.Errorf("detach the container: %w", err)
	}
	// Called off before the container runs, it is not to run.
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })()
	said, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("detach the container: %w", err)
	}
	if id, ok := strings.CutPrefix(string(said), running); ok {
		_, err := io.WriteString(a.out, id)
		return err
	}
	_, _ = a.err.Write(said)
	var ended *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &ended) && ended.Exited() {
		return exitError(ended.ExitCode())
	}
	return errors.New("detach the container: its keeper ended before it ran")
}

// beDetached turns what the keeper says and shows to the log. Until the
// container runs, errors go to whoever started it.
func (k *keeper) beDetached() error {
	dir, err := k.ownDir("XDG_STATE_HOME", ".local/state", "log")
	if err != nil {
		return fmt.Errorf("find a place for the container's log: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the container's log: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(dir, k.id+".log"), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("make the container's log: %w", err)
	}
	k.log, k.out = log, log
	say := k.err
	k.started = func() error {
		if _, err := fmt.Fprintf(say, "%s%s\n", running, k.id); err != nil {
			return fmt.Errorf("say that the container runs: %w", err)
		}
		k.err = log
		if f := fileOf(say); f != nil {
			return f.Close()
		}
		return nil
	}
	return nil
}
