package snapshot

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// JSON strings are Unicode and the names of a host are bytes. In a saved file a
// byte that is not part of valid UTF-8 is the private character bytePlane plus
// its value, and so are the bytes of a name that really has such a character:
// every string comes back as it was.
const bytePlane = 0x10ff00

func isBytePlane(r rune) bool { return r >= bytePlane && r <= bytePlane+0xff }

// EncodeText makes of any bytes a string that JSON can hold.
func EncodeText(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, isBytePlane) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || isBytePlane(r) {
			for _, c := range []byte(s[i : i+n]) {
				b.WriteRune(bytePlane + rune(c))
			}
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// DecodeText gives the bytes back that [EncodeText] was given.
func DecodeText(s string) string {
	if !strings.ContainsFunc(s, isBytePlane) {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if isBytePlane(r) {
			b = append(b, byte(r-bytePlane))
		} else {
			b = utf8.AppendRune(b, r)
		}
	}
	return string(b)
}

// texts visits the strings that come from the host and may be any bytes.
func (m *Mount) texts(visit func(*string)) {
	for _, s := range []*string{&m.Root, &m.Point, &m.FSType, &m.Source, &m.VFSOptions, &m.FSOptions} {
		visit(s)
	}
}

func (p *Process) texts(visit func(*string)) {
	for _, s := range []*string{&p.Comm, &p.Cmdline, &p.Cgroup, &p.Root} {
		visit(s)
	}
}

func (n *Namespace) texts(visit func(*string)) {
	for i := range n.Holds {
		visit(&n.Holds[i].Path)
	}
}

func (b *Busy) texts(visit func(*string)) {
	for i := range b.Uses {
		visit(&b.Uses[i].Path)
		visit(&b.Uses[i].Of)
	}
	for i := range b.Blocks {
		visit(&b.Blocks[i].DM)
		visit(&b.Blocks[i].Backing)
	}
	for i := range b.Loops {
		visit(&b.Loops[i].Path)
	}
	for i := range b.Swaps {
		visit(&b.Swaps[i].Path)
	}
	for i := range b.Named {
		n := &b.Named[i]
		for _, s := range []*string{&n.Name, &n.Path, &n.File} {
			visit(s)
		}
	}
}

func encodeInto(s *string) { *s = EncodeText(*s) }
func decodeInto(s *string) { *s = DecodeText(*s) }

// Encoded is a copy whose strings JSON can hold; Decode undoes it.
func (m *Mount) Encoded() Mount {
	c := *m
	c.texts(encodeInto)
	return c
}

// Decode is described with [Mount.Encoded].
func (m *Mount) Decode() { m.texts(decodeInto) }

// Encoded is a copy whose strings JSON can hold; Decode undoes it.
func (p *Process) Encoded() Process {
	c := *p
	c.texts(encodeInto)
	return c
}

// Decode is described with [Process.Encoded].
func (p *Process) Decode() { p.texts(decodeInto) }

// Encoded is a copy whose strings JSON can hold; Decode undoes it.
func (n *Namespace) Encoded() Namespace {
	c := *n
	c.Holds = append([]Hold(nil), n.Holds...)
	c.texts(encodeInto)
	return c
}

// Decode is described with [Namespace.Encoded].
func (n *Namespace) Decode() { n.texts(decodeInto) }

func (b *Busy) encoded() *Busy {
	if b == nil {
		return nil
	}
	c := *b
	c.Uses, c.Blocks, c.Loops = slices.Clone(b.Uses), slices.Clone(b.Blocks), slices.Clone(b.Loops)
	c.Swaps, c.Named = slices.Clone(b.Swaps), slices.Clone(b.Named)
	c.texts(encodeInto)
	return &c
}

func (s *Snapshot) decodeTexts() {
	if s.Busy != nil {
		s.Busy.texts(decodeInto)
	}
	for i := range s.Namespaces {
		s.Namespaces[i].Decode()
	}
	for i := range s.Processes {
		s.Processes[i].Decode()
	}
	for i := range s.Tables {
		decodeInto(&s.Tables[i].Root)
		for j := range s.Tables[i].Mounts {
			s.Tables[i].Mounts[j].Decode()
		}
	}
}
