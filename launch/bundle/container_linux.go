package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/capset"
	"github.com/nsview/nsview/launch/seccomp"
)

// Caller is what a container's making depends on besides its bundle.
type Caller struct {
	ID        string // the container's, for hooks
	Superuser bool
	// Hierarchies are those of control groups, as lines of /proc/self/cgroup;
	// they are asked for only when the bundle mounts them.
	Hierarchies func() ([]string, error)
}

// Container is a bundle as nsview starts it.
type Container struct {
	Spec launch.Spec
	// Resources are limits of the control group; nil is none.
	Resources *specs.LinuxResources
	// Poststart and Poststop are run by the caller, in this order.
	Poststart, Poststop []launch.Hook
}

// Container turns the bundle into what is to be started, and may add to its
// warnings. The error is an [*Error] where a value is at fault.
func (b *Bundle) Container(by Caller) (*Container, error) {
	m := &maker{Bundle: b, by: by, c: &Container{Spec: launch.Spec{Rootfs: &launch.Rootfs{}}}}
	for _, part := range []func() error{
		m.root, m.namespaces, m.mounts, m.devices, m.guards, m.process, m.confinement, m.hooks,
	} {
		if err := part(); err != nil {
			return nil, fmt.Errorf("use the bundle %s: %w", b.Dir, err)
		}
	}
	return m.c, nil
}

// maker fills a Container, each part in its turn.
type maker struct {
	*Bundle
	by Caller
	c  *Container
}

// fault is an error at a value.
func (m *maker) fault(path, format string, args ...any) error {
	return m.at.error(path, fmt.Errorf(format, args...))
}

// warn says what is not done as it stands in the configuration.
func (m *maker) warn(path, format string, args ...any) {
	m.Warnings = append(m.Warnings, m.fault(path, format, args...).Error())
}

// inBundle is a path of the host; a relative one starts at the bundle.
func (m *maker) inBundle(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(m.Dir, p)
}

func (m *maker) root() error {
	r := m.c.Spec.Rootfs
	r.Path = m.inBundle(m.Config.Root.Path)
	switch info, err := os.Stat(r.Path); {
	case err != nil:
		return m.fault("root.path", "%s: %w", r.Path, cause(err))
	case !info.IsDir():
		return m.fault("root.path", "%s is no directory", r.Path)
	}
	r.ReadOnly = m.Config.Root.Readonly
	propagation, err := parsePropagation(m.Config.Linux.RootfsPropagation)
	if err != nil {
		return m.fault("linux.rootfsPropagation", "%w", err)
	}
	m.c.Spec.Root = launch.Request{Change: launch.Slave, Recursive: true}
	if propagation.Change != launch.Unchanged {
		m.c.Spec.Root, r.Propagation = propagation, propagation
	}
	return nil
}

// cause is an error without the path, which stands beside it.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// nsKind is a type of namespace, as the specification calls it.
type nsKind struct {
	name specs.LinuxNamespaceType
	flag launch.Namespaces
}

// nsKinds are the types in the order in which namespaces are entered: paths are
// the host's, so that the mount namespace comes last.
var nsKinds = []nsKind{
	{specs.UserNamespace, launch.User},
	{specs.TimeNamespace, launch.Time},
	{specs.CgroupNamespace, launch.Cgroup},
	{specs.IPCNamespace, launch.IPC},
	{specs.UTSNamespace, launch.UTS},
	{specs.NetworkNamespace, launch.Net},
	{specs.PIDNamespace, launch.PID},
	{specs.MountNamespace, launch.Mount},
}

func (m *maker) namespaces() error {
	s := &m.c.Spec
	for _, k := range nsKinds {
		i := slices.IndexFunc(m.Config.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == k.name })
		if i < 0 {
			continue
		}
		n, at := m.Config.Linux.Namespaces[i], fmt.Sprintf("linux.namespaces[%d].path", i)
		switch {
		case n.Path == "":
			s.Namespaces |= k.flag
			continue
		case k.flag == launch.User || k.flag == launch.Time:
			return m.fault(at, "nsview cannot enter a %s namespace: only a program of one thread can", k.name)
		}
		if _, err := os.Stat(n.Path); err != nil {
			return m.fault(at, "%s: %w", n.Path, cause(err))
		}
		s.Join = append(s.Join, launch.Join{Type: k.flag, Path: n.Path})
	}
	if !m.by.Superuser && !s.Namespaces.Has(launch.User) {
		return m.fault("linux.namespaces", "have no user namespace, without which an ordinary user can make none of the others")
	}
	s.UIDs, s.GIDs = idMaps(m.Config.Linux.UIDMappings), idMaps(m.Config.Linux.GIDMappings)
	s.Setgroups = s.Namespaces.Has(launch.User) && m.by.Superuser
	s.Foreign = s.Setgroups && (!launch.RootIsRoot(s.UIDs) || !launch.RootIsRoot(s.GIDs))
	s.Loopback = s.Namespaces.Has(launch.Net)
	s.Hostname, s.Domainname = m.Config.Hostname, m.Config.Domainname
	for _, clock := range []string{"monotonic", "boottime"} {
		if o, ok := m.Config.Linux.TimeOffsets[clock]; ok {
			s.TimeOffsets = append(s.TimeOffsets, launch.TimeOffset{Clock: clock, Secs: o.Secs, Nanos: o.Nanosecs})
		}
	}
	return nil
}

