package launch

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Remount changes a mount of the root that is there already: its attributes,
// and with Options those of its file system, for all who have it mounted.
type Remount struct {
	Target  string
	Attr    Attributes
	Options []string
	// Recursive changes the mounts below too.
	Recursive bool
}

// Call is "mount_setattr".
func (*Remount) Call() Call { return "mount_setattr" }

// FlagNames are the attributes.
func (r *Remount) FlagNames() string { return r.change().FlagNames() }

func (r *Remount) change() *SetAttributes {
	return &SetAttributes{Set: r.Attr.Set, Clear: r.Attr.Clear, Recursive: r.Recursive}
}

// String is mount_setattr(openat2(rootfs, "/dev", RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS), set MOUNT_ATTR_RDONLY).
func (r *Remount) String() string {
	text := fmt.Sprintf("mount_setattr(openat2(rootfs, %q, RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS), %s)", r.Target, r.FlagNames())
	var b strings.Builder
	for _, o := range r.Options {
		fmt.Fprintf(&b, " fsconfig(%q)", o)
	}
	if b.Len() > 0 {
		text += " fspick()" + b.String() + " fsconfig(FSCONFIG_CMD_RECONFIGURE)"
	}
	return text
}

// do wants a mount point: the attributes of another mount would change else.
func (r *Remount) do(c *child) error {
	fd, err := c.openIn(r.Target, unix.O_PATH, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Statx_t
	if err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, 0, &st); err != nil {
		return refused("statx", quoted(r.Target), err)
	}
	if st.Attributes&unix.STATX_ATTR_MOUNT_ROOT == 0 {
		return refused("statx", quoted(r.Target)+" is no mount point", unix.EINVAL)
	}
	if r.Attr != (Attributes{}) {
		if err := r.change().apply(fd); err != nil {
			return err
		}
	}
	if len(r.Options) == 0 {
		return nil
	}
	return r.reconfigure(fd)
}

func (r *Remount) reconfigure(fd int) error {
	fs, err := unix.Fspick(fd, "", unix.FSPICK_CLOEXEC|unix.FSPICK_EMPTY_PATH)
	if err != nil {
		return refused("fspick", quoted(r.Target), err)
	}
	defer unix.Close(fs)
	for _, o := range r.Options {
		if err := configure(fs, o); err != nil {
			return refused("fsconfig", withMessage(fs, quoted(o)), err)
		}
	}
	if err := unix.FsconfigReconfigure(fs); err != nil {
		return refused("fsconfig", withMessage(fs, quoted(r.Target)), err)
	}
	return nil
}
