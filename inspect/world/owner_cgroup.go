package world

import (
	"cmp"
	"slices"
	"strings"
)

// idLen is the length of a container's id in hex digits.
const idLen = 64

// OwnerOf reads the owner from the text of /proc/PID/cgroup (cgroups(7)): v1
// with a line per hierarchy, v2 with one line, or both. A text that names no
// owner, as in a cgroup namespace of its own, gives the zero Owner.
func OwnerOf(cgroup string) Owner {
	var best Owner
	for _, path := range cgroupPaths(cgroup) {
		if o := ownerOfPath(path); o.rank() > best.rank() {
			best = o
		}
	}
	return best
}

// cgroupPaths are the distinct paths of the lines, the line that systemd keeps
// first. The others count too: where an engine runs beside systemd, or none
// is there, only pids or memory may lead to the container.
func cgroupPaths(text string) []string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	slices.SortStableFunc(lines, func(a, b string) int {
		return cmp.Compare(controllerOrder(a), controllerOrder(b))
	})
	var paths []string
	for _, line := range lines {
		if _, path, ok := cutLine(line); ok && path != "/" && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func controllerOrder(line string) int {
	controllers, _, _ := cutLine(line)
	order := []string{"name=systemd", "", "pids", "memory"}
	if i := slices.Index(order, controllers); i >= 0 {
		return i
	}
	return len(order)
}

// cutLine cuts HIERARCHY:CONTROLLERS:PATH; a path may hold colons itself.
func cutLine(line string) (controllers, path string, ok bool) {
	_, rest, ok := strings.Cut(line, ":")
	if !ok {
		return "", "", false
	}
	controllers, path, ok = strings.Cut(rest, ":")
	return controllers, strings.TrimSuffix(path, " (deleted)"), ok && strings.HasPrefix(path, "/")
}

// rank orders what different lines say by how much it tells.
func (o Owner) rank() int {
	switch {
	case o.Kind == "":
		return 0
	case o.Kind == OwnerUnit && strings.HasSuffix(o.Unit, ".slice"):
		return 1
	case o.Kind == OwnerUnit:
		return 2
	case o.Kind == OwnerPod:
		return 3
	}
	return 4
}

// place is one directory on the way down a cgroup path.
type place struct {
	outer  Owner  // what owns the directory above
	above  string // its name
	name   string
	second bool // of the path
}

// recognisers know what makes a directory the owner's; the first that answers
// counts, and a directory that none knows belongs to the owner above it.
var recognisers = []func(place) (Owner, bool){
	podOwner, containerOwner, lxcOwner, ctrOwner, buildkitOwner,
	machineOwner, supervisorOwner, snapOwner, unitOwner,
}

func ownerOfPath(path string) Owner {
	at := place{}
	for i, name := range splitPath(path) {
		at.name, at.second = name, i == 1
		at.outer, at.above = at.owner(), name
	}
	return at.outer
}

func (p place) owner() Owner {
	for _, recognise := range recognisers {
		if o, ok := recognise(p); ok {
			return o
		}
	}
	return p.outer
}

// splitPath leaves out the ".." of a view from inside a cgroup namespace, and
// writes SLICE:PREFIX:ID, what an engine asks of systemd and a runtime without
// systemd makes a directory of, as the two directories that are meant.
func splitPath(path string) []string {
	var names []string
	for name := range strings.SplitSeq(path, "/") {
		parts := strings.Split(name, ":")
		switch {
		case name == "" || name == "..":
		case len(parts) == 3 && strings.HasSuffix(parts[0], ".slice"):
			names = append(names, parts[0], parts[1]+"-"+parts[2]+".scope")
		default:
			names = append(names, name)
		}
	}
	return names
}

func isHex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789abcdef") == ""
}
