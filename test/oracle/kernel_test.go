//go:build linux

package oracle_test

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
)

// rulesOn are the rules of a kernel, for namespaces that are made in turn.
func rulesOn(release string) predict.Rules {
	rules := predict.RulesOf(release)
	rules.NamespacesInTurn = true
	return rules
}

// running is the release of the kernel that judges: "6.18.44-1-amd64".
func running() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}

// releases are kernels with different rules, those before and after each change.
var releases = []string{"5.10", "5.11", "5.12", "5.15", "6.1", "6.3", "6.5", "6.16", "6.17", "6.18", "7.0", "7.1", "7.2", "7.3"}

// span is some kernels that follow each other: "6.17-7.1", "6.5-" or "-6.16". The
// tables put it in brackets before what is so on these alone.
type span string

// spanOf takes the span off a line.
func spanOf(line string) (span, string) {
	if inside, after, ok := strings.Cut(line, "] "); ok && inside[0] == '[' {
		return span(inside[1:]), after
	}
	return "", line
}

// String says it in words: "6.5 or later".
func (s span) String() string {
	first, last, _ := strings.Cut(string(s), "-")
	switch {
	case last == "":
		return first + " or later"
	case first == "":
		return "up to " + last
	}
	return first + " to " + last
}

func (s span) has(release string) bool {
	first, last, _ := strings.Cut(string(s), "-")
	v := version(release)
	return (first == "" || v >= version(first)) && (last == "" || v <= version(last))
}

// version is the first two numbers of a release, as one.
func version(release string) int {
	var major, minor int
	_, _ = fmt.Sscanf(release, "%d.%d", &major, &minor) // 0 for what is none
	return major*1000 + minor
}
