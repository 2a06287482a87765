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
	To           string
}

// Call is "fsmount".
func (f *NewFS) Call() Call { return "fsmount" }

// FlagNames are the attributes of the mount.
func (f *NewFS) FlagNames() string { return f.Attr.String() }

// String is fsopen("tmpfs") fsconfig("mode=755") fsmount(MOUNT_ATTR_NOSUID) = fs.
func (f *NewFS) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "fsopen(%q)", f.Type)
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
	fs, err := unix.Fsopen(f.Type, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return refused("fsopen", quoted(f.Type), err)
	}
	defer unix.Close(fs)
	for _, o := range f.settings() {
		if err := configure(fs, o); err != nil {
			return refused("fsconfig", withMessage(fs, quoted(o)), err)
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return refused("fsconfig", withMessage(fs, f.Type), err)
	}
	fd, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, int(f.Attr))
	if err != nil {
		return refused("fsmount", withMessage(fs, f.Type), err)
	}
	c.put(f.To, fd)
	return nil
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
