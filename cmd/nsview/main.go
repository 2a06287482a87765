// Command nsview shows the namespaces of a host, what each of them has mounted,
// and how mounts travel between them.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	_ "github.com/nsview/nsview/cmd/nsview/role" // or a container would not begin
	_ "github.com/nsview/nsview/cmd/nsview/stack"
	"github.com/nsview/nsview/fixtures/labs/stage"
)

// main chooses, runs, and turns what came of it into an exit status.
func main() {
	if status, was := stage.Dispatch(); was { // an actor of a lab
		os.Exit(status)
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
