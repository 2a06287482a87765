package render

import (
	"bytes"
	"encoding/json"
	"io"
)

// Document writes a value as one JSON document, laid out as the other commands
// do, for answers that are no table. Nothing in it acts on a terminal.
func Document(w io.Writer, v any) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "   ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	// In JSON a newline stands between the lines of its layout only.
	for line := range bytes.Lines(out.Bytes()) {
		if _, err := w.Write(append(escapeRunes(bytes.TrimSuffix(line, []byte{'\n'})), '\n')); err != nil {
			return err
		}
	}
	return nil
}
