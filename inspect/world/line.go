package world

import (
	"fmt"
	"strings"
)

// Line is the mount as /proc/PID/mountinfo writes it (proc_pid_mountinfo(5)),
// whatever it was read from.
func (m *Mount) Line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d %v %s %s %s", m.ID, m.Mount.Parent, m.Dev, escapeField(m.Root), escapeField(m.Point), m.VFSOptions)
	for _, tag := range m.optional() {
		b.WriteString(" " + tag)
	}
	fmt.Fprintf(&b, " - %s %s %s", m.FSType, escapeField(m.Source), m.FSOptions)
	return b.String()
}

// optional are the optional fields of the line.
func (m *Mount) optional() []string {
	var tags []string
	if m.PeerGroup != 0 {
		tags = append(tags, fmt.Sprintf("shared:%d", m.PeerGroup))
	}
	if m.Master != 0 {
		tags = append(tags, fmt.Sprintf("master:%d", m.Master))
	}
	if m.From != 0 {
		tags = append(tags, fmt.Sprintf("propagate_from:%d", m.From))
	}
	if m.Unbindable {
		tags = append(tags, "unbindable")
	}
	return append(tags, m.Tags...)
}

// escapeField writes what parts fields as the kernel does (mangle).
func escapeField(s string) string {
	return fieldEscaper.Replace(s)
}

var fieldEscaper = strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`, "#", `\043`)
