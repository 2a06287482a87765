package proc

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Mapping is one line of /proc/PID/maps that shows a file (proc_pid_maps(5)).
type Mapping struct {
	Range string // its name in map_files
	Dev   snapshot.Dev
	Ino   uint64
	Path  string
	// Writes: what is written to the memory goes to the file.
	Writes bool
}

// parseMaps lists the files mapped, each once: lines without an inode show no
// file.
func parseMaps(b []byte) []Mapping {
	type file struct {
		dev  snapshot.Dev
		ino  uint64
		path string
	}
	seen := map[file]int{} // 1 + where in the list
	var list []Mapping
	for line := range bytes.Lines(b) {
		m, ok := parseMapping(strings.TrimSuffix(string(line), "\n"))
		f := file{m.Dev, m.Ino, m.Path}
		switch i := seen[f]; {
		case !ok:
		case i > 0:
			list[i-1].Writes = list[i-1].Writes || m.Writes
		default:
			list = append(list, m)
			seen[f] = len(list)
		}
	}
	return list
}

// parseMapping reads "START-END PERMS OFFSET MAJ:MIN INODE PATH": device
// numbers are hexadecimal, and a newline in a path is written \012.
func parseMapping(line string) (Mapping, bool) {
	f := strings.Fields(line)
	if len(f) < 6 || f[4] == "0" {
		return Mapping{}, false
	}
	major, minor, ok := strings.Cut(f[3], ":")
	if !ok {
		return Mapping{}, false
	}
	from, to, ok := strings.Cut(f[0], "-")
	start := strings.Index(line, " "+f[4]+" ")
	if !ok || start < 0 {
		return Mapping{}, false
	}
	name := strings.TrimLeft(line[start+len(f[4])+2:], " ")
	return Mapping{
		Range: trimZeros(from) + "-" + trimZeros(to), Ino: unsigned(f[4], 10),
		Dev:  snapshot.Dev{Major: uint32(unsigned(major, 16)), Minor: uint32(unsigned(minor, 16))},
		Path: snapshot.Unescape(name), Writes: strings.HasPrefix(f[1][1:], "w") && strings.HasSuffix(f[1], "s"),
	}, true
}

// trimZeros writes an address as map_files does, without leading zeros.
func trimZeros(hex string) string {
	if t := strings.TrimLeft(hex, "0"); t != "" {
		return t
	}
	return "0"
}

// Maps reads the files that a process has mapped.
func (p *FS) Maps(pid int) ([]Mapping, error) {
	b, err := p.read(path(pid, "maps"))
	if err != nil {
		return nil, cause(err)
	}
	return parseMaps(b), nil
}

// Comm is the name of a process.
func (p *FS) Comm(pid int) (string, error) {
	b, err := p.read(path(pid, "comm"))
	return string(bytes.TrimSuffix(b, []byte{'\n'})), err
}

func isRefusal(err error) bool { return errors.Is(err, fs.ErrPermission) }
