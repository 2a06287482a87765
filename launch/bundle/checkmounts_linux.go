package bundle

import (
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func (c *checker) mounts() {
	for i, m := range c.config.Mounts {
		at := fmt.Sprintf("mounts[%d]", i)
		c.absolute(at+".destination", m.Destination)
		c.text(at+".source", m.Source)
		c.text(at+".type", m.Type)
		o, err := ParseOptions(m.Options)
		if err != nil {
			c.fault(fmt.Sprintf("%s.options[%d]", at, err.Index), "%w", err.Err)
			continue
		}
		c.mount(at, m, o)
	}
}

func (c *checker) mount(at string, m specs.Mount, o Options) {
	bind := isBind(m, o)
	switch {
	case !bind && m.Type == "" && !o.Remount:
		c.fault(at+".type", "is missing, and the options have neither bind nor rbind")
	case bind && m.Source == "":
		c.fault(at+".source", "is missing or empty")
	case bind && len(o.Data) > 0:
		c.fault(at+".options", "%q is no option of a bind mount", o.Data[0])
	case !bind && o.IDMap != NoIDMap:
		c.fault(at+".options", "only a bind mount can have its ids mapped")
	case (len(m.UIDMappings) == 0) != (len(m.GIDMappings) == 0):
		c.fault(at+".uidMappings", "uidMappings and gidMappings must come together")
	case o.IDMap == NoIDMap && len(m.UIDMappings) > 0:
		c.fault(at+".options", "have neither idmap nor ridmap, though there are mappings")
	case o.IDMap != NoIDMap && len(m.UIDMappings) == 0 && !c.newUser():
		c.fault(at+".options", "idmap needs uidMappings and gidMappings where the container has no user namespace of its own")
	}
	c.mappings(at+".uidMappings", m.UIDMappings)
	c.mappings(at+".gidMappings", m.GIDMappings)
}

// isBind says whether a mount makes a directory or file appear elsewhere: by
// its options or, as container engines take it, by its type.
func isBind(m specs.Mount, o Options) bool { return o.Bind || m.Type == "bind" }

// mappings wants ranges that a user namespace can have (user_namespaces(7)).
func (c *checker) mappings(at string, list []specs.LinuxIDMapping) {
	overlap := func(a, b, sizeA, sizeB uint32) bool {
		return uint64(a) < uint64(b)+uint64(sizeB) && uint64(b) < uint64(a)+uint64(sizeA)
	}
	for i, m := range list {
		here := fmt.Sprintf("%s[%d]", at, i)
		if m.Size == 0 {
			c.fault(here+".size", "is missing or 0")
		}
		if end := uint64(max(m.ContainerID, m.HostID)) + uint64(m.Size); end > 1<<32-1 {
			c.fault(here, "ends at %d, beyond the last id", end)
		}
		for _, o := range list[:i] {
			if overlap(m.ContainerID, o.ContainerID, m.Size, o.Size) || overlap(m.HostID, o.HostID, m.Size, o.Size) {
				c.fault(here, "overlaps an earlier range")
			}
		}
	}
}
