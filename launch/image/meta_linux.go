package image

import (
	"archive/tar"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// create makes a new file, never following a link.
func create(dir int, base string) (*os.File, error) {
	fd, err := unix.Openat(dir, base, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), base), nil
}

// meta sets owner, attributes, mode and time of a new file. The owner comes
// first: its change takes away file capabilities and set-user-ID bits.
func (x *extraction) meta(dir int, base string, h *tar.Header) error {
	if !x.tree.user {
		if h.Uid < 0 || h.Gid < 0 || int64(h.Uid) >= 1<<32-1 || int64(h.Gid) >= 1<<32-1 {
			return fmt.Errorf("there are no ids %d and %d", h.Uid, h.Gid)
		}
		if err := unix.Fchownat(dir, base, h.Uid, h.Gid, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
	}
	if err := x.attributes(dir, base, h); err != nil {
		return err
	}
	if h.Typeflag != tar.TypeSymlink {
		// It is no link, and nobody else writes here.
		if err := unix.Fchmodat(dir, base, uint32(h.Mode)&0o7777, 0); err != nil {
			return err
		}
	}
	return setTime(dir, base, h.ModTime)
}

// setTime sets the time of the last change; the kernel brings what its file
// system cannot hold within bounds.
func setTime(dir int, base string, t time.Time) error {
	if t.IsZero() || t.Before(time.Unix(0, 0)) {
		t = time.Unix(0, 0)
	}
	ts, err := unix.TimeToTimespec(t)
	if err != nil {
		return nil // no file system could hold it either
	}
	return unix.UtimesNanoAt(dir, base, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
}

// xattrRecord is the prefix of PAX records that hold extended attributes.
const xattrRecord = "SCHILY.xattr."

// attributes sets extended attributes. Those of overlayfs would let an image
// point into other layers; those of security modules are for the host they
// were made on.
func (x *extraction) attributes(dir int, base string, h *tar.Header) error {
	for _, record := range slices.Sorted(maps.Keys(h.PAXRecords)) {
		name, ok := strings.CutPrefix(record, xattrRecord)
		if !ok {
			continue
		}
		overlay := strings.HasPrefix(name, "user.overlay.")
		if overlay || name != "security.capability" && !strings.HasPrefix(name, "user.") {
			x.out["extended attributes "+family(name)]++
			continue
		}
		err := unix.Lsetxattr(procPath(dir, base), name, []byte(h.PAXRecords[record]), 0)
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) {
			x.out["extended attributes "+family(name)+": "+err.Error()]++
			continue
		}
		if err != nil {
			return fmt.Errorf("set the attribute %q: %w", name, err)
		}
	}
	return nil
}

// family keeps the list of what was left out short, whatever names there are.
func family(name string) string {
	for _, known := range []string{"security.capability", "security.selinux"} {
		if name == known {
			return known
		}
	}
	for _, prefix := range []string{"user.overlay.", "trusted.overlay.", "user.", "trusted.", "security.", "system."} {
		if strings.HasPrefix(name, prefix) {
			return prefix + "*"
		}
	}
	return "of unknown kinds"
}
