package launch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"

	"golang.org/x/sys/unix"
)

// The conversation of the two processes, over one pair of sockets:
//
//	the caller's process                      the child
//	--------------------                      ---------
//	step 1: clone ──────────────────────────> /proc/self/exe, named childName
//	length, plan ───────────────────────────> reads all of it
//	                                          step 2
//	         <─────────── reportDone 2 ──────
//	                                          step 3 is the parent's: waits
//	step 3
//	         ──────────── go 3 ─────────────>
//	                                          step 4
//	                                          ...
//	                                          step n refused: undoes what the
//	                                          steps before have made
//	         <─────────── reportFailed n ──── and exits
//	                     or
//	                                          last step: execve, which closes
//	         <─────────── end ─────────────── the child's socket
//
// An end of the reports behind the last step but one is therefore success, and
// an earlier end without reportFailed a child that died. When the caller asked
// to watch, the child waits for a go before each of its steps. An end of the
// caller's socket is its death: the child undoes what it has made and exits.
//
// A report is a head (kind, step, errno, length of the text) and its text: the
// call that was refused inside of a step, a NUL, and what it was about. The
// reports of steps that succeeded are sent only before a turn of the parent, when
// watched, and before the last step.
const (
	childName = "nsview-launch-child"

	talkFD   = 3 // the child's end of the conversation
	toParent = socket(talkFD)

	reportDone   = 'd'
	reportFailed = 'f'
	headSize     = 1 + 4 + 4 + 4
	maxText      = 1 << 16 // bytes of a report's text

	maxPlan = 1 << 26 // bytes; the kernel takes far less as arguments of a command
)

type report struct {
	kind  byte
	step  int
	errno unix.Errno
	text  string
}

func (r report) bytes() []byte {
	if len(r.text) > maxText {
		r.text = r.text[:maxText]
	}
	b := binary.NativeEndian.AppendUint32([]byte{r.kind}, uint32(r.step))
	b = binary.NativeEndian.AppendUint32(b, uint32(r.errno))
	b = binary.NativeEndian.AppendUint32(b, uint32(len(r.text)))
	return append(b, r.text...)
}

// readReport returns io.EOF at the end, also when it comes in the middle of a
// report, as a dying child may leave it.
func readReport(in io.Reader) (report, error) {
	var b [headSize]byte
	if _, err := io.ReadFull(in, b[:]); err != nil {
		return report{}, atEnd(err)
	}
	r := report{kind: b[0], step: int(binary.NativeEndian.Uint32(b[1:])), errno: unix.Errno(binary.NativeEndian.Uint32(b[5:]))}
	n := binary.NativeEndian.Uint32(b[9:])
	if n > maxText {
		return report{}, fmt.Errorf("a report of %d bytes", n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(in, text); err != nil {
		return report{}, atEnd(err)
	}
	r.text = string(text)
	return r, nil
}

// atEnd takes a reset connection for an end: the child died with words unread.
func atEnd(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, unix.ECONNRESET) {
		return io.EOF
	}
	return err
}

// plan is what the child is told.
type plan struct {
	First   int  // the number of its first step
	Watched bool // it waits for a go before each step
	Steps   []sent
}

// sent is a step as it crosses. A step of the parent has no action, but may
// give a descriptor for a slot.
type sent struct {
	Kind   string
	Slot   string
	Action childAction
}

// encode writes the plan, with its length in front.
func (p plan) encode() []byte {
	b := make([]byte, 4, 1<<13)
	b = appendValue(b, reflect.ValueOf(p.First))
	b = appendValue(b, reflect.ValueOf(p.Watched))
	b = binary.AppendUvarint(b, uint64(len(p.Steps)))
	for _, s := range p.Steps {
		b = appendValue(b, reflect.ValueOf(s.Kind))
		b = appendValue(b, reflect.ValueOf(s.Slot))
		if s.Kind != "" {
			b = appendValue(b, reflect.ValueOf(s.Action).Elem())
		}
	}
	binary.NativeEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// kindOf is the name of an action's type.
func kindOf(a Action) string { return reflect.TypeOf(a).Elem().Name() }

// decodePlan reads what encode wrote, without the length.
func decodePlan(b []byte) (plan, error) {
	d := decoder{rest: b}
	var p plan
	d.value(reflect.ValueOf(&p.First).Elem())
	d.value(reflect.ValueOf(&p.Watched).Elem())
	kinds := map[string]reflect.Type{}
	for _, a := range actions() {
		kinds[kindOf(a)] = reflect.TypeOf(a).Elem()
	}
	n := d.length()
	for i := 0; i < n && d.err == nil; i++ {
		var s sent
		d.value(reflect.ValueOf(&s.Kind).Elem())
		d.value(reflect.ValueOf(&s.Slot).Elem())
		if s.Kind != "" && d.err == nil {
			kind, ok := kinds[s.Kind]
			if !ok {
				return p, fmt.Errorf("read the plan: no action %q", s.Kind)
			}
			v := reflect.New(kind)
			d.value(v.Elem())
			s.Action, _ = v.Interface().(childAction)
		}
		p.Steps = append(p.Steps, s)
	}
	if d.err == nil && len(d.rest) > 0 {
		d.err = errors.New("there is more than the plan")
	}
	if d.err != nil {
		return p, fmt.Errorf("read the plan: %w", d.err)
	}
	return p, nil
}
