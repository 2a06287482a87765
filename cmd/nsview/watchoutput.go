package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
)

// watchOutput is where events go.
type watchOutput struct {
	*app
	spaces  map[uint64]bool // asked for, those gone taken out; empty for all
	watched int             // how many were asked for
	style   render.Style
	file    *os.File
	zip     *gzip.Writer
	rec     *watch.Writer
}

// record begins a recording. Only its owner may read it, as a saved host.
func (o *watchOutput) record(name string, first *snapshot.Snapshot) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("record to %s: %w", name, bareError(err))
	}
	o.file = f
	var to io.Writer = f
	if strings.HasSuffix(name, ".gz") {
		o.zip = gzip.NewWriter(f)
		to = o.zip
	}
	if o.rec, err = watch.NewWriter(to, first); err != nil {
		return fmt.Errorf("record to %s: %w", name, bareError(err))
	}
	return nil
}

func (o *watchOutput) close() error {
	if o.file == nil {
		return nil
	}
	var err error
	if o.zip != nil {
		err = o.zip.Close()
	}
	if err = errors.Join(err, o.file.Close()); err != nil {
		return fmt.Errorf("record to %s: %w", o.file.Name(), bareError(err))
	}
	return nil
}

// watcher is a [watch.Watcher] that has begun.
type watcher interface {
	Next(ctx context.Context) (watch.Step, error)
	Gaps() []snapshot.Gap
}

// follow prints until the end, and says what cannot be watched when that is
// found out.
func (o *watchOutput) follow(ctx context.Context, w watcher, uid int) error {
	o.style = o.app.style()
	said := len(w.Gaps())
	for {
		step, err := w.Next(ctx)
		o.gaps(w.Gaps()[said:], uid)
		said = len(w.Gaps())
		if ended(ctx, err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("watch this host: %w", err)
		}
		if err := o.step(&step); err != nil {
			return err
		}
		if o.watched > 0 && len(o.spaces) == 0 {
			o.say("the namespaces asked for are gone: nothing is left to watch")
			return nil
		}
	}
}

// step keeps and prints one step. A reader that went away, as head does, is the
// end.
func (o *watchOutput) step(s *watch.Step) error {
	if o.rec != nil {
		if err := o.rec.Write(*s); err != nil {
			return fmt.Errorf("record to %s: %w", o.file.Name(), bareError(err))
		}
	}
	if s.Quiet() || !s.Event.Concerns(o.spaces) {
		return nil
	}
	err := o.print(&s.Event)
	if errors.Is(err, syscall.EPIPE) {
		return exitError(exitYes)
	}
	if err != nil {
		return fmt.Errorf("print events: %w", bareError(err))
	}
	if s.Event.Kind == watch.NSGone && len(o.spaces) > 0 {
		delete(o.spaces, s.Event.Origin.NS)
	}
	return nil
}

func (o *watchOutput) print(e *watch.Event) error {
	if o.flags.json {
		return render.EventJSON(o.out, e)
	}
	return render.Event(o.out, e, o.style)
}
