package capset

import (
	"errors"

	"github.com/moby/sys/capability"
	"golang.org/x/sys/unix"
)

// Sets are the five sets of a process (capabilities(7)).
type Sets struct{ Bounding, Effective, Permitted, Inheritable, Ambient Set }

// For are the sets of a container's first process. Root has all at once;
// another user may have no more than the set, by files that are set-uid or have
// capabilities. None is inheritable: a program that clears its own would find
// them again in such files (CVE-2022-24769).
func For(s Set, root bool) Sets {
	if root {
		return Sets{Bounding: s, Effective: s, Permitted: s}
	}
	return Sets{Bounding: s}
}

// DropBounding takes all that is not in s from the bounding set of the calling
// thread. It needs CAP_SETPCAP.
func (s Set) DropBounding() error {
	for c := range capability.Cap(64) {
		if s&(1<<c) != 0 {
			continue
		}
		has, err := capability.GetBound(c)
		if errors.Is(err, unix.EINVAL) {
			return nil // the kernel's last one is behind us
		}
		if err == nil && has {
			err = capability.DropBound(c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Apply gives the calling thread its sets but the bounding set. The error is
// EPERM when it lacks one of them itself.
func (s Sets) Apply() error {
	c, err := capability.NewPid2(0)
	if err != nil {
		return err
	}
	for which, set := range map[capability.CapType]Set{
		capability.EFFECTIVE: s.Effective, capability.PERMITTED: s.Permitted,
		capability.INHERITABLE: s.Inheritable, capability.AMBIENT: s.Ambient,
	} {
		c.Set(which, set.list()...)
	}
	return c.Apply(capability.CAPS | capability.AMBS)
}

func (s Set) list() []capability.Cap {
	var list []capability.Cap
	for c := range capability.Cap(64) {
		if s&(1<<c) != 0 {
			list = append(list, c)
		}
	}
	return list
}
