//go:build linux

package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// likeMountinfo is the table as mountinfo would have it.
func likeMountinfo(mounts []snapshot.Mount) []snapshot.Mount {
	var list []snapshot.Mount
	for _, m := range mounts {
		if m.Unreachable {
			continue
		}
		m.UniqueID, m.UIDMap, m.GIDMap, m.PropagateFrom = 0, nil, nil, 0
		list = append(list, m)
	}
	return list
}

func sameAsMountinfo(t *testing.T, k *Kernel, ref snapshot.Ref) snapshot.Table {
	t.Helper()
	text, err := k.MountinfoInside(ref)
	try(t, err)
	want, err := proc.ParseMountinfo(text)
	try(t, err)
	table, err := k.Table(ref)
	try(t, err)
	if diff := cmp.Diff(likeMountinfo(want), likeMountinfo(table.Mounts)); diff != "" {
		t.Errorf("mountinfo (-) and statmount (+) of %s differ:\n%s", name(ref), diff)
	}
	if !table.Whole {
		t.Errorf("table of %s is not whole: %d mounts", name(ref), len(table.Mounts))
	}
	return table
}

func TestTableOfEveryNamespaceHere(t *testing.T) {
	needsAdmin(t)
	k := newKernel(t)
	needs(t, k, StatmountColumns)
	for ino := range walked(t, k) {
		ref := snapshot.Ref{Type: snapshot.Mnt, Ino: ino}
		table, err := k.Table(ref)
		if err == nil && len(table.Mounts) == 0 {
			t.Errorf("%s: no mounts", name(ref))
		}
	}
}

func TestTableIsMountinfo(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	needs(t, k, StatmountColumns)
	dir := t.TempDir()
	fd := another(t, func() error { return furnish(dir) })
	table := sameAsMountinfo(t, k, heldRef(t, fd))
	seen := func(what string, is func(*snapshot.Mount) bool) {
		if !slices.ContainsFunc(table.Mounts, func(m snapshot.Mount) bool { return is(&m) }) {
			t.Errorf("no mount that is %s", what)
		}
	}
	seen("longer than 64 KiB", func(m *snapshot.Mount) bool { return len(m.FSOptions) > 64<<10 })
	seen("unbindable", func(m *snapshot.Mount) bool { return m.Unbindable })
	seen("a slave", func(m *snapshot.Mount) bool { return m.Master != 0 })
	seen("shared and a slave", func(m *snapshot.Mount) bool { return m.Master != 0 && m.PeerGroup != 0 })
	seen("oddly named", func(m *snapshot.Mount) bool { return strings.HasSuffix(m.Point, oddName) })
	seen("of a deleted directory", func(m *snapshot.Mount) bool { return strings.HasSuffix(m.Root, "//deleted") })
	seen("read-only", func(m *snapshot.Mount) bool { return strings.HasPrefix(m.VFSOptions, "ro,") })
}

const oddName = "a b\tc\nd\\e#f\xff,g"

// furnish fills the calling thread's namespace with what is hard to print.
func furnish(dir string) error {
	if err := unix.Mount("stage", dir, "tmpfs", 0, ""); err != nil {
		return err
	}
	at := func(name string) string {
		path := filepath.Join(dir, name)
		os.MkdirAll(path, 0o755)
		return path
	}
	steps := []error{
		unix.Mount("odd source #1\\2", at(oddName), "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "size=64k"),
		unix.Mount("", at("nosource"), "tmpfs", 0, ""),
		unix.Mount(at("shared"), at("shared"), "", unix.MS_BIND, ""),
		unix.Mount("", at("shared"), "", unix.MS_SHARED, ""),
		unix.Mount(at("shared"), at("slave"), "", unix.MS_BIND, ""),
		unix.Mount("", at("slave"), "", unix.MS_SLAVE, ""),
		unix.Mount(at("shared"), at("both"), "", unix.MS_BIND, ""),
		unix.Mount("", at("both"), "", unix.MS_SLAVE, ""),
		unix.Mount("", at("both"), "", unix.MS_SHARED, ""),
		unix.Mount("unb", at("unbindable"), "tmpfs", unix.MS_SYNCHRONOUS|unix.MS_DIRSYNC|unix.MS_LAZYTIME, ""),
		unix.Mount("", at("unbindable"), "", unix.MS_UNBINDABLE, ""),
		unix.Mount(at("gone"), at("deleted"), "", unix.MS_BIND, ""),
		unix.Rmdir(at("gone")),
		unix.Mount("covered", at("covered"), "tmpfs", 0, ""),
		unix.Mount("cover", at("covered"), "tmpfs", unix.MS_RDONLY, ""),
		unix.Mount("/proc/self/ns/net", touch(at("."), "net"), "", unix.MS_BIND, ""),
	}
	steps = append(steps, flagMounts(at)...)
	steps = append(steps, overlay(at))
	for i, err := range steps {
		if err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

func touch(dir, name string) string {
	path := filepath.Join(dir, name)
	os.WriteFile(path, nil, 0o644)
	return path
}

// flagMounts mounts with every flag of its own.
func flagMounts(at func(string) string) (errs []error) {
	for i, flags := range []uintptr{
		unix.MS_NOATIME, unix.MS_NODIRATIME, unix.MS_STRICTATIME, unix.MS_NOSYMFOLLOW,
		unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME | unix.MS_NOSYMFOLLOW,
		unix.MS_NODIRATIME | unix.MS_NOSYMFOLLOW | unix.MS_NOSUID,
	} {
		errs = append(errs, unix.Mount("flags", at(fmt.Sprintf("flags%d", i)), "tmpfs", flags, ""))
	}
	return errs
}

// overlay mounts one of so many layers that its options need more than 64 KiB.
func overlay(at func(string) string) error {
	fs, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fs)
	for i := range 450 {
		layer := at(fmt.Sprintf("layers/%03d-%s", i, strings.Repeat("x", 180)))
		if err := unix.FsconfigSetString(fs, "lowerdir+", layer); err != nil {
			return err
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return err
	}
	mnt, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(mnt)
	return unix.MoveMount(mnt, "", unix.AT_FDCWD, at("overlay"), unix.MOVE_MOUNT_F_EMPTY_PATH)
}
