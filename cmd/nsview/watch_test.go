package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
)

// crowded is a watch that finds a namespace that it cannot watch.
type crowded struct {
	gaps []snapshot.Gap
	end  func()
}

func (c *crowded) Gaps() []snapshot.Gap { return c.gaps }

func (c *crowded) Next(ctx context.Context) (watch.Step, error) {
	if len(c.gaps) > 1 {
		c.end()
		return watch.Step{}, ctx.Err()
	}
	c.gaps = append(c.gaps, snapshot.Gap{Subject: "mnt:[4026532999]", Op: "watch it", Error: "no space left on device"})
	return watch.Step{}, nil
}

// What cannot be watched is said also when that is found out later, and once.
func TestWatchSaysLaterGaps(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var errs strings.Builder
	out := watchOutput{app: &app{terminal: terminal{out: io.Discard, err: &errs, getenv: func(string) string { return "" }}}}
	w := &crowded{gaps: []snapshot.Gap{{Subject: "mount namespaces", Op: "find them", Error: "said at the start"}}, end: cancel}
	if err := out.follow(ctx, w, 0); err != nil {
		t.Fatal(err)
	}
	if want := "nsview: not everything could be read: mnt:[4026532999]: watch it: no space left on device\n"; errs.String() != want {
		t.Errorf("%q was said, want %q", errs.String(), want)
	}
}
