package launch

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// MapTools are the programs that map ranges of ids for an ordinary user, as
// /etc/subuid and /etc/subgid allow (newuidmap(1), newgidmap(1)).
type MapTools struct{ UID, GID string }

// MapIDs has a program map the ids of the child's user namespace.
type MapIDs struct {
	Tool string
	Maps []IDMap
}

// Call is the program's name.
func (m *MapIDs) Call() Call { return Call(filepath.Base(m.Tool)) }

// FlagNames is "".
func (m *MapIDs) FlagNames() string { return "" }

// String is newuidmap PID 0 1000 1 1 100000 65536.
func (m *MapIDs) String() string { return string(m.Call()) + " PID " + strings.Join(m.words(), " ") }

func (m *MapIDs) words() []string {
	var list []string
	for _, r := range m.Maps {
		list = append(list, strconv.Itoa(r.Inside), strconv.Itoa(r.Outside), strconv.Itoa(r.Size))
	}
	return list
}

func (m *MapIDs) slot() string { return "" }

func (m *MapIDs) inParent(pid int) (int, error) {
	cmd := exec.Command(m.Tool, append([]string{strconv.Itoa(pid)}, m.words()...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		said, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
		return -1, refused(m.Call(), string(said), fmt.Errorf("%w", err))
	}
	return -1, nil
}

// Again starts the program of the child once more: as its user is root in the
// user namespace from now on, it gets all capabilities there (capabilities(7)).
type Again struct{}

// Call is "execve".
func (*Again) Call() Call { return "execve" }

// FlagNames is "".
func (*Again) FlagNames() string { return "" }

// String is execve("/proc/self/exe").
func (*Again) String() string { return fmt.Sprintf("execve(%q)", self) }

// unmappedName is the child that waits for its ids.
const unmappedName = "nsview-launch-unmapped"

// becomeChild waits for the parent, and starts again.
func becomeChild() {
	if _, err := io.ReadFull(toParent, make([]byte, 1)); err == nil {
		_ = unix.Exec(self, []string{childName}, nil)
	}
}
