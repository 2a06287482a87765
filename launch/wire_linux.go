package launch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"golang.org/x/sys/unix"
)

// The conversation of the two processes:
//
//	the caller's process                      the child
//	--------------------                      ---------
//	step 1: clone ──────────────────────────> /proc/self/exe, named childName
//	plan, to its end ──────── planFD ───────> reads all of it
//	                                          step 2
//	         <─────────── reportFD ────────── reportDone 2
//	                                          ...
//	                                          step n refused
//	         <─────────── reportFD ────────── reportFailed n errno, and exits
//	                     or
//	                                          last step: execve, which closes
//	         <─────────── end ─────────────── reportFD
//
// An end of the reports behind the last step but one is therefore success, and
// an earlier end without reportFailed a child that died.
//
// A plan is a list of words, each closed by a NUL, which no argument of these
// calls can hold: names of a file system need not be text. A report is
// reportSize bytes: kind, step, errno.
const (
	childName = "nsview-launch-child"

	planFD   = 3 // the child's end of the plan
	reportFD = 4 // the child's end of the reports

	reportDone   = 'd'
	reportFailed = 'f'
	reportSize   = 9
)

type report struct {
	kind  byte
	step  int
	errno unix.Errno
}

func (r report) bytes() []byte {
	b := binary.NativeEndian.AppendUint32([]byte{r.kind}, uint32(r.step))
	return binary.NativeEndian.AppendUint32(b, uint32(r.errno))
}

// readReport returns io.EOF at the end, also when it comes in the middle of a
// report, as a dying child may leave it.
func readReport(r io.Reader) (report, error) {
	var b [reportSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		return report{}, err
	}
	return report{
		kind: b[0], step: int(binary.NativeEndian.Uint32(b[1:])),
		errno: unix.Errno(binary.NativeEndian.Uint32(b[5:])),
	}, nil
}

// encode writes a plan. The clone is done by then, so that its maps stay out.
func encode(steps []Step) []byte {
	var b []byte
	word := func(s string) { b = append(append(b, s...), 0) }
	list := func(words []string) {
		word(strconv.Itoa(len(words)))
		for _, w := range words {
			word(w)
		}
	}
	for _, s := range steps {
		for _, w := range []string{string(s.Call), s.Source, s.Target, s.FSType, s.Data} {
			word(w)
		}
		word(strconv.FormatUint(s.Flags, 10))
		ids := make([]string, len(s.IDs))
		for i, id := range s.IDs {
			ids[i] = strconv.Itoa(id)
		}
		list(ids)
		list(s.Args)
		list(s.Env)
	}
	return b
}

// decode reads what encode wrote.
func decode(b []byte) ([]Step, error) {
	d := decoder{rest: b}
	var steps []Step
	for len(d.rest) > 0 {
		s := Step{Call: Call(d.word()), Source: d.word(), Target: d.word(), FSType: d.word(), Data: d.word()}
		s.Flags = d.number()
		for _, id := range d.list() {
			n, err := strconv.Atoi(id)
			d.note(err)
			s.IDs = append(s.IDs, n)
		}
		s.Args, s.Env = d.list(), d.list()
		if d.err != nil {
			return nil, fmt.Errorf("read the plan: %w", d.err)
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// decoder takes words off a plan and keeps the first error.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) note(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) word() string {
	w, rest, ok := bytes.Cut(d.rest, []byte{0})
	if !ok {
		d.note(io.ErrUnexpectedEOF)
	}
	d.rest = rest
	return string(w)
}

func (d *decoder) number() uint64 {
	n, err := strconv.ParseUint(d.word(), 10, 64)
	d.note(err)
	return n
}

func (d *decoder) list() []string {
	var list []string
	for n := d.number(); n > 0 && d.err == nil; n-- {
		list = append(list, d.word())
	}
	return list
}
