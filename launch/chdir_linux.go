package launch

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Chdir changes the working directory, and refuses one that lies outside of
// the root: from there the host could be reached (CVE-2024-21626).
type Chdir struct{ Path string }

// Call is "chdir".
func (d *Chdir) Call() Call { return "chdir" }

// FlagNames is "".
func (d *Chdir) FlagNames() string { return "" }

// String is chdir("/").
func (d *Chdir) String() string { return fmt.Sprintf("chdir(%q)", d.Path) }

func (d *Chdir) do(*child) error {
	if err := unix.Chdir(d.Path); err != nil {
		return err
	}
	b := make([]byte, unix.PathMax)
	n, err := unix.Getcwd(b)
	if err != nil {
		return refused("getcwd", "", err)
	}
	if !strings.HasPrefix(string(b[:n]), "/") { // "(unreachable)/..."
		return refused("chdir", quoted(d.Path)+" lies outside of the root", unix.EPERM)
	}
	return nil
}
