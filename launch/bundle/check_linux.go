package bundle

import (
	"fmt"
	"path"
	"strings"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// check finds what the types of the specification allow and its text does not,
// or what no kernel could do. The first fault ends it.
func (b *Bundle) check() error {
	c := checker{at: &b.at, config: &b.Config}
	c.version()
	c.root()
	c.process()
	c.mounts()
	c.namespaces()
	c.linux()
	c.hooks()
	if b.Config.Version == "" {
		b.Warnings = append(b.Warnings, b.at.file+": ociVersion is missing, taken as "+specs.Version)
	}
	return c.err
}

// checker keeps the first fault.
type checker struct {
	at     *places
	config *specs.Spec
	err    error
}

// fault notes that a value is wrong.
func (c *checker) fault(path, format string, args ...any) {
	if c.err == nil {
		c.err = c.at.error(path, fmt.Errorf(format, args...))
	}
}

// absolute wants a path that does not depend on where anybody stands.
func (c *checker) absolute(at, p string) {
	switch {
	case p == "":
		c.fault(at, "is missing or empty")
	case !path.IsAbs(p):
		c.fault(at, "%q is not absolute", p)
	}
	c.text(at, p)
}

// text wants no NUL, at which the kernel would stop reading.
func (c *checker) text(at string, texts ...string) {
	for _, t := range texts {
		if strings.Contains(t, "\x00") {
			c.fault(at, "%q has a NUL in it", t)
		}
	}
}

func (c *checker) version() {
	if v := c.config.Version; v != "" && !strings.HasPrefix(v, "1.") {
		c.fault("ociVersion", "%q is not version 1 of the runtime specification", v)
	}
}

func (c *checker) root() {
	switch r := c.config.Root; {
	case r == nil:
		c.fault("root", "is missing")
	case r.Path == "":
		c.fault("root.path", "is missing or empty")
	default:
		c.text("root.path", r.Path)
	}
}

func (c *checker) hooks() {
	h := c.config.Hooks
	if h == nil {
		return
	}
	for _, kind := range hookKinds {
		for i, hook := range kind.of(h) {
			at := fmt.Sprintf("hooks.%s[%d]", kind.name, i)
			c.absolute(at+".path", hook.Path)
			c.text(at, append(append([]string{}, hook.Args...), hook.Env...)...)
			if hook.Timeout != nil && (*hook.Timeout <= 0 || *hook.Timeout > int(maxTimeout/time.Second)) {
				c.fault(at+".timeout", "%d is no number of seconds from 1 on", *hook.Timeout)
			}
		}
	}
}

// maxTimeout is a day: more does not fit all clocks.
const maxTimeout = 24 * time.Hour

// hookKind is a moment at which hooks are run.
type hookKind struct {
	name string // the property
	of   func(*specs.Hooks) []specs.Hook
}

// hookKinds are the moments in the order of a container's life (runtime.md,
// Lifecycle).
var hookKinds = []hookKind{
	//lint:ignore SA1019 old bundles have it
	{"prestart", func(h *specs.Hooks) []specs.Hook { return h.Prestart }},
	{"createRuntime", func(h *specs.Hooks) []specs.Hook { return h.CreateRuntime }},
	{"createContainer", func(h *specs.Hooks) []specs.Hook { return h.CreateContainer }},
	{"startContainer", func(h *specs.Hooks) []specs.Hook { return h.StartContainer }},
	{"poststart", func(h *specs.Hooks) []specs.Hook { return h.Poststart }},
	{"poststop", func(h *specs.Hooks) []specs.Hook { return h.Poststop }},
}
