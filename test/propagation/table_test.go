//go:build linux

package propagation_test

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// entry is a line of mountinfo, read without any help of nsview's.
type entry struct {
	id, parent     int
	root, point    string
	shared, master int
	source         string
}

// table is the mount table as the kernel writes it for a thread inside.
func (s *space) table() ([]entry, error) {
	var text []byte
	err := s.in(func() (err error) {
		text, err = os.ReadFile("/proc/thread-self/mountinfo")
		return err
	})
	var list []entry
	for line := range bytes.Lines(text) {
		before, after, ok := strings.Cut(string(line), " - ")
		f, g := strings.Fields(before), strings.Fields(after)
		if !ok || len(f) < 6 || len(g) < 2 {
			return nil, errors.New("read mountinfo: " + string(line))
		}
		e := entry{id: number(f[0]), parent: number(f[1]), root: f[3], point: f[4], source: g[1]}
		for _, tag := range f[6:] {
			switch name, value, _ := strings.Cut(tag, ":"); name {
			case "shared":
				e.shared = number(value)
			case "master":
				e.master = number(value)
			}
		}
		list = append(list, e)
	}
	return list, err
}

func number(text string) int {
	n, _ := strconv.Atoi(text) // the kernel wrote it
	return n
}

// mountAt is the 32-bit id of the mount that serves a path, 0 when there is no
// such path.
func mountAt(path string) int {
	var st unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_MNT_ID, &st) != nil {
		return 0
	}
	return int(st.Mnt_id)
}
