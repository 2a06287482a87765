package launch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/launch/capset"
)

// Confinement is what the command may not do, of what its user could.
type Confinement struct {
	// Capabilities are the sets that it starts with; nil keeps the caller's.
	// With a [Login] that is not root's it has none, and may have what the
	// bounding set allows (as in Docker).
	Capabilities *capset.Sets
	// Filter is asked at each system call; nil lets all pass.
	Filter          *Filter
	NoNewPrivileges bool
	Limits          []Limit
	// OOMScoreAdj is how likely the kernel is to end the command when memory
	// runs out, from -1000 to 1000; nil keeps the caller's.
	OOMScoreAdj *int
	Umask       *int // nil keeps the caller's
}

// limits are the steps that need rights which are given up later: limits may
// be raised, and a filter loaded, by root only.
func (p *planner) limits(c Confinement) {
	for i := range c.Limits {
		p.add("", &c.Limits[i])
	}
	if c.Umask != nil {
		p.add("", &SetUmask{Mask: *c.Umask})
	}
	if c.Filter != nil && !c.NoNewPrivileges {
		p.add("before the right to do it is given up", c.Filter)
	}
	if c.Capabilities != nil {
		p.add("no program can give these back", &DropBounding{Keep: c.Capabilities.Bounding})
		p.add("", &KeepCapabilities{})
	}
}

// restrict are the steps behind the change of user.
func (p *planner) restrict(c Confinement, byLogin bool) {
	if c.Capabilities != nil {
		p.add("", &SetCapabilities{Sets: *c.Capabilities, RootOnly: byLogin})
	}
	if c.NoNewPrivileges {
		p.add("", &NoNewPrivileges{})
	}
	if c.Filter != nil && c.NoNewPrivileges {
		p.add("last, so that it need not let the other steps pass", c.Filter)
	}
}

// DropBounding takes all capabilities from the bounding set but some.
type DropBounding struct{ Keep capset.Set }

// Call is "prctl".
func (*DropBounding) Call() Call { return "prctl" }

// FlagNames are the capabilities that stay.
func (d *DropBounding) FlagNames() string { return d.Keep.String() }

// String is prctl(PR_CAPBSET_DROP, all but CAP_CHOWN|CAP_KILL).
func (d *DropBounding) String() string {
	return fmt.Sprintf("prctl(PR_CAPBSET_DROP, all but %v)", d.Keep)
}

func (d *DropBounding) do(*child) error { return d.Keep.DropBounding() }

// KeepCapabilities lets the next setuid(2) leave the permitted set as it is,
// from which [SetCapabilities] then takes the command's.
type KeepCapabilities struct{}

// Call is "prctl".
func (*KeepCapabilities) Call() Call { return "prctl" }

// FlagNames is "".
func (*KeepCapabilities) FlagNames() string { return "" }

// String is prctl(PR_SET_KEEPCAPS, 1).
func (*KeepCapabilities) String() string { return "prctl(PR_SET_KEEPCAPS, 1)" }

func (*KeepCapabilities) do(*child) error { return unix.Prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0, 0) }

// SetCapabilities sets all sets but the bounding one.
type SetCapabilities struct {
	Sets     capset.Sets
	RootOnly bool // another user gets none
}

// Call is "capset".
func (*SetCapabilities) Call() Call { return "capset" }

// FlagNames are the effective capabilities.
func (s *SetCapabilities) FlagNames() string { return s.Sets.Effective.String() }

// String is capset(effective CAP_KILL, permitted CAP_KILL, inheritable 0) ambient 0.
func (s *SetCapabilities) String() string {
	only := ""
	if s.RootOnly {
		only = ", for root only"
	}
	return fmt.Sprintf("capset(effective %v, permitted %v, inheritable %v) ambient %v%s",
		s.Sets.Effective, s.Sets.Permitted, s.Sets.Inheritable, s.Sets.Ambient, only)
}

func (s *SetCapabilities) do(*child) error {
	if s.RootOnly && unix.Getuid() != 0 {
		return capset.For(s.Sets.Bounding, false).Apply()
	}
	return s.Sets.Apply()
}

// Limit is a resource limit (getrlimit(2)).
type Limit struct {
	Resource   int // RLIMIT_*
	Soft, Hard uint64
}

// limitNames are the resources by number, without RLIMIT_. The numbers are the
// same on all architectures but MIPS and SPARC.
var limitNames = []string{
	unix.RLIMIT_CPU: "CPU", unix.RLIMIT_FSIZE: "FSIZE", unix.RLIMIT_DATA: "DATA", unix.RLIMIT_STACK: "STACK",
	unix.RLIMIT_CORE: "CORE", unix.RLIMIT_RSS: "RSS", unix.RLIMIT_NPROC: "NPROC", unix.RLIMIT_NOFILE: "NOFILE",
	unix.RLIMIT_MEMLOCK: "MEMLOCK", unix.RLIMIT_AS: "AS", unix.RLIMIT_LOCKS: "LOCKS",
	unix.RLIMIT_SIGPENDING: "SIGPENDING", unix.RLIMIT_MSGQUEUE: "MSGQUEUE", unix.RLIMIT_NICE: "NICE",
	unix.RLIMIT_RTPRIO: "RTPRIO", unix.RLIMIT_RTTIME: "RTTIME",
}

// LimitNames are the resources by their whole names, RLIMIT_AS first.
func LimitNames() []string {
	list := make([]string, len(limitNames))
	for i, name := range limitNames {
		list[i] = "RLIMIT_" + name
	}
	slices.Sort(list)
	return list
}

// LimitByName finds a resource: nofile, NOFILE or RLIMIT_NOFILE.
func LimitByName(name string) (int, error) {
	wanted := strings.TrimPrefix(strings.ToUpper(name), "RLIMIT_")
	for resource, known := range limitNames {
		if wanted == known && wanted != "" {
			return resource, nil
		}
	}
	return 0, fmt.Errorf("unknown resource limit %q (limits: %s)", name, strings.ToLower(strings.Join(limitNames, " ")))
}

// Call is "setrlimit".
func (*Limit) Call() Call { return "setrlimit" }

// FlagNames is the resource.
func (l *Limit) FlagNames() string {
	if l.Resource >= 0 && l.Resource < len(limitNames) {
		return "RLIMIT_" + limitNames[l.Resource]
	}
	return strconv.Itoa(l.Resource)
}

// String is setrlimit(RLIMIT_NOFILE, {1024, RLIM_INFINITY}).
func (l *Limit) String() string {
	return fmt.Sprintf("setrlimit(%s, {%s, %s})", l.FlagNames(), limitText(l.Soft), limitText(l.Hard))
}

func limitText(n uint64) string {
	if n == unix.RLIM_INFINITY {
		return "RLIM_INFINITY"
	}
	return strconv.FormatUint(n, 10)
}

// do goes through package syscall, which else would set the limit of open files
// back, when the command starts, to what it was.
func (l *Limit) do(*child) error {
	return unix.Setrlimit(l.Resource, &unix.Rlimit{Cur: l.Soft, Max: l.Hard})
}

// SetUmask sets the mask of permissions that new files do not get.
type SetUmask struct{ Mask int }

// Call is "umask".
func (*SetUmask) Call() Call { return "umask" }

// FlagNames is "".
func (*SetUmask) FlagNames() string { return "" }

// String is umask(022).
func (u *SetUmask) String() string { return fmt.Sprintf("umask(0%o)", u.Mask) }

func (u *SetUmask) do(*child) error {
	unix.Umask(u.Mask)
	return nil
}
