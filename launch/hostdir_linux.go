package launch

import (
	"errors"
	"fmt"
	"path"

	"golang.org/x/sys/unix"
)

// MakeDir makes a directory of the host, with those above it that are missing.
// It is removed again when a later step is refused.
type MakeDir struct {
	Path string
	Mode uint32
}

// Call is "mkdirat".
func (m *MakeDir) Call() Call { return "mkdirat" }

// FlagNames is "".
func (m *MakeDir) FlagNames() string { return "" }

// String is mkdirat("/var/lib/x", 0700).
func (m *MakeDir) String() string { return fmt.Sprintf("mkdirat(%q, 0%o)", m.Path, m.Mode) }

func (m *MakeDir) do(c *child) error { return m.make(c, path.Clean(m.Path)) }

func (m *MakeDir) make(c *child, name string) error {
	dir, base := path.Split(name)
	at, err := unix.Open(path.Clean(dir), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) && dir != "/" {
		if err := m.make(c, path.Clean(dir)); err != nil {
			return err
		}
		at, err = unix.Open(path.Clean(dir), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return refused("open", quoted(dir), err)
	}
	defer unix.Close(at)
	return c.mkdirAt(at, base, m.Mode)
}
