package subid

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/moby/sys/user"
)

// Range is Count ids from First on.
type Range struct{ First, Count int }

// Of are the ranges that a file, /etc/subuid or /etc/subgid, grants to a user by
// name or number, in the file's order. A file that does not exist grants none.
func Of(file, name string, uid int) ([]Range, error) {
	list, err := user.ParseSubIDFileFilter(file, func(s user.SubID) bool {
		return s.Name == name && name != "" || s.Name == strconv.Itoa(uid)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the ranges of ids in %s: %w", file, err)
	}
	ranges := make([]Range, 0, len(list))
	for _, s := range list {
		if s.Count > 0 && s.SubID >= 0 {
			ranges = append(ranges, Range{First: int(s.SubID), Count: int(s.Count)})
		}
	}
	return ranges, nil
}
