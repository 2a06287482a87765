package proc

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// SyntaxError is a text that is not of its form. Text is what was read.
type SyntaxError struct {
	What string // "mountinfo", "stat", ...
	Line int    // from 1, 0 when the form has one line
	Text string
}

// Error shows at most the first 60 bytes of the text.
func (e *SyntaxError) Error() string {
	text := e.Text
	if len(text) > 60 {
		text = text[:60] + "..."
	}
	if e.Line > 0 {
		return fmt.Sprintf("%s line %d is not of its form: %q", e.What, e.Line, text)
	}
	return fmt.Sprintf("%s is not of its form: %q", e.What, text)
}

// Mounts reads the mount table of a process, as the process sees it.
func (p *FS) Mounts(pid int) ([]snapshot.Mount, error) {
	return p.mountsOf(strconv.Itoa(pid))
}

func (p *FS) mountsOf(dir string) ([]snapshot.Mount, error) {
	b, err := p.read(dir + "/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("read mountinfo of pid %s: %w", dir, cause(err))
	}
	mounts, err := ParseMountinfo(b)
	if err != nil {
		return nil, fmt.Errorf("read mountinfo of pid %s: %w", dir, err)
	}
	return mounts, nil
}

// FirstMountID is the id on the first line of a process's mountinfo. It reads
// no more than the first piece of the file, as making it is what costs.
func (p *FS) FirstMountID(pid int) (snapshot.MountID, error) {
	f, err := p.fsys.Open(path(pid, "mountinfo"))
	if err != nil {
		return 0, fmt.Errorf("read mountinfo of pid %d: %w", pid, cause(err))
	}
	defer f.Close()
	var buf [32]byte
	n, err := f.Read(buf[:])
	if n == 0 && err != nil {
		return 0, fmt.Errorf("read mountinfo of pid %d: %w", pid, cause(err))
	}
	text, _, ok := strings.Cut(string(buf[:n]), " ")
	id, err := strconv.ParseUint(text, 10, 32)
	if !ok || err != nil {
		return 0, fmt.Errorf("read mountinfo of pid %d: %w", pid, &SyntaxError{What: "mountinfo", Line: 1, Text: string(buf[:n])})
	}
	return snapshot.MountID(id), nil
}

// longLine is the length from which a line is taken apart before the library
// sees it: its scanner gives up the whole table at 64 KiB.
const longLine = 32 << 10

// ParseMountinfo parses a mountinfo file (proc_pid_mountinfo(5)). The text is
// parsed by github.com/moby/sys/mountinfo, behind a guard for what it would
// lose: lines over 64 KiB (nsview's own parser takes those whose mount point is
// so long), numbers it would turn into 0, the optional fields,
// which it leaves as one string. FSOptions keep the kernel's octal escapes, as
// a comma or colon in a name can be told from a separator only by them.
func ParseMountinfo(b []byte) ([]snapshot.Mount, error) {
	guard, err := guardLines(b)
	if err != nil {
		return nil, err
	}
	return parseGuarded(guard)
}

// guarded is a text that the library takes, and what was taken out of it: the
// file system options of over-long lines, by line from 0.
type guarded struct {
	text  []byte
	lines int
	long  map[int]string
}

// guardLines checks each line's numbers and shortens the over-long.
func guardLines(b []byte) (guarded, error) {
	g := guarded{text: b}
	var cut []byte
	kept := 0 // how much of b is in cut
	for rest := b; len(rest) > 0; g.lines++ {
		line, after, _ := bytes.Cut(rest, []byte{'\n'})
		if !plausible(line) {
			return g, &SyntaxError{What: "mountinfo", Line: g.lines + 1, Text: string(line)}
		}
		if len(line) >= longLine || bytes.HasSuffix(line, []byte{'\r'}) {
			start := len(b) - len(rest)
			options := start + bytes.LastIndexByte(line, ' ') + 1
			if g.long == nil {
				g.long = map[int]string{}
			}
			g.long[g.lines] = string(b[options : start+len(line)])
			cut = append(append(cut, b[kept:options]...), "rw"...)
			kept = start + len(line)
		}
		rest = after
	}
	if g.long != nil {
		g.text = append(cut, b[kept:]...)
	}
	return g, nil
}

// plausible says whether a line starts with three numbers as mountinfo does.
// The rest of its form the library checks.
func plausible(line []byte) bool {
	id, rest, ok1 := bytes.Cut(line, []byte{' '})
	parent, rest, ok2 := bytes.Cut(rest, []byte{' '})
	dev, _, ok3 := bytes.Cut(rest, []byte{' '})
	major, minor, ok4 := bytes.Cut(dev, []byte{':'})
	return ok1 && ok2 && ok3 && ok4 && number(id) && number(parent) && number(major) && number(minor)
}

// number says whether b is a decimal that fits the kernel's 31 bits.
func number(b []byte) bool {
	if len(b) == 0 || len(b) > 10 {
		return false
	}
	n := uint64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
		n = n*10 + uint64(c-'0')
	}
	return n < 1<<31
}

// propagation takes the optional fields apart (mount_namespaces(7)). A tag that
// is not known is kept.
func propagation(m *snapshot.Mount, optional string) bool {
	for tag := range strings.FieldsSeq(optional) {
		name, value, _ := strings.Cut(tag, ":")
		var group *snapshot.GroupID
		switch name {
		case "shared":
			group = &m.PeerGroup
		case "master":
			group = &m.Master
		case "propagate_from":
			group = &m.PropagateFrom
		case "unbindable":
			m.Unbindable = true
			continue
		default:
			m.Tags = append(m.Tags, tag)
			continue
		}
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil || n == 0 {
			return false
		}
		*group = snapshot.GroupID(n)
	}
	return true
}
