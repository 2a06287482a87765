package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// configName is the name that the specification gives the configuration
// (bundle.md).
const configName = "config.json"

// maxConfig is far more than any configuration needs, in bytes: a device or an
// endless file must not fill the memory.
const maxConfig = 16 << 20

// Bundle is a bundle that was read and found to make sense.
type Bundle struct {
	Dir    string // the bundle's directory, absolute
	Config specs.Spec
	// Warnings are properties that the specification does not know, and what the
	// kernel does otherwise than it is written.
	Warnings []string

	at places
}

// Error is something wrong with a configuration.
type Error struct {
	File         string
	Line, Column int    // from 1; the column counts bytes
	Path         string // of the value, as in process.args[0]; "" when it is the text that is wrong
	Err          error
}

// Error is "config.json:12:5: process.args[0]: cause".
func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s:%d:%d: %v", e.File, e.Line, e.Column, e.Err)
	}
	return fmt.Sprintf("%s:%d:%d: %s: %v", e.File, e.Line, e.Column, e.Path, e.Err)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Read reads the bundle in a directory. The error is an [*Error] when the
// configuration is wrong or asks for what nsview does not do.
func Read(dir string) (*Bundle, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("read the bundle: %w", err)
	}
	file := filepath.Join(dir, configName)
	text, err := readConfig(file)
	if err != nil {
		return nil, fmt.Errorf("read the bundle %s: %w", dir, err)
	}
	b, err := Parse(file, text)
	if err != nil {
		return nil, fmt.Errorf("read the bundle: %w", err)
	}
	b.Dir = dir
	return b, nil
}

// readConfig reads a regular file only: opening a FIFO would wait for ever.
func readConfig(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		if _, dirErr := os.Stat(filepath.Dir(file)); dirErr == nil {
			return nil, fmt.Errorf("there is no %s in it", configName)
		}
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", configName)
	}
	if info.Size() > maxConfig {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", configName, info.Size(), maxConfig)
	}
	return os.ReadFile(file)
}

// Parse is [Read] of a text; file is what messages call it.
func Parse(file string, text []byte) (*Bundle, error) {
	at, err := survey(file, text)
	if err != nil {
		return nil, err
	}
	b := &Bundle{at: at, Warnings: at.warnings}
	if err := json.Unmarshal(text, &b.Config); err != nil {
		return nil, at.decodeError(err)
	}
	if err := at.refuse(); err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return b, nil
}

// decodeError places an error of encoding/json. Its paths have no indices, so
// the value is found by where it ends.
func (p *places) decodeError(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return p.error("", err)
	}
	path := p.endingAt(wrong.Offset)
	if path == "" {
		path = wrong.Field
	}
	return p.error(path, fmt.Errorf("is %s where %s is wanted", article(wrong.Value), wantedName(wrong.Type.String())))
}

// article is what encoding/json calls a value, as in "number 300", without the
// value.
func article(kind string) string {
	word, _, _ := strings.Cut(kind, " ")
	if strings.IndexByte("aeiou", word[0]) >= 0 {
		return "an " + word
	}
	return "a " + word
}

// wantedName says in the words of JSON what a Go type takes.
func wantedName(goType string) string {
	goType = strings.TrimLeft(goType, "*")
	switch {
	case strings.HasPrefix(goType, "[]"):
		return "an array"
	case strings.HasPrefix(goType, "map["):
		return "an object"
	}
	switch goType {
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	case "int", "int32", "int64", "uint", "uint16", "uint32", "uint64", "fs.FileMode":
		return "a number that fits " + strings.TrimPrefix(goType, "fs.")
	}
	if strings.HasPrefix(goType, "specs.") {
		return "an object or a name of type " + strings.TrimPrefix(goType, "specs.")
	}
	return goType
}
