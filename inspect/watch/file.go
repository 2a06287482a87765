package watch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/nsview/nsview/inspect/snapshot"
)

// RecordingVersion is the version of the file that a [Writer] writes.
const RecordingVersion = 1

// ErrNoRecording: a file is something else.
var ErrNoRecording = errors.New("no recording of nsview watch")

// head is the first line of a recording; the snapshot follows, then a line for
// each step.
type head struct {
	Version int `json:"nsview_recording"`
}

// savedStep is a step as it is written. A mount that was there is named by its
// key only: the lines before tell the rest.
type savedStep struct {
	Event  Event        `json:"event,omitzero"`
	Spaces []savedSpace `json:"spaces,omitempty"`
	Mounts []savedMount `json:"mounts,omitempty"`
}

type savedSpace struct {
	Was  uint64              `json:"was,omitempty"`
	Now  *snapshot.Namespace `json:"now,omitempty"`
	Lead *snapshot.Process   `json:"lead,omitempty"`
}

type savedMount struct {
	NS  uint64           `json:"ns"`
	Was snapshot.MountID `json:"was,omitempty"`
	Now *snapshot.Mount  `json:"now,omitempty"`
}

// Writer writes a recording as it happens: what was written is readable
// whenever the program ends.
type Writer struct {
	w   io.Writer
	buf bytes.Buffer
}

// NewWriter writes the beginning of a recording.
func NewWriter(w io.Writer, first *snapshot.Snapshot) (*Writer, error) {
	out := &Writer{w: w}
	if err := json.NewEncoder(w).Encode(head{RecordingVersion}); err != nil {
		return nil, fmt.Errorf("write recording: %w", err)
	}
	return out, first.Save(w)
}

// Write adds a step, in one write.
func (w *Writer) Write(s Step) error {
	w.buf.Reset()
	if err := json.NewEncoder(&w.buf).Encode(savedOf(&s)); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	if _, err := w.w.Write(w.buf.Bytes()); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	return nil
}

func savedOf(s *Step) savedStep {
	saved := savedStep{Event: s.Event.mapped(snapshot.EncodeText)}
	for i := range s.Spaces {
		saved.Spaces = append(saved.Spaces, savedSpaceOf(&s.Spaces[i]))
	}
	for i := range s.Mounts {
		saved.Mounts = append(saved.Mounts, savedMountOf(&s.Mounts[i]))
	}
	return saved
}

func savedSpaceOf(c *SpaceChange) savedSpace {
	var s savedSpace
	if c.Before != nil {
		s.Was = c.Before.ID.Ino
	}
	if c.After != nil {
		now := c.After.Encoded()
		s.Now = &now
	}
	if c.Lead != nil {
		lead := c.Lead.Encoded()
		s.Lead = &lead
	}
	return s
}

func savedMountOf(c *MountChange) savedMount {
	s := savedMount{NS: c.NS}
	if c.Before != nil {
		s.Was = Key(c.Before)
	}
	if c.After != nil {
		now := c.After.Encoded()
		s.Now = &now
	}
	return s
}

// mapped is the event with its strings of the host changed.
func (e Event) mapped(text func(string) string) Event {
	for _, s := range []*string{&e.Origin.Target, &e.Origin.Comm, &e.Origin.Owner, &e.FSType, &e.Source, &e.Root, &e.From, &e.To, &e.Why} {
		*s = text(*s)
	}
	receivers := e.Receivers
	e.Receivers = nil
	for _, r := range receivers {
		r.Target = text(r.Target)
		e.Receivers = append(e.Receivers, r)
	}
	return e
}
