package proc

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// parsePortable parses a guarded text without the library, whose parser is
// built on Linux only: a saved host is studied on other systems too. On Linux
// a fuzz test holds the two together.
func parsePortable(g guarded) ([]snapshot.Mount, error) {
	mounts := make([]snapshot.Mount, 0, g.lines)
	for line := range bytes.Lines(g.text) {
		text := strings.TrimSuffix(string(line), "\n")
		m, ok := parseLine(text)
		if !ok {
			return nil, &SyntaxError{What: "mountinfo", Line: len(mounts) + 1, Text: text}
		}
		if options, ok := g.long[len(mounts)]; ok {
			m.FSOptions = options
		}
		mounts = append(mounts, m)
	}
	return mounts, nil
}

// parseLine parses one line whose numbers are known to be plausible.
func parseLine(text string) (m snapshot.Mount, ok bool) {
	f := strings.Split(text, " ")
	if len(f) < 10 {
		return m, false
	}
	// The last separator counts: an old cifs could write blanks in the
	// options, and a source may be "-".
	sep := len(f) - 4
	for ; sep > 5 && f[sep] != "-"; sep-- {
	}
	if sep <= 5 {
		return m, false
	}
	m = snapshot.Mount{
		ID: snapshot.MountID(toNumber(f[0])), Parent: snapshot.MountID(toNumber(f[1])),
		Root: snapshot.Unescape(f[3]), Point: snapshot.Unescape(f[4]), VFSOptions: f[5],
		FSType: snapshot.Unescape(f[sep+1]), Source: snapshot.Unescape(f[sep+2]), FSOptions: f[sep+3],
	}
	major, minor, _ := strings.Cut(f[2], ":")
	m.Dev = snapshot.Dev{Major: uint32(toNumber(major)), Minor: uint32(toNumber(minor))}
	return m, propagation(&m, strings.Join(f[6:sep], " "))
}

func toNumber(s string) uint64 {
	n, _ := strconv.ParseUint(s, 10, 32)
	return n
}
