package launch

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// scratchSlot holds the file system for what is changed in an overlay that
// nobody keeps. It is mounted nowhere, so that the kernel removes it with the
// last who uses it.
const scratchSlot = "scratch"

// ScratchDirs makes directories at the top of the file system in a slot.
type ScratchDirs struct{ Names []string }

// Call is "mkdirat".
func (s *ScratchDirs) Call() Call { return "mkdirat" }

// FlagNames is "".
func (s *ScratchDirs) FlagNames() string { return "" }

// String is mkdirat(scratch, "upper", 0755) mkdirat(scratch, "work", 0755).
func (s *ScratchDirs) String() string {
	texts := make([]string, len(s.Names))
	for i, n := range s.Names {
		texts[i] = fmt.Sprintf("mkdirat(%s, %q, 0755)", scratchSlot, n)
	}
	return strings.Join(texts, " ")
}

func (s *ScratchDirs) do(c *child) error {
	fd, err := c.fd(scratchSlot)
	if err != nil {
		return err
	}
	for _, n := range s.Names {
		if err := unix.Mkdirat(fd, n, 0o755); err != nil {
			return refused("mkdirat", quoted(n), err)
		}
	}
	return nil
}

// Overlay makes a file system of layers, the first on top, and keeps what is
// changed in Upper; without one in the scratch file system.
type Overlay struct {
	Layers      []string
	Upper, Work string
	UserXattr   bool // for user namespaces: trusted attributes are not for them
	To          string
}

// Call is "fsmount".
func (o *Overlay) Call() Call { return "fsmount" }

// FlagNames is "0".
func (o *Overlay) FlagNames() string { return "0" }

// String is fsopen("overlay") fsconfig("lowerdir+=/a") ... fsmount(0) = rootfs.
func (o *Overlay) String() string {
	upper, work := o.Upper, o.Work
	if upper == "" {
		upper, work = scratchSlot+":/upper", scratchSlot+":/work"
	}
	fs := NewFS{Type: "overlay", Source: "overlay", Options: o.options(upper, work), To: o.To}
	return fs.String()
}

func (o *Overlay) options(upper, work string) []string {
	list := make([]string, 0, len(o.Layers)+3)
	for _, l := range o.Layers {
		list = append(list, "lowerdir+="+l)
	}
	list = append(list, "upperdir="+upper, "workdir="+work)
	if o.UserXattr {
		list = append(list, "userxattr")
	}
	return list
}

func (o *Overlay) do(c *child) error {
	upper, work := o.Upper, o.Work
	if upper == "" {
		fd, err := c.fd(scratchSlot)
		if err != nil {
			return err
		}
		dir := fmt.Sprintf("/proc/self/fd/%d", fd)
		upper, work = dir+"/upper", dir+"/work"
	}
	fs := NewFS{Type: "overlay", Source: "overlay", Options: o.options(upper, work), To: o.To}
	err := fs.do(c)
	if !errors.Is(err, unix.EINVAL) {
		return err
	}
	// Before Linux 6.5 the layers are one text.
	rest := fs.Options[len(o.Layers):]
	old := NewFS{Type: "overlay", Source: "overlay", To: o.To}
	old.Options = append([]string{"lowerdir=" + strings.Join(o.Layers, ":")}, rest...)
	if old.do(c) != nil {
		return err
	}
	return nil
}
