package bundle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/launch"
)

func (c *checker) process() {
	p := c.config.Process
	if p == nil {
		c.fault("process", "is missing: there is nothing to run")
		return
	}
	if len(p.Args) == 0 || p.Args[0] == "" {
		c.fault("process.args", "is missing or empty")
	}
	for i, a := range p.Args {
		c.text(fmt.Sprintf("process.args[%d]", i), a)
	}
	c.absolute("process.cwd", p.Cwd)
	for i, e := range p.Env {
		at := fmt.Sprintf("process.env[%d]", i)
		c.text(at, e)
		if name, _, ok := strings.Cut(e, "="); !ok || name == "" {
			c.fault(at, "%q is not of the form NAME=VALUE", e)
		}
	}
	if p.User.Umask != nil && *p.User.Umask > 0o777 {
		c.fault("process.user.umask", "%d is more than 511, octal 777", *p.User.Umask)
	}
	if p.OOMScoreAdj != nil && (*p.OOMScoreAdj < -1000 || *p.OOMScoreAdj > 1000) {
		c.fault("process.oomScoreAdj", "%d is not between -1000 and 1000", *p.OOMScoreAdj)
	}
	c.rlimits()
	c.capabilities()
}

func (c *checker) rlimits() {
	seen, rlimits := map[string]bool{}, launch.LimitNames()
	for i, r := range c.config.Process.Rlimits {
		at := fmt.Sprintf("process.rlimits[%d]", i)
		switch {
		case !slices.Contains(rlimits, r.Type):
			c.fault(at+".type", "there is no limit %q (limits: %s)", r.Type, strings.Join(rlimits, " "))
		case seen[r.Type]:
			c.fault(at+".type", "%s comes twice", r.Type)
		case r.Soft > r.Hard:
			c.fault(at+".soft", "%d is more than the hard limit %d", r.Soft, r.Hard)
		}
		seen[r.Type] = true
	}
}

// capabilities wants names: which of them the running kernel has, shows when
// they are set.
func (c *checker) capabilities() {
	p := c.config.Process.Capabilities
	if p == nil {
		return
	}
	for _, set := range []struct {
		name string
		list []string
	}{
		{"bounding", p.Bounding},
		{"effective", p.Effective},
		{"inheritable", p.Inheritable},
		{"permitted", p.Permitted},
		{"ambient", p.Ambient},
	} {
		for i, name := range set.list {
			if !strings.HasPrefix(name, "CAP_") || name != strings.ToUpper(name) {
				c.fault(fmt.Sprintf("process.capabilities.%s[%d]", set.name, i), "%q is no name like CAP_SYS_ADMIN", name)
			}
		}
	}
}