func idMaps(list []specs.LinuxIDMapping) []launch.IDMap {
	var maps []launch.IDMap
	for _, m := range list {
		maps = append(maps, launch.IDMap{Inside: int(m.ContainerID), Outside: int(m.HostID), Size: int(m.Size)})
	}
	return maps
}

func (m *maker) guards() error {
	l, s := m.Config.Linux, &m.c.Spec
	s.Rootfs.Masked, s.Rootfs.ReadOnlyPaths = l.MaskedPaths, l.ReadonlyPaths
	for name, value := range l.Sysctl {
		s.Sysctls = append(s.Sysctls, launch.Sysctl{Name: name, Value: value})
	}
	slices.SortFunc(s.Sysctls, func(a, b launch.Sysctl) int { return strings.Compare(a.Name, b.Name) })
	if l.Personality != nil {
		s.Personality = &launch.Personality{}
		if l.Personality.Domain == specs.PerLinux32 {
			s.Personality.Domain = launch.PersonalityLinux32
		}
	}
	return nil
}

func (m *maker) process() error {
	p, s := m.Config.Process, &m.c.Spec
	s.Args, s.Env, s.Dir = p.Args, p.Env, path.Clean(p.Cwd)
	// As engines do: an image's working directory need not be there.
	s.Rootfs.Dirs = append(s.Rootfs.Dirs, launch.MkdirIn{Path: s.Dir, Mode: 0o755})
	s.Session = true
	if p.Terminal {
		s.Terminal = &launch.Terminal{}
		if p.ConsoleSize != nil {
			s.Terminal.Size = launch.WindowSize{Rows: uint16(p.ConsoleSize.Height), Columns: uint16(p.ConsoleSize.Width)}
		}
	}
	user := &launch.Credentials{UID: int(p.User.UID), GID: int(p.User.GID)}
	for _, g := range p.User.AdditionalGids {
		user.Groups = append(user.Groups, int(g))
	}
	if len(user.Groups) > 0 && s.Namespaces.Has(launch.User) && !s.Setgroups {
		return m.fault("process.user.additionalGids", "an ordinary user's user namespace allows no setgroups(2)")
	}
	s.User = user
	return nil
}

func (m *maker) confinement() error {
	p, s := m.Config.Process, &m.c.Spec
	s.NoNewPrivileges, s.OOMScoreAdj = p.NoNewPrivileges, p.OOMScoreAdj
	if p.User.Umask != nil {
		mask := int(*p.User.Umask)
		s.Umask = &mask
	}
	for i, l := range p.Rlimits {
		resource, err := launch.LimitByName(l.Type)
		if err != nil {
			return m.fault(fmt.Sprintf("process.rlimits[%d].type", i), "%w", err)
		}
		s.Limits = append(s.Limits, launch.Limit{Resource: resource, Soft: l.Soft, Hard: l.Hard})
	}
	sets := &capset.Sets{}
	if c := p.Capabilities; c != nil {
		for _, set := range []struct {
			name string
			list []string
			to   *capset.Set
		}{
			{"bounding", c.Bounding, &sets.Bounding},
			{"effective", c.Effective, &sets.Effective},
			{"permitted", c.Permitted, &sets.Permitted},
			{"inheritable", c.Inheritable, &sets.Inheritable},
			{"ambient", c.Ambient, &sets.Ambient},
		} {
			var err error
			if *set.to, err = capset.ParseAll(set.list); err != nil {
				return m.fault("process.capabilities."+set.name, "%w", err)
			}
		}
	}
	if lost := sets.Ambient &^ (sets.Inheritable & sets.Permitted); lost != 0 {
		m.warn("process.capabilities.ambient", "without %v: the kernel makes only what is inheritable and permitted ambient", lost)
		sets.Ambient &^= lost
	}
	s.Capabilities = sets
	m.c.Resources = m.Config.Linux.Resources
	if m.Config.Linux.Seccomp == nil {
		return nil
	}
	program, err := seccomp.Compile(m.Config.Linux.Seccomp)
	if err != nil {
		return m.fault("linux.seccomp", "%w", err)
	}
	s.Filter = &launch.Filter{Code: string(program.Code), Flags: program.Flags}
	return nil
}
