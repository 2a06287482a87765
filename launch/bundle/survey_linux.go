package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// place is a value of the configuration.
type place struct {
	path       string // process.args[0]
	rule       string // the same without indices and keys: process.args[]
	start, end int64  // in the text
	empty      bool   // null, false, "", [] or {}: asks for nothing
}

// places are all values of a configuration, in the order of the text.
type places struct {
	file     string
	text     []byte
	list     []place
	warnings []string
}

// survey finds every value, and the properties that the specification does not
// know. The error is one of the text: a syntax error, a property that comes
// twice.
func survey(file string, text []byte) (places, error) {
	s := &surveyor{places: places{file: file, text: text}, in: json.NewDecoder(bytes.NewReader(text))}
	s.in.UseNumber()
	if err := s.value("", "", reflect.TypeFor[specs.Spec](), 0); err != nil {
		return s.places, s.syntaxError(err)
	}
	if rest := s.next(); rest < int64(len(text)) {
		return s.places, s.errorAt(rest, "", errors.New("there is more after the end of the object"))
	}
	return s.places, nil
}

type surveyor struct {
	places
	in *json.Decoder
}

// maxDepth is more than the specification has; encoding/json takes 10,000,
// which would be a deep recursion.
const maxDepth = 64

// errDouble is a property that comes twice, of which a decoder would take the
// last.
type errDouble struct {
	path string
	at   int64
}

func (e *errDouble) Error() string { return "the property comes twice" }

// value surveys a value and what is in it. t is what the specification says of
// it, nil for what it does not know.
func (s *surveyor) value(path, rule string, t reflect.Type, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("values are nested more than %d deep", maxDepth)
	}
	start := s.next()
	token, err := s.in.Token()
	if err != nil {
		return err
	}
	at := len(s.list)
	s.list = append(s.list, place{path: path, rule: rule, start: start})
	switch token {
	case json.Delim('{'):
		err = s.object(path, rule, t, depth)
		s.list[at].empty = len(s.list) == at+1
	case json.Delim('['):
		err = s.array(path, rule, t, depth)
		s.list[at].empty = len(s.list) == at+1
	case nil, false, "":
		s.list[at].empty = true
	}
	s.list[at].end = s.in.InputOffset()
	return err
}

func (s *surveyor) object(path, rule string, t reflect.Type, depth int) error {
	seen := map[string]bool{}
	known := t != nil
	for s.in.More() {
		start := s.next()
		token, err := s.in.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return errors.New("a property has no name")
		}
		field, below, sort := s.property(name, t)
		inside, insideRule := join(path, field), join(rule, field)
		if sort == ofMap {
			inside, insideRule = path+"["+strconv.Quote(name)+"]", rule+"[*]"
		}
		if known && sort == unknown {
			s.warn(start, inside)
		}
		if seen[inside] {
			return &errDouble{inside, start}
		}
		seen[inside] = true
		if err := s.value(inside, insideRule, below, depth+1); err != nil {
			return err
		}
	}
	_, err := s.in.Token()
	return err
}

func (s *surveyor) array(path, rule string, t reflect.Type, depth int) error {
	var below reflect.Type
	if t = pointed(t); t != nil && t.Kind() == reflect.Slice {
		below = t.Elem()
	}
	for i := 0; s.in.More(); i++ {
		if err := s.value(fmt.Sprintf("%s[%d]", path, i), rule+"[]", below, depth+1); err != nil {
			return err
		}
	}
	_, err := s.in.Token()
	return err
}

// What a property may be.
const (
	unknown = iota
	ofStruct
	ofMap
)

// property finds what the specification says of a property of t. Its name is
// then that of the specification: encoding/json takes any case.
func (s *surveyor) property(name string, t reflect.Type) (string, reflect.Type, int) {
	t = pointed(t)
	switch {
	case t == nil:
	case t.Kind() == reflect.Map:
		return name, t.Elem(), ofMap
	case t.Kind() == reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag != "" && strings.EqualFold(tag, name) {
				return tag, f.Type, ofStruct
			}
		}
	}
	return name, nil, unknown
}

// pointed is the type behind pointers.
func pointed(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// next is where the next token starts.
func (s *surveyor) next() int64 {
	at := s.in.InputOffset()
	for at < int64(len(s.text)) && strings.IndexByte(" \t\r\n,:", s.text[at]) >= 0 {
		at++
	}
	return at
}

func (s *surveyor) warn(start int64, path string) {
	line, column := s.position(start)
	s.warnings = append(s.warnings, fmt.Sprintf("%s:%d:%d: %s: not known to the runtime specification %s, ignored",
		s.file, line, column, path, specs.Version))
}

// syntaxError places an error of the text.
func (s *surveyor) syntaxError(err error) error {
	var double *errDouble
	if errors.As(err, &double) {
		return s.errorAt(double.at, double.path, double)
	}
	// The decoder of the whole knows better where a text breaks off.
	var syntax *json.SyntaxError
	if whole := json.Unmarshal(s.text, new(any)); errors.As(whole, &syntax) {
		at := syntax.Offset - 1
		if strings.Contains(syntax.Error(), "unexpected end") {
			at = syntax.Offset
		}
		return s.errorAt(max(at, 0), "", syntax)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return s.errorAt(s.in.InputOffset(), "", err)
}

// position is the line and column of an offset, from 1.
func (p *places) position(offset int64) (line, column int) {
	before := p.text[:min(offset, int64(len(p.text)))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

func (p *places) errorAt(offset int64, path string, err error) error {
	line, column := p.position(offset)
	return &Error{File: p.file, Line: line, Column: column, Path: path, Err: err}
}

// error places an error at a value, or at the innermost value around it when
// it is not there.
func (p *places) error(path string, err error) error {
	for around := path; ; {
		for _, at := range p.list {
			if at.path == around {
				return p.errorAt(at.start, path, err)
			}
		}
		cut := strings.LastIndexAny(around, ".[")
		if cut < 0 {
			return p.errorAt(0, path, err)
		}
		around = around[:cut]
	}
}

// endingAt is the path of the value that ends at an offset, or that an offset
// lies in; the innermost one.
func (p *places) endingAt(offset int64) string {
	found := ""
	for _, at := range p.list {
		if at.start < offset && offset <= at.end {
			found = at.path
		}
	}
	return found
}
