package launch

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// NewFS makes a file system, which is not mounted anywhere yet.
type NewFS struct {
	Type, Source string
	Options      []string // "size=64m", "newinstance"
	Attr         MountAttr
	// OwnGroup shows of a hierarchy of control groups only what is below the
	// child's own, also to those who are in no cgroup namespace of their own.
	OwnGroup bool
	To       string
}

// Call is "fsmount".
func (f *NewFS) Call() Call { return "fsmount" }

// FlagNames are the attributes of the mount.
func (f *NewFS) FlagNames() string { return f.Attr.String() }

// String is fsopen("tmpfs") fsconfig("mode=755") fsmount(MOUNT_ATTR_NOSUID) = fs.
func (f *NewFS) String() string {
	var b strings.Builder
	if f.OwnGroup {
		b.WriteString("unshare(CLONE_NEWCGROUP) ")
	}
	fmt.Fprintf(&b, "fsopen(%q)", f.Type)
	if f.OwnGroup {
		b.WriteString(" setns(back)")
	}
	for _, o := range f.settings() {
		fmt.Fprintf(&b, " fsconfig(%q)", o)
	}
	fmt.Fprintf(&b, " fsmount(%s) = %s", f.FlagNames(), f.To)
	return b.String()
}

func (f *NewFS) settings() []string {
	if f.Source == "" {
		return f.Options
	}
	return append([]string{"source=" + f.Source}, f.Options...)
}

func (f *NewFS) do(c *child) error {
	fd, err := f.make()
	if err == nil {
		c.put(f.To, fd)
	}
	return err
}

func (f *NewFS) make() (int, error) {
	back, err := f.enterOwnGroup()
	if err != nil {
		return -1, err
	}
	fs, err := unix.Fsopen(f.Type, unix.FSOPEN_CLOEXEC)
	if err == nil {
		err = back()
	}
	if err != nil {
		return -1, refused("fsopen", quoted(f.Type), err)
	}
	defer unix.Close(fs)
	for _, o := range f.settings() {
		if err := configure(fs, o); err != nil {
			return -1, refused("fsconfig", withMessage(fs, quoted(o)), err)
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return -1, refused("fsconfig", withMessage(fs, f.Type), err)
	}
	fd, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, int(f.Attr))
	if err != nil {
		return -1, refused("fsmount", withMessage(fs, f.Type), err)
	}
	return fd, nil
}

// configure sets one option, KEY or KEY=VALUE.
func configure(fs int, option string) error {
	key, value, ok := strings.Cut(option, "=")
	if !ok {
		return unix.FsconfigSetFlag(fs, key)
	}
	return unix.FsconfigSetString(fs, key, value)
}

// withMessage adds what the file system itself has to say (fsopen(2)).
func withMessage(fs int, about string) string {
	b := make([]byte, 1024)
	n, err := unix.Read(fs, b)
	if err != nil || n < 2 {
		return about
	}
	return about + " (" + strings.TrimSpace(string(b[2:n])) + ")" // "e " is the message's kind
}

// enterOwnGroup makes a cgroup namespace for the opening of one file system,
// which shows what that namespace does. back leaves it.
func (f *NewFS) enterOwnGroup() (back func() error, err error) {
	if !f.OwnGroup {
		return func() error { return nil }, nil
	}
	const file = "/proc/thread-self/ns/cgroup"
	home, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, refused("open", quoted(file), err)
	}
	if err := unix.Unshare(unix.CLONE_NEWCGROUP); err != nil {
		_ = unix.Close(home)
		return nil, refused("unshare", "CLONE_NEWCGROUP", err)
	}
	return func() error {
		defer unix.Close(home)
		return refused("setns", quoted(file), unix.Setns(home, unix.CLONE_NEWCGROUP))
	}, nil
}
