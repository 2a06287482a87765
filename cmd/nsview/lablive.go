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
	wait := a.enter(ctx)
	n := 0
	o := stage.Run(ctx, l, stage.Options{Tables: true, Step: func(s labs.StepOutcome) {
		n++
		_ = labs.PrintStep(a.out, n, s)
		fmt.Fprintln(a.out)
		_ = labs.PrintTables(a.out, s.Tables, a.width())
		if n < len(l.Steps) {
			wait()
		}
	}})
	fmt.Fprintf(a.out, "\n%s\n\n", o.Line())
	return o
}

// enter waits for Enter, where there is somebody to press it.
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
		case <-ctx.Done():
		}
	}
}
