package world

import (
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Layers are the directories an overlay is made of
// (Documentation/filesystems/overlayfs.rst).
type Layers struct {
	Upper string   // "" for a read-only overlay
	Lower []string // the uppermost first
	Data  []string // data-only layers below them
	Work  string
}

// Strings lists the directories in the order in which they are looked
// through: upper, lower, data-only.
func (l Layers) Strings() []string {
	var list []string
	if l.Upper != "" {
		list = append(list, l.Upper)
	}
	return append(append(list, l.Lower...), l.Data...)
}

// Layers takes an overlay's options apart. It is zero for other file systems.
func (m *Mount) Layers() Layers {
	var l Layers
	if m.FSType != "overlay" {
		return l
	}
	for option := range strings.SplitSeq(m.FSOptions, ",") {
		name, value, _ := strings.Cut(option, "=")
		value = snapshot.Unescape(value)
		switch name {
		case "upperdir":
			l.Upper = unquote(value)
		case "workdir":
			l.Work = unquote(value)
		case "lowerdir":
			l.lower(value)
		case "lowerdir+":
			l.Lower = append(l.Lower, value)
		case "datadir+":
			l.Data = append(l.Data, value)
		}
	}
	return l
}

// lower splits a lowerdir list: colons part layers, a double colon starts the
// data-only ones, and a backslash takes a colon's meaning away.
func (l *Layers) lower(list string) {
	data := false
	for list != "" {
		layer, rest := cutLayer(list)
		switch {
		case layer == "":
			data = true
		case data:
			l.Data = append(l.Data, layer)
		default:
			l.Lower = append(l.Lower, layer)
		}
		list = rest
	}
}

// cutLayer cuts the first layer off a list.
func cutLayer(list string) (layer, rest string) {
	var b []byte
	for i := 0; i < len(list); i++ {
		switch {
		case list[i] == '\\' && i+1 < len(list):
			i++
		case list[i] == ':':
			return string(b), list[i+1:]
		}
		b = append(b, list[i])
	}
	return string(b), ""
}

// unquote takes the backslashes out of a single path.
func unquote(path string) string {
	if !strings.Contains(path, `\`) {
		return path
	}
	var b []byte
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+1 < len(path) {
			i++
		}
		b = append(b, path[i])
	}
	return string(b)
}
