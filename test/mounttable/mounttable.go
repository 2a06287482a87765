// Package mounttable compares the mount tables of containers that different
// runtimes made of one configuration, for tests.
package mounttable

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Mount is one line of mountinfo, without what differs from one start to the
// next: ids, device numbers, numbers of peer groups.
type Mount struct {
	Options     string // of the mount
	Propagation string // shared, master, shared,master, or private
	FSType      string
	Source      string
	Root        string // in its file system
	Super       string // options of the file system
}

// Table is what is mounted at each place; the last is on top.
type Table map[string][]Mount

// Parse reads mountinfo (proc_pid_mountinfo(5)). replace turns what is the
// runtime's own, as the path of a bundle, into one word for all.
func Parse(text string, replace *strings.Replacer) (Table, error) {
	t := Table{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		dash := slices.Index(f, "-")
		if dash < 6 || len(f) < dash+4 {
			return nil, fmt.Errorf("no line of mountinfo: %q", line)
		}
		m := Mount{
			Options: f[5], Propagation: propagation(f[6:dash]), FSType: f[dash+1], Source: f[dash+2],
			Root: replace.Replace(f[3]), Super: replace.Replace(f[dash+3]),
		}
		switch m.FSType {
		case "devtmpfs": // as large as the host
			m.Super = ""
		case "cgroup", "cgroup2": // each runtime has its own names for groups
			m.Root = "GROUP"
		}
		t[f[4]] = append(t[f[4]], m)
	}
	return t, nil
}

// propagation drops the numbers of groups.
func propagation(tags []string) string {
	var names []string
	for _, t := range tags {
		name, _, _ := strings.Cut(t, ":")
		names = append(names, name)
	}
	if len(names) == 0 {
		return "private"
	}
	return strings.Join(names, ",")
}

// Compare lists what is different in two tables: "POINT: FIELD: theirs -> ours",
// or "POINT: not in theirs", in the order of the points.
func Compare(theirs, ours Table) []string {
	points := maps.Clone(theirs)
	maps.Copy(points, ours)
	var list []string
	for _, point := range slices.Sorted(maps.Keys(points)) {
		a, b := theirs[point], ours[point]
		switch {
		case len(a) == 0:
			list = append(list, point+": only nsview has it")
		case len(b) == 0:
			list = append(list, point+": nsview does not have it")
		case len(a) != len(b):
			list = append(list, fmt.Sprintf("%s: mounts: %d -> %d", point, len(a), len(b)))
		default:
			for i := range a {
				list = append(list, fields(point, a[i], b[i])...)
			}
		}
	}
	return list
}

func fields(point string, a, b Mount) []string {
	var list []string
	for _, f := range []struct{ name, a, b string }{
		{"options", a.Options, b.Options},
		{"propagation", a.Propagation, b.Propagation},
		{"type", a.FSType, b.FSType},
		{"source", a.Source, b.Source},
		{"root", a.Root, b.Root},
		{"file system", a.Super, b.Super},
	} {
		if f.a != f.b {
			list = append(list, fmt.Sprintf("%s: %s: %s -> %s", point, f.name, f.a, f.b))
		}
	}
	return list
}

// Differences are those that a file names and explains. An entry is a line
//
//	RUNTIME DIFFERENCE
//	RUNTIME (CASE) DIFFERENCE
//
// as [Compare] writes it, where RUNTIME may be any and the point a pattern of
// path.Match, or ** for all, and indented lines below that say why. With a CASE
// it is for that alone. Lines with # are remarks.
type Differences struct{ entries []*entry }

type entry struct {
	line                        int
	runtime, scope, point, rest string
	why, used                   bool
}

// ParseDifferences reads such a file.
func ParseDifferences(text string) (*Differences, error) {
	d := &Differences{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case line[0] == ' ' || line[0] == '\t':
			if len(d.entries) == 0 {
				return nil, fmt.Errorf("line %d explains nothing", n)
			}
			d.entries[len(d.entries)-1].why = true
		default:
			runtime, rest, _ := strings.Cut(line, " ")
			scope := ""
			if strings.HasPrefix(rest, "(") {
				scope, rest, _ = strings.Cut(rest[1:], ") ")
			}
			point, rest, ok := strings.Cut(rest, ": ")
			if !ok {
				return nil, fmt.Errorf("line %d is no difference: %q", n, line)
			}
			d.entries = append(d.entries, &entry{line: n, runtime: runtime, scope: scope, point: point, rest: rest})
		}
	}
	for _, e := range d.entries {
		if !e.why {
			return nil, fmt.Errorf("line %d is not explained", e.line)
		}
	}
	return d, nil
}

// Unexplained are those of a runtime's differences, in one case, that the file
// does not have. runtimes are the names under which the file may speak of it.
func (d *Differences) Unexplained(runtimes []string, scope string, list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(diff string) bool {
		point, rest, _ := strings.Cut(diff, ": ")
		found := false
		for _, e := range d.entries {
			if e.is(runtimes, scope, point, rest) {
				e.used, found = true, true
			}
		}
		return found
	})
}

func (e *entry) is(runtimes []string, scope, point, rest string) bool {
	match, err := path.Match(e.point, point)
	return (err == nil && match || e.point == "**") && e.rest == rest &&
		(slices.Contains(runtimes, e.runtime) || e.runtime == "any") && (e.scope == scope || e.scope == "")
}

// Unused are the entries of runtimes that did not show: they are wrong, or no
// longer needed.
func (d *Differences) Unused(runtimes ...string) []string {
	var list []string
	for _, e := range d.entries {
		if !e.used && (e.runtime == "any" || slices.Contains(runtimes, e.runtime)) {
			list = append(list, fmt.Sprintf("line %d: %s (%s) %s: %s", e.line, e.runtime, e.scope, e.point, e.rest))
		}
	}
	return list
}
