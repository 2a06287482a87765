package proc

import (
	"bufio"
	"bytes"
	"errors"
	"strings"

	"github.com/moby/sys/mountinfo"

	"github.com/nsview/nsview/inspect/snapshot"
)

// parseGuarded lets the library parse the guarded text.
func parseGuarded(g guarded) ([]snapshot.Mount, error) {
	infos, err := mountinfo.GetMountsFromReader(bytes.NewReader(g.text), nil)
	if errors.Is(err, bufio.ErrTooLong) {
		return parsePortable(g) // a mount point or source of 64 KiB, as anybody can make in a user namespace
	}
	if err != nil {
		return nil, &SyntaxError{What: "mountinfo", Text: err.Error()}
	}
	if len(infos) != g.lines {
		return nil, errors.New("mountinfo: lines were lost in parsing")
	}
	mounts := make([]snapshot.Mount, len(infos))
	same := interner{}
	for i, info := range infos {
		if err := fromInfo(&mounts[i], info, same); err != nil {
			return nil, err
		}
		if options, ok := g.long[i]; ok {
			mounts[i].FSOptions = options
		}
	}
	return mounts, nil
}

func fromInfo(m *snapshot.Mount, info *mountinfo.Info, same interner) error {
	m.ID, m.Parent = snapshot.MountID(info.ID), snapshot.MountID(info.Parent)
	m.Dev = snapshot.Dev{Major: uint32(info.Major), Minor: uint32(info.Minor)}
	m.Root, m.Point = info.Root, info.Mountpoint
	m.FSType, m.Source = same.of(info.FSType), same.of(info.Source)
	m.VFSOptions, m.FSOptions = same.of(info.Options), same.of(info.VFSOptions)
	if !propagation(m, info.Optional) {
		return &SyntaxError{What: "mountinfo", Text: info.Optional}
	}
	return nil
}

// interner keeps one copy of strings that many lines share, so that a large
// table does not keep every line of the file alive.
type interner map[string]string

func (in interner) of(s string) string {
	if kept, ok := in[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	in[s] = s
	return s
}
