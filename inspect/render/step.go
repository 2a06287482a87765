package render

import (
	"fmt"
	"io"
	"strconv"

	"github.com/nsview/nsview/inspect/query"
)

// StepLine is one step of a launch, as a person or a program reads it.
type StepLine struct {
	Step  int
	By    string // "parent" or "child"
	Call  string
	Flags string
	Text  string
	Why   string
}

// Step prints a step as one line.
func Step(w io.Writer, s StepLine) error {
	why := ""
	if s.Why != "" {
		why = "  # " + s.Why
	}
	_, err := fmt.Fprintf(w, "%3d %-6s %s\n", s.Step, s.By, Safe(s.Text+why))
	return err
}

// StepNote prints a remark on the step above.
func StepNote(w io.Writer, text string) error {
	_, err := fmt.Fprintf(w, "           %s\n", Safe(text))
	return err
}

// manyChanges is how many mounts of one kind of change are named.
const manyChanges = 6

// changeSigns stand in front of changes.
var changeSigns = []struct {
	kind query.TableChangeKind
	sign string
}{
	{query.RootMoved, "/"},
	{query.MountMoved, "~"},
	{query.PropagationChanged, "~"},
	{query.OptionsChanged, "~"},
	{query.MountAdded, "+"},
	{query.MountRemoved, "-"},
}

// StepChanges prints what a step has changed in the table of mounts.
func StepChanges(w io.Writer, list []query.TableChange) error {
	for _, c := range changeSigns {
		n := 0
		for _, change := range list {
			if change.Kind != c.kind {
				continue
			}
			if n++; n <= manyChanges {
				if err := StepNote(w, c.sign+" "+changeText(change)); err != nil {
					return err
				}
			}
		}
		if n > manyChanges {
			if err := StepNote(w, fmt.Sprintf("%s and %d more", c.sign, n-manyChanges)); err != nil {
				return err
			}
		}
	}
	return nil
}

func changeText(c query.TableChange) string {
	m := c.Mount
	switch c.Kind {
	case query.RootMoved:
		return fmt.Sprintf("is now the mount of %s (%s), id %s instead of %s", m.Source, m.FSType, c.To, c.From)
	case query.MountMoved:
		return fmt.Sprintf("%s is now at %s", c.From, c.To)
	case query.PropagationChanged:
		return fmt.Sprintf("%s is %s instead of %s", m.Point, c.To, c.From)
	case query.OptionsChanged:
		return fmt.Sprintf("%s is %s instead of %s", m.Point, c.To, c.From)
	case query.MountAdded:
		return fmt.Sprintf("%s  %s %s %s %s", m.Point, m.FSType, sourceText(m), m.VFSOptions, m.Propagation())
	case query.MountRemoved:
	}
	return m.Point
}

// StepJSON prints a step as one object on one line. nil changes are those of a
// plan: nothing was done.
func StepJSON(w io.Writer, s StepLine, list []query.TableChange) error {
	b := strconv.AppendInt(append(make([]byte, 0, 512), `{"step":`...), int64(s.Step), 10)
	for _, f := range []named{{"by", s.By}, {"call", s.Call}, {"flags", s.Flags}, {"text", s.Text}, {"why", s.Why}} {
		b = appendText(append(append(append(b, `,"`...), f.key...), `":`...), f.text)
	}
	b = append(b, `,"changes":`...)
	if list == nil {
		b = append(b, "null"...)
	} else {
		b = append(b, '[')
		for i, c := range list {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendChange(b, c)
		}
		b = append(b, ']')
	}
	_, err := w.Write(append(b, '}', '\n'))
	return err
}

func appendChange(b []byte, c query.TableChange) []byte {
	m := c.Mount
	b = appendJSON(append(b, `{"kind":`...), string(c.Kind))
	b = strconv.AppendUint(append(b, `,"id":`...), uint64(m.ID), 10)
	b = strconv.AppendUint(append(b, `,"parent":`...), uint64(m.Mount.Parent), 10)
	for _, f := range []named{
		{"target", m.Point},
		{"fstype", m.FSType},
		{"source", m.Source},
		{"fsroot", m.Root},
		{"options", m.VFSOptions},
		{"propagation", m.Propagation()},
		{"from", c.From},
		{"to", c.To},
	} {
		b = appendText(append(append(append(b, `,"`...), f.key...), `":`...), f.text)
	}
	b = appendBytes(b, named{"target", m.Point}, named{"source", m.Source}, named{"fsroot", m.Root})
	return append(b, '}')
}
