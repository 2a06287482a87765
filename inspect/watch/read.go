package watch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/nsview/nsview/inspect/snapshot"
)

// CutShort is the error of a recording that ends in the middle, with the number
// of events that could be read.
type CutShort struct{ Events int }

func (e *CutShort) Error() string {
	return fmt.Sprintf("the recording is cut short: %d events could be read", e.Events)
}

// ReadRecording reads what a [Writer] wrote. Of a recording that is cut short
// it returns what could be read beside a [CutShort].
func ReadRecording(in io.Reader) (*Recording, error) {
	dec := json.NewDecoder(bufio.NewReaderSize(in, 64<<10))
	if err := readHead(dec); err != nil {
		return nil, err
	}
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return nil, cutShort(err, 0)
	}
	first, err := snapshot.Load(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	r := NewRecording(first)
	err = r.readSteps(dec)
	r.moveTo(0)
	return r, err
}

func readHead(dec *json.Decoder) error {
	var h struct {
		Version *int `json:"nsview_recording"`
	}
	if err := dec.Decode(&h); err != nil || h.Version == nil {
		return ErrNoRecording
	}
	if *h.Version != RecordingVersion {
		return fmt.Errorf("recording format %d is not known, this nsview reads format %d", *h.Version, RecordingVersion)
	}
	return nil
}

// readSteps reads to the end, keeping the state abreast: what a change changed
// is looked up there.
func (r *Recording) readSteps(dec *json.Decoder) error {
	events := 0
	for {
		var saved savedStep
		err := dec.Decode(&saved)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return cutShort(err, events)
		}
		step, err := r.loaded(&saved)
		if err != nil {
			return fmt.Errorf("event %d: %w", saved.Event.Seq, err)
		}
		if !step.Quiet() {
			events++
		}
		r.steps = append(r.steps, step)
		r.moveTo(len(r.steps))
	}
}

func cutShort(err error, events int) error {
	var syntax *json.SyntaxError
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &syntax) && syntax.Error() == "unexpected end of JSON input" {
		return &CutShort{events}
	}
	return err
}

// loaded is the step that was saved, with what was there before each change.
func (r *Recording) loaded(saved *savedStep) (Step, error) {
	step := Step{Event: saved.Event.mapped(snapshot.DecodeText)}
	for i := range saved.Spaces {
		s := &saved.Spaces[i]
		c := SpaceChange{Before: r.state.spaces[s.Was], After: s.Now, Lead: s.Lead}
		if s.Was != 0 && c.Before == nil {
			return step, fmt.Errorf("no namespace %d is there to be gone", s.Was)
		}
		if s.Now != nil {
			s.Now.Decode()
		}
		if s.Lead != nil {
			s.Lead.Decode()
		}
		step.Spaces = append(step.Spaces, c)
	}
	mine := map[savedMount]*snapshot.Mount{}
	for i := range saved.Mounts {
		s := &saved.Mounts[i]
		c := MountChange{NS: s.NS, After: s.Now}
		if s.Was != 0 {
			if c.Before = r.state.lookup(s.NS, s.Was, mine); c.Before == nil {
				return step, fmt.Errorf("no mount %d of namespace %d is there to change", s.Was, s.NS)
			}
		}
		if s.Now != nil {
			s.Now.Decode()
			mine[savedMount{NS: s.NS, Was: Key(s.Now)}] = s.Now
		}
		step.Mounts = append(step.Mounts, c)
	}
	return step, nil
}

// lookup is a mount as it is now, or as an earlier change of the same step made
// it.
func (t *tables) lookup(ns uint64, key snapshot.MountID, mine map[savedMount]*snapshot.Mount) *snapshot.Mount {
	if m := mine[savedMount{NS: ns, Was: key}]; m != nil {
		return m
	}
	if at := t.of[ns]; at != nil {
		return at.mounts[key]
	}
	return nil
}
