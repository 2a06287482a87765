package main

import (
	"strconv"
)

// question is asked of nsview, and of a peer unless that is empty.
type question struct {
	Name   string
	Peer   []string
	Ours   []string // arguments of nsview
	Target float64  // nsview may cost at most so many times the peer; 0: no promise
	Wall   bool     // show elapsed time as well
	// WallTarget and MemoryTarget are like Target, for elapsed time and peak.
	WallTarget, MemoryTarget float64
	Pairs                    int // measured pairs unless told otherwise
	// Cold leaves out the peer's warm-up: it takes longer than all else together,
	// and what it would warm is negligible against that.
	Cold   bool
	Memory float64 // nsview's peak may be so many MiB; 0: no promise
}

// host is a synthetic host and what is asked in it.
type host struct {
	name      string
	args      []string // of hostgen
	questions []question
}

const (
	usualPairs = 5
	slowPairs  = 3  // of a peer that takes a minute
	maxPeak    = 24 // MiB
)

var hosts = map[string]host{
	"S":    {"S", sized(200, 20, 50), lists(1.0, 0, 0)},
	"M":    {"M", sized(2000, 200, 100), lists(0, 0, 0)},
	"L":    {"L", sized(10000, 1000, 100), append(lists(1./8, 1./8, maxPeak), wholeHost)},
	"F10k": {"F10k", sized(1, 1, 10000), tree(1./20, usualPairs)},
	"F50k": {"F50k", sized(1, 1, 50000), tree(1./300, slowPairs)},
}

func sized(procs, namespaces, mounts int) []string {
	return []string{
		"--procs", strconv.Itoa(procs), "--mntns", strconv.Itoa(namespaces),
		"--mounts", strconv.Itoa(mounts), "--quiet",
	}
}

func lists(all, mnt, memory float64) []question {
	small := all >= 1 // where the start of the program counts
	return []question{
		{Name: "list", Peer: []string{"lsns"}, Ours: []string{"list"}, Target: all, Wall: small, Pairs: usualPairs, Memory: memory},
		{Name: "list -t mnt", Peer: []string{"lsns", "-t", "mnt"}, Ours: []string{"list", "-t", "mnt"}, Target: mnt, Wall: small, Pairs: usualPairs, Memory: memory},
	}
}

// tree asks for the mounts of PID 1, which is in the host's own namespace.
func tree(target float64, pairs int) []question {
	return []question{{
		Name: "tree 1", Peer: []string{"findmnt", "-N", "1"}, Ours: []string{"tree", "1"},
		Target: target, Pairs: pairs, Cold: pairs < usualPairs,
	}}
}

// wholeHost asks how all mounts of the host hang together. Its peer is what a
// person has to type for that: one findmnt a namespace.
var wholeHost = question{
	Name:   "groups -J",
	Peer:   []string{"sh", "-c", "lsns -t mnt -n -o PID | while read -r pid; do findmnt -N $pid; done"},
	Ours:   []string{"groups", "-J"},
	Target: 1. / 12, Pairs: usualPairs, Memory: 120,
}

// growth is a question asked of ever larger hosts, or of hosts of one size that
// differ otherwise.
type growth struct {
	what  string
	sizes []int
	args  func(size int) []string
	ours  []string
	most  float64 // each host may cost so many times the one before
	peak  bool    // in memory too
}

const (
	scaleName   = "scale"
	maxDoubling = 2.3
	// A peer group through all namespaces may cost little more than many small
	// ones: a question that follows the whole group for each mount would show.
	maxOneGroup = 1.5
)

var growths = []growth{
	{"processes", doubled(1000), func(n int) []string { return sized(n, 100, 40) }, []string{"list"}, maxDoubling, false},
	{"namespaces", doubled(250), func(n int) []string { return sized(1000, n, 40) }, []string{"list", "-t", "mnt"}, maxDoubling, false},
	{"namespaces", doubled(100), func(n int) []string { return sized(400, n, 100) }, []string{"groups"}, maxDoubling, false},
	{"peer groups", []int{64, 1}, grouped, []string{"groups", "-J"}, maxOneGroup, false},
	{"mounts", doubled(10000), func(n int) []string { return sized(1, 1, n) }, []string{"tree", "1"}, maxDoubling, false},
	{"namespaces that are peers", doubled(250), peers, []string{"predict", "mount", "tmpfs", "/mnt/g0"}, maxDoubling, true},
}

// peers is a host of namespaces that all share each of their 100 mounts.
func peers(namespaces int) []string {
	return append(sized(namespaces, namespaces, 100), "--pattern", "h", "--groups", "1")
}

// grouped is a host of 600 namespaces, through all of which so many peer groups
// go.
func grouped(groups int) []string {
	return append(sized(600, 600, 100), "--pattern", "hs", "--groups", strconv.Itoa(groups))
}

// doubled is a size and its next two doubles.
func doubled(n int) []int { return []int{n, 2 * n, 4 * n} }
