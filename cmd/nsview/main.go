// Command nsview shows the namespaces of a host, what each of them has mounted,
// and how mounts travel between them.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/nsview/nsview/fixtures/labs/stage"
	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/pid1"
	"github.com/nsview/nsview/launch/sweep"
)

// main chooses, runs, and turns what came of it into an exit status.
func main() {
	if launch.Dispatch() { // this process is the beginning of a container
		os.Exit(exitFailure)
	}
	if status, was := stage.Dispatch(); was {
		os.Exit(status)
	}
	if status, was := pid1.Dispatch(); was {
		os.Exit(status)
	}
	if sweep.Dispatch() {
		return
	}
	// What a listing allocates is freed by its end. Collecting less often
	// saves more time than the memory is worth.
	debug.SetGCPercent(400)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	t := terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
	if isKeeper() { // of a container that was detached
		t.err = voice()
	}
	os.Exit(run(ctx, os.Args[1:], t))
}
