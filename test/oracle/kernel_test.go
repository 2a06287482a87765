//go:build linux

package oracle_test

import (
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
