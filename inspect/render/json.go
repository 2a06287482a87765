package render

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/nsview/nsview/inspect/snapshot"
)

// jsonWriter writes one JSON document in the layout of lsns -J and findmnt -J:
// three blanks a level, a key a line.
type jsonWriter struct {
	out   *bufio.Writer
	depth int
}

func newJSON(w io.Writer) *jsonWriter { return &jsonWriter{out: bufio.NewWriterSize(w, 64<<10)} }

func (j *jsonWriter) indent() { _, _ = j.out.Write(j.appendIndent(j.out.AvailableBuffer())) }

func (j *jsonWriter) appendIndent(b []byte) []byte {
	for range j.depth {
		b = append(b, "   "...)
	}
	return b
}

// appendField starts a line with a key as it stands in JSON, for writers of many
// fields at once.
func (j *jsonWriter) appendField(b []byte, key string) []byte {
	return append(j.appendIndent(append(b, '\n')), key...)
}

// string writes a string of the host, into the writer's own buffer as a rule.
func (j *jsonWriter) string(s string) {
	_, _ = j.out.Write(appendJSON(j.out.AvailableBuffer(), s))
}

func (j *jsonWriter) raw(s string) { _, _ = j.out.WriteString(s) }

// field starts a key; first says that none came before it in its object.
func (j *jsonWriter) field(key string, first bool) {
	if !first {
		j.raw(",")
	}
	j.raw("\n")
	j.indent()
	j.string(key)
	j.raw(": ")
}

// open and close bracket an object or array and its level.
func (j *jsonWriter) open(bracket string) {
	j.raw(bracket)
	j.depth++
}

func (j *jsonWriter) close(bracket string) {
	j.depth--
	j.raw("\n")
	j.indent()
	j.raw(bracket)
}

// value writes a value: null, a string of the host, or what encoding/json
// makes of anything else.
func (j *jsonWriter) value(v any) {
	switch v := v.(type) {
	case nil:
		j.raw("null")
	case string:
		j.string(v)
	case int:
		_, _ = j.out.Write(strconv.AppendInt(j.out.AvailableBuffer(), int64(v), 10))
	case uint64:
		_, _ = j.out.Write(strconv.AppendUint(j.out.AvailableBuffer(), v, 10))
	case bool:
		_, _ = j.out.Write(strconv.AppendBool(j.out.AvailableBuffer(), v))
	case []string:
		j.strings(v)
	default:
		b, err := json.Marshal(v)
		if err != nil {
			b = []byte("null")
		}
		_, _ = j.out.Write(b)
	}
}

func (j *jsonWriter) strings(list []string) {
	j.raw("[")
	for i, s := range list {
		if i > 0 {
			j.raw(", ")
		}
		j.string(s)
	}
	j.raw("]")
}

// array writes objects between brackets, "},{" between them.
func (j *jsonWriter) array(n int, object func(i int)) {
	if n == 0 {
		j.raw("[]")
		return
	}
	j.open("[")
	j.raw("\n")
	j.indent()
	for i := range n {
		if i > 0 {
			j.raw(",")
		}
		j.open("{")
		object(i)
		j.close("}")
	}
	j.close("]")
}

// columns writes the cells of a row, and beside them the true bytes of those
// that are not UTF-8. It says whether it wrote any.
func columns[R any](j *jsonWriter, cols []Column[R], r R) {
	type bytesOf struct{ key, text string }
	var invalid []bytesOf
	for i, c := range cols {
		j.field(c.key(), i == 0)
		j.value(c.value(r))
		if text := c.Text(r); !utf8.ValidString(text) {
			invalid = append(invalid, bytesOf{c.key(), text})
		}
	}
	if invalid == nil {
		return
	}
	j.field("raw_base64", len(cols) == 0)
	j.open("{")
	for i, b := range invalid {
		j.field(b.key, i == 0)
		j.value(base64.StdEncoding.EncodeToString([]byte(b.text)))
	}
	j.close("}")
}

// treeObjects writes rows, each with those below it as its children.
func treeObjects[R any](j *jsonWriter, rows []R, below func(R) []R, cols []Column[R]) {
	j.array(len(rows), func(i int) {
		columns(j, cols, rows[i])
		if under := below(rows[i]); len(under) > 0 {
			j.field("children", false)
			treeObjects(j, under, below, cols)
		}
	})
}

// gaps writes what could not be read.
func (j *jsonWriter) gaps(list []snapshot.Gap) {
	j.field("gaps", false)
	j.array(len(list), func(i int) {
		j.field("subject", true)
		j.value(list[i].Subject)
		j.field("op", false)
		j.value(list[i].Op)
		j.field("error", false)
		j.value(list[i].Error)
	})
}

// document writes the outermost object.
func (j *jsonWriter) document(body func()) error {
	j.open("{")
	body()
	j.close("}")
	j.raw("\n")
	return j.out.Flush()
}
