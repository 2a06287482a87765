package launch

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Change is what can be asked of a mount's propagation. It is a request and not
// the state it leads to: a shared mount asked to be a slave becomes one of its
// peers, a private one stays private, and a slave asked to be shared is both.
type Change uint8

// The changes. Unchanged asks for nothing: a new mount namespace then has the
// propagation of the one it was copied from, except that in a new user
// namespace the kernel makes slaves of all shared mounts.
const (
	Unchanged Change = iota
	Private
	Slave
	Shared
	Unbindable
)

var changeNames = []string{"unchanged", "private", "slave", "shared", "unbindable"}

var changeFlags = []MountFlags{0, unix.MS_PRIVATE, unix.MS_SLAVE, unix.MS_SHARED, unix.MS_UNBINDABLE}

// Request asks for a change of one mount, or of it and all mounts below.
type Request struct {
	Change    Change
	Recursive bool
}

// String is the request as mount(8) and container engines write it: slave,
// rslave, unchanged.
func (r Request) String() string {
	name := fmt.Sprintf("change(%d)", r.Change)
	if int(r.Change) < len(changeNames) {
		name = changeNames[r.Change]
	}
	if r.Recursive && r.Change != Unchanged {
		return "r" + name
	}
	return name
}

// ParseRequest is the inverse of [Request.String].
func ParseRequest(text string) (Request, error) {
	for c, name := range changeNames {
		switch text {
		case name:
			return Request{Change: Change(c)}, nil
		case "r" + name:
			if Change(c) != Unchanged {
				return Request{Change: Change(c), Recursive: true}, nil
			}
		}
	}
	return Request{}, fmt.Errorf("unknown propagation %q (propagations: %s, with r in front for all mounts below)",
		text, strings.Join(changeNames, " "))
}

// Flags are those of the mount(2) that makes the change.
func (r Request) Flags() MountFlags {
	if int(r.Change) >= len(changeFlags) || r.Change == Unchanged {
		return 0
	}
	flags := changeFlags[r.Change]
	if r.Recursive {
		flags |= unix.MS_REC
	}
	return flags
}
