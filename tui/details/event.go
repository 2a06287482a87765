package details

import (
	"fmt"
	"strconv"

	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/tui/events"
	"github.com/nsview/nsview/tui/names"
)

// maxReceivers is how many receivers of an event are told one by one.
const maxReceivers = 200

// eventFields are one propagation: where it started, who did it, and every
// place that it reached.
func eventFields(b names.Book, e *watch.Event) []field {
	list := []field{{string(e.Kind), headOf(b, e)}}
	add := func(name, value string) {
		if value != "" {
			list = append(list, field{name, value})
		}
	}
	add("what", events.What(e))
	if e.Root != "/" {
		add("root", e.Root)
	}
	add("by", whoDid(e))
	add("time", e.Time.Format("15:04:05.000"))
	if e.Below > 0 {
		add("below it", fmt.Sprintf("%d more mounts by the same call", e.Below))
	}
	for i, r := range e.Receivers {
		if i == maxReceivers {
			add("reached", fmt.Sprintf("and %d more", len(e.Receivers)-i))
			break
		}
		add("reached", receiverText(b, r))
	}
	if len(e.Receivers) == 0 && (e.Kind == watch.Mount || e.Kind == watch.Umount) {
		add("reached", "nothing else: what it was done on passes nothing on")
	}
	return list
}

func headOf(b names.Book, e *watch.Event) string {
	switch e.Kind {
	case watch.Lost:
		return e.Why
	case watch.NSNew, watch.NSGone:
		return "mnt:[" + strconv.FormatUint(e.Origin.NS, 10) + "]"
	}
	if e.Origin.NS == 0 {
		return "it was gone before it could be looked at"
	}
	return b.Place(e.Origin.NS, e.Origin.Target)
}

func whoDid(e *watch.Event) string {
	text := events.By(e)
	if text != "" && e.Origin.Owner != "" {
		text += " of " + e.Origin.Owner
	}
	return text
}

func receiverText(b names.Book, r watch.Receiver) string {
	text := b.Place(r.NS, r.Target) + " (" + string(r.Via)
	if r.Beneath {
		text += ", beneath what was mounted there"
	}
	return text + ")"
}
