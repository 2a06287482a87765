package capset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moby/sys/capability"
)

// Set is a set of capabilities, a bit for each by its number.
type Set uint64

// Of is the set of some capabilities.
func Of(list ...capability.Cap) Set {
	var s Set
	for _, c := range list {
		s |= 1 << c
	}
	return s
}

// All is every capability that is known here. The kernel passes over those
// that it does not know.
func All() Set { return Of(capability.ListKnown()...) }

// Docker is what Docker and containerd give to a container that asks for
// nothing else.
func Docker() Set {
	return Of(
		capability.CAP_CHOWN, capability.CAP_DAC_OVERRIDE, capability.CAP_FSETID, capability.CAP_FOWNER,
		capability.CAP_MKNOD, capability.CAP_NET_RAW, capability.CAP_SETGID, capability.CAP_SETUID,
		capability.CAP_SETFCAP, capability.CAP_SETPCAP, capability.CAP_NET_BIND_SERVICE,
		capability.CAP_SYS_CHROOT, capability.CAP_KILL, capability.CAP_AUDIT_WRITE,
	)
}

// Has says whether all of other are in the set.
func (s Set) Has(other Set) bool { return s&other == other }

// Names are those of the capabilities in the set, as CAP_CHOWN, by number. One
// without a name here is CAP_63.
func (s Set) Names() []string {
	var list []string
	for c := range capability.Cap(64) {
		if s&(1<<c) != 0 {
			list = append(list, name(c))
		}
	}
	return list
}

func name(c capability.Cap) string {
	if slices.Contains(capability.ListKnown(), c) {
		return "CAP_" + strings.ToUpper(c.String())
	}
	return fmt.Sprintf("CAP_%d", int(c))
}

// String is CAP_CHOWN|CAP_KILL, "0" for the empty set, and ALL.
func (s Set) String() string {
	switch s {
	case 0:
		return "0"
	case All():
		return "ALL"
	}
	return strings.Join(s.Names(), "|")
}

// Parse reads a name in any case, with CAP_ or without, or ALL.
func Parse(text string) (Set, error) {
	wanted := strings.TrimPrefix(strings.ToUpper(text), "CAP_")
	if wanted == "ALL" {
		return All(), nil
	}
	for _, c := range capability.ListKnown() {
		if wanted == strings.ToUpper(c.String()) {
			return Of(c), nil
		}
	}
	return 0, fmt.Errorf("unknown capability %q (capabilities: ALL %s)", text, strings.Join(All().Names(), " "))
}

// ParseAll is the set of several names.
func ParseAll(names []string) (Set, error) {
	var s Set
	for _, n := range names {
		one, err := Parse(n)
		if err != nil {
			return 0, err
		}
		s |= one
	}
	return s, nil
}

// Change adds and drops capabilities by name as docker run does: ALL is applied
// first, so that the others are exceptions from it; of one that is both added
// and dropped the addition counts.
func (s Set) Change(add, drop []string) (Set, error) {
	added, err := ParseAll(add)
	if err != nil {
		return 0, err
	}
	dropped, err := ParseAll(drop)
	if err != nil {
		return 0, err
	}
	switch {
	case dropped.Has(All()):
		return added, nil
	case added.Has(All()):
		return All() &^ dropped, nil
	}
	return s&^dropped | added, nil
}
