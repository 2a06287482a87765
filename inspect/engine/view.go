package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Limits against state that is hostile or broken.
const (
	maxFile    = 4 << 20
	maxAnswer  = 16 << 20
	maxEntries = 10000
)

var errTooLarge = errors.New("larger than nsview reads")

// view is a root directory: the host's, or that of a process at
// /proc/PID/root.
type view struct {
	fsys fs.FS
	at   string
}

// name turns an absolute path into one for the fs.FS.
func (v view) name(p string) string {
	p = strings.TrimPrefix(path.Join("/", v.at, path.Join("/", p)), "/")
	if p == "" {
		return "."
	}
	return p
}

// read reads a plain file. Anything else could hang, as a pipe would.
func (v view) read(p string) ([]byte, error) {
	name := v.name(p)
	info, err := fs.Stat(v.fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: not a plain file", p)
	}
	f, err := v.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limited(f, maxFile)
}

func limited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errTooLarge
	}
	return data, err
}

// readJSON reads a file of one JSON value.
func (v view) readJSON(p string, into any) error {
	data, err := v.read(p)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("parse %s: %w", p, err)
	}
	return nil
}

// list names the entries of a directory in order.
func (v view) list(p string) ([]string, error) {
	f, err := v.fsys.Open(v.name(p))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	dir, ok := f.(fs.ReadDirFile)
	if !ok {
		return nil, fmt.Errorf("list %s: not a directory", p)
	}
	entries, err := dir.ReadDir(maxEntries)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	slices.Sort(names)
	return names, err
}

// annotations are those of an OCI runtime's config.json. The value before them
// is skipped and what follows, by far the most, is not parsed.
func (v view) annotations(p string) (map[string]string, error) {
	data, err := v.read(p)
	if err != nil {
		return nil, err
	}
	found, err := member(data, "annotations")
	if err != nil || found == nil {
		return nil, err
	}
	var notes map[string]string
	return notes, json.Unmarshal(found, &notes)
}

// member is the value of one member of a JSON object, nil when it has none.
func member(data []byte, key string) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if name == key {
			return value, nil
		}
	}
	return nil, nil
}
