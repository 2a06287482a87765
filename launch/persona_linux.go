package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Personality sets the execution domain, which tells uname(2) and the layout of
// memory (personality(2)).
type Personality struct{ Domain uint32 }

// The domains that containers have.
const (
	PersonalityLinux   = 0x0000
	PersonalityLinux32 = 0x0008
)

// Call is "personality".
func (*Personality) Call() Call { return "personality" }

// FlagNames is the domain.
func (p *Personality) FlagNames() string {
	switch p.Domain {
	case PersonalityLinux:
		return "PER_LINUX"
	case PersonalityLinux32:
		return "PER_LINUX32"
	}
	return fmt.Sprintf("0x%x", p.Domain)
}

// String is personality(PER_LINUX32).
func (p *Personality) String() string { return fmt.Sprintf("personality(%s)", p.FlagNames()) }

func (p *Personality) do(*child) error {
	return bareErrno(unix.RawSyscall(unix.SYS_PERSONALITY, uintptr(p.Domain), 0, 0))
}

// TimeOffset sets a clock of a new time namespace apart from the host's
// (time_namespaces(7)).
type TimeOffset struct {
	Clock string // monotonic, boottime
	Secs  int64
	Nanos uint32
}
