//go:build linux

package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// In a namespace without a mount at / the list by LSMT_ROOT is a part: what
// lies below the first of several mounts on rootfs.
func TestTableOfABareRootfs(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	needs(t, k, StatmountColumns)
	fd := another(t, func() error { return unix.Unmount("/", unix.MNT_DETACH) })
	var mounted []string
	try(t, inside(fd, func() error {
		for _, dir := range []string{"/dev", "/root"} { // what an empty initramfs has
			if unix.Mount("on rootfs", dir, "tmpfs", 0, "") == nil {
				mounted = append(mounted, dir)
			}
		}
		return nil
	}))
	if len(mounted) < 2 {
		t.Skip("needs a rootfs with /dev and /root")
	}
	table := sameAsMountinfo(t, k, heldRef(t, fd))
	for _, dir := range mounted {
		if !slices.ContainsFunc(table.Mounts, func(m snapshot.Mount) bool { return m.Point == dir && m.Source == "on rootfs" }) {
			t.Errorf("the mount on %s is missing: %+v", dir, table.Mounts)
		}
	}
}

func TestTableOfNothing(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	needs(t, k, StatmountColumns)
	fd := another(t, func() error { return unix.Unmount("/", unix.MNT_DETACH) })
	table, err := k.Table(heldRef(t, fd))
	if err != nil || !table.Whole || len(table.Mounts) > 1 {
		t.Errorf("%+v, %v", table, err)
	}
}

func TestIdmappedMount(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	needs(t, k, StatmountColumns)
	dir := filepath.Join(stageDir(t, ""), "idmapped")
	try(t, os.Mkdir(dir, 0o755))
	pid := child(t, "/", &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 10000, Size: 1000}, {ContainerID: 5000, HostID: 20000, Size: 7}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 30000, Size: 1000}},
	})
	if err := idmapped(pid, dir); err != nil {
		t.Skipf("needs idmapped mounts of tmpfs (Linux 6.3): %v", err)
	}
	ref := ownRef(t, k.proc)
	table := sameAsMountinfo(t, k, ref)
	i := slices.IndexFunc(table.Mounts, func(m snapshot.Mount) bool { return m.Point == dir })
	want := table.Mounts[i]
	wantUID, wantGID := []string{"0 10000 1000", "5000 20000 7"}, []string{"0 30000 1000"}
	if !slices.Equal(want.UIDMap, wantUID) || !slices.Equal(want.GIDMap, wantGID) {
		t.Errorf("maps: %q %q", want.UIDMap, want.GIDMap)
	}

	text, err := os.ReadFile("/proc/self/mountinfo")
	try(t, err)
	mounts, err := proc.ParseMountinfo(text)
	try(t, err)
	detailed := snapshot.Table{Via: "mountinfo", Mounts: mounts}
	try(t, k.Detail(ref, &detailed))
	if diff := cmp.Diff(want, detailed.Mounts[i]); diff != "" {
		t.Errorf("statmount (-) and mountinfo with details (+) differ:\n%s", diff)
	}
}

func idmapped(pid int, dir string) error {
	users, err := unix.Open(fmt.Sprintf("/proc/%d/ns/user", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(users)
	fs, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fs)
	if err := unix.FsconfigCreate(fs); err != nil {
		return err
	}
	mnt, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(mnt)
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(users)}
	if err := unix.MountSetattr(mnt, "", unix.AT_EMPTY_PATH, &attr); err != nil {
		return err
	}
	return unix.MoveMount(mnt, "", unix.AT_FDCWD, dir, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// The own namespace is the only one that the kernel shows relative to the
// caller's root instead of the namespace's.
func TestOwnTableFromAChroot(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	needs(t, k, StatmountColumns)
	dir := filepath.Join(t.TempDir(), "plain directory")
	try(t, os.Mkdir(dir, 0o755))
	ref := ownRef(t, k.proc)
	want, err := k.Table(ref)
	try(t, err)
	root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	try(t, err)
	t.Cleanup(func() { // back out, so that the directory can be removed
		try(t, unix.Fchdir(root))
		try(t, unix.Chroot("."))
		unix.Close(root)
	})
	try(t, unix.Chroot(dir))
	got, err := k.Table(ref)
	try(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("from the root (-) and from a chroot (+):\n%s", diff)
	}
}

// Everybody may read the own namespace.
func TestOwnTableWithoutPrivilege(t *testing.T) {
	k := newKernel(t)
	needs(t, k, StatmountColumns)
	text, err := os.ReadFile("/proc/self/mountinfo")
	try(t, err)
	want, err := proc.ParseMountinfo(text)
	try(t, err)
	table, err := k.Table(ownRef(t, k.proc))
	try(t, err)
	if len(likeMountinfo(table.Mounts)) != len(want) {
		t.Errorf("%d mounts, mountinfo has %d", len(table.Mounts), len(want))
	}
}
