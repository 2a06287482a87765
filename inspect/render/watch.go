package render

import (
	"io"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/watch"
)

// timeOfDay is how a person reads when something happened.
const timeOfDay = "15:04:05.000"

// kindColors are what draws the eye to what happened.
var kindColors = map[watch.Kind]string{
	watch.Mount: "\x1b[32m", watch.Umount: "\x1b[31m", watch.Move: "\x1b[33m", watch.Remount: "\x1b[33m",
	watch.Propagation: "\x1b[35m", watch.NSNew: "\x1b[36m", watch.NSGone: "\x1b[36m", watch.Lost: "\x1b[1;31m",
}

const colorOff = "\x1b[m"

// Event prints an event for a person: one line of what happened, where and by
// whom, and below it a line for each place that it reached. It is one write.
func Event(w io.Writer, e *watch.Event, style Style) error {
	var b strings.Builder
	kind := string(e.Kind)
	pad := strings.Repeat(" ", max(0, len(watch.Propagation)-len(kind)))
	if style.Color {
		kind = kindColors[e.Kind] + kind + colorOff
	}
	b.WriteString(e.Time.Local().Format(timeOfDay) + "  " + kind + pad)
	if text := eventText(e); text != "" {
		b.WriteString("  " + Safe(text))
	}
	b.WriteString("\n")
	for i := range e.Receivers {
		r := &e.Receivers[i]
		line := "                → " + placeText(&r.Place) + "  " + string(r.Via)
		if r.Via == "" {
			line = strings.TrimSuffix(line, "  ")
		}
		if r.Beneath {
			line += ", beneath what was there"
		}
		line = Safe(line)
		if style.Color {
			line = dimOn + line + dimOff
		}
		b.WriteString(line + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// eventText is what happened, where, and who did it.
func eventText(e *watch.Event) string {
	var words []string
	add := func(s string) {
		if s != "" {
			words = append(words, s)
		}
	}
	below := func(behind string) {
		if e.Below > 0 {
			add(counted(e.Below, "mount") + behind)
		}
	}
	switch e.Kind {
	case watch.Lost:
		add("something was lost: " + e.Why + "; what changed follows")
	case watch.NSNew, watch.NSGone:
		add(spaceName(e.Origin.NS, false))
		below("")
	case watch.Move:
		add(placeText(&e.Origin.Place))
		add("from " + e.From)
		add(e.FSType)
	case watch.Remount, watch.Propagation:
		add(placeText(&e.Origin.Place))
		add(e.From + " → " + e.To)
		below(" below too")
	default:
		add(placeText(&e.Origin.Place))
		add(strings.TrimSpace(e.FSType + " " + e.Source))
		if e.Root != "/" && e.Root != "" {
			add("root " + e.Root)
		}
		below(" below too")
	}
	add(actorText(&e.Origin))
	return strings.Join(words, "  ")
}

// counted is a number of things that have a plain plural.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// placeText is a mount as namespace:mount point. What was gone before it could
// be looked at has no name.
func placeText(p *watch.Place) string {
	if p.NS == 0 {
		return "mount " + strconv.FormatUint(uint64(p.UniqueID), 10) + " (gone before it could be looked at)"
	}
	return strconv.FormatUint(p.NS, 10) + ":" + p.Target
}

func actorText(o *watch.Origin) string {
	var b strings.Builder
	switch {
	case o.PID != 0 && o.Comm != "":
		b.WriteString("by " + o.Comm + " (" + strconv.Itoa(o.PID) + ")")
	case o.PID != 0:
		b.WriteString("by " + strconv.Itoa(o.PID))
	default:
		return ""
	}
	if o.Owner != "" {
		b.WriteString(" of " + o.Owner)
	}
	return b.String()
}
