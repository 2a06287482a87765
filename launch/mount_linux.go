package launch

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// MountCall is one mount(2), by path.
type MountCall struct {
	Source, Target, FSType string
	Flags                  MountFlags
	Data                   string
}

// BindCall makes the directory or file at source appear at target too;
// recursive takes along what is mounted below it.
func BindCall(source, target string, recursive bool) MountCall {
	flags := MountFlags(unix.MS_BIND)
	if recursive {
		flags |= unix.MS_REC
	}
	return MountCall{Source: source, Target: target, Flags: flags}
}

// Make asks for a change of the propagation of the mount at target.
func Make(target string, r Request) MountCall {
	return MountCall{Target: target, Flags: r.Flags()}
}

// Call is "mount".
func (m *MountCall) Call() Call { return "mount" }

// FlagNames are those of mount(2).
func (m *MountCall) FlagNames() string { return m.Flags.String() }

// String is mount("", "/", "", MS_REC|MS_SLAVE, "").
func (m *MountCall) String() string {
	return fmt.Sprintf("mount(%q, %q, %q, %s, %q)", m.Source, m.Target, m.FSType, m.FlagNames(), m.Data)
}

func (m *MountCall) do(*child) error {
	return unix.Mount(m.Source, m.Target, m.FSType, uintptr(m.Flags), m.Data)
}

func quoted(s string) string { return strconv.Quote(s) }
