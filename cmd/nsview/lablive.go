package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/nsview/nsview/fixtures/labs"
	"github.com/nsview/nsview/fixtures/labs/stage"
	"github.com/nsview/nsview/inspect/render"
)

// liveLab runs a lab and prints each step as it is done, with the mount tables.
func (a *app) liveLab(ctx context.Context, l *labs.Lab) labs.Outcome {
	if a.flags.json {
		return stage.Run(ctx, l, stage.Options{Tables: true})
	}
	_ = labs.PrintHead(a.out, l) // a write error shows at the end of the run
	fmt.Fprintln(a.out)
	for line := range strings.Lines(l.Story) {
		fmt.Fprintln(a.out, render.Safe(strings.TrimSpace(line)))
	}
	next := a.enter(ctx)
	n := 0
	o := stage.Run(ctx, l, stage.Options{Tables: true, Step: func(s labs.StepOutcome) {
		if n++; n > 1 {
			next()
		}
		_ = labs.PrintStep(a.out, n, s)
		fmt.Fprintln(a.out)
		_ = labs.PrintTables(a.out, s.Tables, a.width())
	}})
	fmt.Fprintf(a.out, "\n%s\n\n", o.Line())
	return o
}

// clearScreen clears a terminal, so that the tables of each step stand where
// those of the step before stood.
const clearScreen = "\x1b[H\x1b[2J"

// enter waits for Enter, where there is somebody to press it, and clears the
// screen for the next step.
func (a *app) enter(ctx context.Context) func() {
	in, ok := a.in.(*os.File)
	if !ok || a.width() == 0 || !term.IsTerminal(int(in.Fd())) {
		return func() {}
	}
	keys := bufio.NewReader(in)
	return func() {
		fmt.Fprint(a.out, "\nEnter goes on ")
		pressed := make(chan struct{})
		go func() {
			_, _ = keys.ReadString('\n')
			close(pressed)
		}()
		select {
		case <-pressed:
			fmt.Fprint(a.out, clearScreen)
		case <-ctx.Done():
			fmt.Fprintln(a.out)
		}
	}
}
