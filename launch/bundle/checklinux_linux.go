package bundle

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/nsview/nsview/launch"
)

func (c *checker) namespaces() {
	l := c.config.Linux
	if l == nil {
		c.fault("linux", "is missing: without namespaces there is no container")
		return
	}
	seen := map[specs.LinuxNamespaceType]bool{}
	for i, n := range l.Namespaces {
		at := fmt.Sprintf("linux.namespaces[%d]", i)
		switch {
		case !slices.ContainsFunc(nsKinds, func(k nsKind) bool { return k.name == n.Type }):
			c.fault(at+".type", "there is no namespace type %q", n.Type)
		case seen[n.Type]:
			c.fault(at+".type", "%s comes twice", n.Type)
		case n.Path != "":
			c.absolute(at+".path", n.Path)
		}
		seen[n.Type] = true
	}
	if !seen[specs.MountNamespace] {
		c.fault("linux.namespaces", "have no mount namespace: the mounts would be the caller's own")
	}
	c.mappings("linux.uidMappings", l.UIDMappings)
	c.mappings("linux.gidMappings", l.GIDMappings)
	switch mapped := len(l.UIDMappings)+len(l.GIDMappings) > 0; {
	case mapped && !c.newUser():
		c.fault("linux.uidMappings", "ids are mapped in a new user namespace only")
	case c.newUser() && (len(l.UIDMappings) == 0 || len(l.GIDMappings) == 0):
		c.fault("linux.uidMappings", "a new user namespace needs uidMappings and gidMappings")
	}
	if c.config.Hostname != "" {
		c.private("hostname", specs.UTSNamespace)
	}
	if c.config.Domainname != "" {
		c.private("domainname", specs.UTSNamespace)
	}
}

// namespace is what the configuration says of a type of namespace.
func (c *checker) namespace(t specs.LinuxNamespaceType) (specs.LinuxNamespace, bool) {
	if c.config.Linux != nil {
		for _, n := range c.config.Linux.Namespaces {
			if n.Type == t {
				return n, true
			}
		}
	}
	return specs.LinuxNamespace{}, false
}

// newUser says whether the container gets a new user namespace.
func (c *checker) newUser() bool {
	n, ok := c.namespace(specs.UserNamespace)
	return ok && n.Path == ""
}

// private wants a namespace that is not the caller's own.
func (c *checker) private(at string, t specs.LinuxNamespaceType) {
	if _, ok := c.namespace(t); !ok {
		c.fault(at, "needs a namespace of its own of type %s, or the host would change", t)
	}
}

func (c *checker) linux() {
	l := c.config.Linux
	if l == nil {
		return
	}
	if _, err := parsePropagation(l.RootfsPropagation); err != nil {
		c.fault("linux.rootfsPropagation", "%w", err)
	}
	for i, p := range l.MaskedPaths {
		c.absolute(fmt.Sprintf("linux.maskedPaths[%d]", i), p)
	}
	for i, p := range l.ReadonlyPaths {
		c.absolute(fmt.Sprintf("linux.readonlyPaths[%d]", i), p)
	}
	c.sysctl()
	c.devices()
	c.times()
	if p := l.Personality; p != nil {
		if p.Domain != specs.PerLinux && p.Domain != specs.PerLinux32 {
			c.fault("linux.personality.domain", "there is no domain %q (domains: LINUX LINUX32)", p.Domain)
		}
		if len(p.Flags) > 0 {
			c.fault("linux.personality.flags", "the specification has none")
		}
	}
}

// sysctl wants settings that belong to a namespace of the container.
func (c *checker) sysctl() {
	for _, name := range slices.Sorted(maps.Keys(c.config.Linux.Sysctl)) {
		at := fmt.Sprintf("linux.sysctl[%q]", name)
		c.text(at, name, c.config.Linux.Sysctl[name])
		needs, err := (&launch.Sysctl{Name: name}).Needs()
		if err != nil {
			c.fault(at, "%w", errors.Unwrap(err))
			continue
		}
		of := slices.IndexFunc(nsKinds, func(k nsKind) bool { return k.flag == needs })
		c.private(at, nsKinds[of].name)
	}
}

func (c *checker) devices() {
	seen := map[string]bool{}
	for i, d := range c.config.Linux.Devices {
		at := fmt.Sprintf("linux.devices[%d]", i)
		c.absolute(at+".path", d.Path)
		switch clean := path.Clean(d.Path); {
		case seen[clean]:
			c.fault(at+".path", "%s comes twice", clean)
		case !slices.Contains([]string{"c", "u", "b", "p"}, d.Type):
			c.fault(at+".type", "there is no type %q (types: c u b p)", d.Type)
		case d.Type != "p" && (d.Major < 0 || d.Minor < 0 || d.Major >= 1<<12 || d.Minor >= 1<<20):
			c.fault(at+".major", "%d:%d is no device number", d.Major, d.Minor)
		case d.FileMode != nil && *d.FileMode&^0o177777 != 0:
			c.fault(at+".fileMode", "%d is no mode", uint32(*d.FileMode))
		}
		seen[path.Clean(d.Path)] = true
	}
}

// times wants offsets of clocks that a time namespace has (time_namespaces(7)).
func (c *checker) times() {
	for _, clock := range slices.Sorted(maps.Keys(c.config.Linux.TimeOffsets)) {
		at := fmt.Sprintf("linux.timeOffsets[%q]", clock)
		if clock != "monotonic" && clock != "boottime" {
			c.fault(at, "there is no such clock (clocks: boottime monotonic)")
		}
		if c.config.Linux.TimeOffsets[clock].Nanosecs >= 1e9 {
			c.fault(at+".nanosecs", "is a second or more")
		}
		if n, ok := c.namespace(specs.TimeNamespace); !ok || n.Path != "" {
			c.fault(at, "needs a new time namespace")
		}
	}
}
