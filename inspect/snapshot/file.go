package snapshot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxFile is the size, uncompressed, above which a saved host is refused: ten
// times a host of 10,000 processes and 100,000 mounts.
const MaxFile = 512 << 20

// Save writes the snapshot as JSON, one namespace, process or mount a line. The
// same snapshot gives the same bytes. Strings that are not UTF-8 survive (see
// EncodeText).
func (s *Snapshot) Save(w io.Writer) error {
	out := &saver{w: bufio.NewWriterSize(w, 64<<10)}
	out.text("{")
	out.member("nsview_snapshot", s.Version)
	out.text(",\n")
	out.member("host", s.Host)
	out.text(",\n")
	out.member("reader", s.Reader)
	out.text(",\n")
	out.member("want", s.Want)
	out.text(",\n")
	out.member("counts", s.Counts)
	saveList(out, "namespaces", s.Namespaces, (*Namespace).Encoded)
	saveList(out, "processes", s.Processes, (*Process).Encoded)
	saveList(out, "containers", s.Containers, nil)
	saveList(out, "gaps", s.Gaps, nil)
	out.text(",\n")
	out.member("users", s.Users)
	if s.Busy != nil {
		out.text(",\n")
		out.member("busy", s.Busy.encoded())
	}
	out.tables(s.Tables)
	out.text("}\n")
	if out.err != nil {
		return fmt.Errorf("write snapshot: %w", out.err)
	}
	return out.w.Flush()
}

// saver keeps the first error, so that writing reads as one column of lines.
type saver struct {
	w   *bufio.Writer
	err error
}

func (o *saver) text(s string) {
	if o.err == nil {
		_, o.err = o.w.WriteString(s)
	}
}

func (o *saver) value(v any) {
	b, err := json.Marshal(v)
	if o.err == nil {
		o.err = err
	}
	o.text(string(b))
}

func (o *saver) member(key string, v any) {
	o.text(`"` + key + `":`)
	o.value(v)
}

func saveList[T any](o *saver, key string, list []T, encoded func(*T) T) {
	o.text(",\n\"" + key + `":[`)
	saveItems(o, list, encoded)
	o.text("]")
}

func saveItems[T any](o *saver, list []T, encoded func(*T) T) {
	for i := range list {
		if i > 0 {
			o.text(",")
		}
		o.text("\n")
		if encoded != nil {
			o.value(encoded(&list[i]))
		} else {
			o.value(list[i])
		}
	}
}

// tables writes each table with a mount a line.
func (o *saver) tables(list []Table) {
	o.text(",\n\"tables\":[")
	for i := range list {
		if i > 0 {
			o.text(",")
		}
		head := list[i]
		head.Mounts, head.Root = nil, EncodeText(head.Root)
		b, err := json.Marshal(head)
		if err != nil && o.err == nil {
			o.err = err
		}
		start, _ := bytes.CutSuffix(b, []byte(`null}`))
		o.text("\n" + string(start) + "[")
		saveItems(o, list[i].Mounts, (*Mount).Encoded)
		o.text("]}")
	}
	o.text("]")
}

// Load reads a file that Save wrote. A file of a future version, one cut short
// and one that no host can have given are refused.
func Load(r io.Reader) (*Snapshot, error) { return load(r, MaxFile) }

func load(r io.Reader, limit int64) (*Snapshot, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, cutShort(err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("larger than %d MiB, which no host of nsview's is", limit>>20)
	}
	var head struct {
		Version *int `json:"nsview_snapshot"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, cutShort(err)
	}
	switch {
	case head.Version == nil:
		return nil, errors.New("no snapshot of nsview: it has no nsview_snapshot version")
	case *head.Version > FormatVersion || *head.Version < 1:
		return nil, fmt.Errorf("snapshot format %d is not known, this nsview reads format %d", *head.Version, FormatVersion)
	}
	var s Snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, cutShort(err)
	}
	s.decodeTexts()
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s.Normalize()
	return &s, nil
}

// cutShort words the errors of a file that ends too early.
func cutShort(err error) error {
	var syntax *json.SyntaxError
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &syntax) && syntax.Error() == "unexpected end of JSON input" {
		return errors.New("the file is cut short")
	}
	return err
}
