package render

import (
	"encoding/base64"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/nsview/nsview/inspect/watch"
)

// EventJSON prints an event as one line of JSON, in one write.
func EventJSON(w io.Writer, e *watch.Event) error {
	b := append(make([]byte, 0, 512), `{"time":`...)
	b = e.Time.AppendFormat(append(b, '"'), time.RFC3339Nano)
	b = strconv.AppendUint(append(b, `","seq":`...), e.Seq, 10)
	b = appendJSON(append(b, `,"kind":`...), string(e.Kind))
	b = appendOrigin(append(b, `,"origin":`...), e)
	b = append(b, `,"receivers":[`...)
	for i := range e.Receivers {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendReceiver(b, &e.Receivers[i])
	}
	b = appendText(append(b, `],"fstype":`...), e.FSType)
	b = appendText(append(b, `,"source":`...), e.Source)
	b = appendText(append(b, `,"root":`...), e.Root)
	b = appendFromTo(append(b, `,"propagation":`...), e, e.Kind == watch.Propagation)
	b = appendMore(b, e)
	b = appendBytes(b, named{"source", e.Source}, named{"root", e.Root})
	_, err := w.Write(append(b, '}', '\n'))
	return err
}

// appendMore adds what only some kinds have.
func appendMore(b []byte, e *watch.Event) []byte {
	if e.Kind == watch.Remount {
		b = appendFromTo(append(b, `,"options":`...), e, true)
	}
	if e.Kind == watch.Move {
		b = appendFromTo(append(b, `,"moved":`...), e, true)
	}
	if e.Below > 0 {
		b = strconv.AppendInt(append(b, `,"below":`...), int64(e.Below), 10)
	}
	if e.Kind == watch.Lost {
		b = appendJSON(append(b, `,"error":`...), e.Why)
	}
	return b
}

func appendOrigin(b []byte, e *watch.Event) []byte {
	o := &e.Origin
	if e.Kind == watch.Lost && o.NS == 0 {
		return append(b, "null"...)
	}
	b = appendWhere(append(b, '{'), &o.Place)
	b = appendNumber(append(b, `,"pid":`...), uint64(o.PID))
	b = appendText(append(b, `,"comm":`...), o.Comm)
	b = appendText(append(b, `,"owner":`...), o.Owner)
	return append(appendBytes(b, named{"target", o.Target}, named{"comm", o.Comm}), '}')
}

func appendReceiver(b []byte, r *watch.Receiver) []byte {
	b = appendWhere(append(b, '{'), &r.Place)
	b = appendText(append(b, `,"via":`...), string(r.Via))
	b = strconv.AppendBool(append(b, `,"beneath":`...), r.Beneath)
	return append(appendBytes(b, named{"target", r.Target}), '}')
}

func appendWhere(b []byte, p *watch.Place) []byte {
	b = appendNumber(append(b, `"ns":`...), p.NS)
	b = appendText(append(b, `,"target":`...), p.Target)
	return appendNumber(append(b, `,"mount_id":`...), uint64(p.MountID))
}

func appendFromTo(b []byte, e *watch.Event, has bool) []byte {
	if !has {
		return append(b, `null`...)
	}
	b = appendText(append(b, `{"from":`...), e.From)
	return append(appendText(append(b, `,"to":`...), e.To), '}')
}

// appendText adds a string, null for none.
func appendText(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendJSON(b, s)
}

// named is a value and its key.
type named struct{ key, text string }

// appendBytes adds the true bytes of what is not UTF-8.
func appendBytes(b []byte, list ...named) []byte {
	first := true
	for _, n := range list {
		if utf8.ValidString(n.text) {
			continue
		}
		if first {
			b = append(b, `,"raw_base64":{`...)
		} else {
			b = append(b, ',')
		}
		first = false
		b = append(appendJSON(b, n.key), ':')
		b = appendJSON(b, base64.StdEncoding.EncodeToString([]byte(n.text)))
	}
	if !first {
		b = append(b, '}')
	}
	return b
}
