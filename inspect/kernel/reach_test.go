//go:build linux

package kernel

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

func walked(t *testing.T, k *Kernel) map[uint64]snapshot.Namespace {
	t.Helper()
	found := map[uint64]snapshot.Namespace{}
	types, err := k.Walk(snapshot.Types(snapshot.Mnt), func(n snapshot.Namespace) {
		if _, twice := found[n.ID.Ino]; twice {
			t.Errorf("%d was visited twice", n.ID.Ino)
		}
		found[n.ID.Ino] = n
	})
	if errors.Is(err, fs.ErrPermission) {
		t.Skipf("needs CAP_SYS_ADMIN in the initial user and pid namespace: %v", err)
	}
	try(t, err)
	if types != snapshot.Types(snapshot.Mnt) {
		t.Errorf("walked types %b", types)
	}
	return found
}

// A namespace whose only holder is a message that nobody has received has no
// process, no descriptor and no mount to find it by.
func TestWalkFindsWhatIsInFlight(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	needs(t, k, MountWalk)
	fd := loose(t, nil)
	id, err := nsID(fd)
	try(t, err)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	try(t, err)
	try(t, unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(fd), nil, 0))
	try(t, unix.Close(fd))

	found := walked(t, k)
	if len(found) < 3 { // where the tests were started, the stage, the new one
		t.Errorf("walked only %v", found)
	}
	n, ok := found[id.Ino]
	if !ok || n.ID != id || !n.Walked || n.UniqueID == 0 || n.NrMounts == nil {
		t.Fatalf("found %v: %+v", ok, n)
	}
	ref := snapshot.Ref{Type: snapshot.Mnt, Ino: id.Ino}
	table, err := k.Table(ref)
	if err != nil || len(table.Mounts) != *n.NrMounts || !table.Whole {
		t.Errorf("%d mounts of %d, whole %v, %v", len(table.Mounts), *n.NrMounts, table.Whole, err)
	}

	try(t, unix.Close(pair[0]))
	try(t, unix.Close(pair[1]))
	if _, err = k.Table(ref); !errors.Is(err, snapshot.ErrVanished) {
		t.Errorf("after the message is gone: %v", err)
	}
}

func TestNamespaceHeldByAMount(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	needs(t, k, StatmountNS)
	point := filepath.Join(t.TempDir(), "held here")
	outer, inner := loose(t, nil), loose(t, nil)
	outerID, err := mountNSUniqueID(outer)
	try(t, err)
	innerID, err := mountNSUniqueID(inner)
	try(t, err)
	if outerID > innerID { // a namespace holds only those with higher ids
		outer, inner = inner, outer
	}
	defer unix.Close(outer)
	id, err := nsID(inner)
	try(t, err)
	try(t, inside(outer, func() error {
		if err := unix.Mount("stage", filepath.Dir(point), "tmpfs", 0, ""); err != nil {
			return err
		}
		touch(filepath.Dir(point), filepath.Base(point))
		return unix.Mount(fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), inner), point, "", unix.MS_BIND, "")
	}))
	try(t, unix.Close(inner))

	in := heldRef(t, outer)
	var pins []pin
	try(t, k.Pins(in, func(typ snapshot.Type, ino uint64, p string) { pins = append(pins, pin{typ, ino, p}) }))
	if len(pins) != 1 || pins[0] != (pin{snapshot.Mnt, id.Ino, point}) {
		t.Errorf("pins: %+v, want %d at %s", pins, id.Ino, point)
	}
	ref := snapshot.Ref{Type: snapshot.Mnt, Ino: id.Ino, Hold: &snapshot.Hold{Kind: snapshot.HoldBind, Path: point}, In: &in}
	n, err := k.Describe(ref, unknown, func(snapshot.Namespace) {})
	if err != nil || n.ID != id || n.UniqueID == 0 || n.Owner.IsZero() {
		t.Errorf("described %+v, %v", n, err)
	}
	ref.In = nil
	if _, err := k.Describe(ref, unknown, nil); !errors.Is(err, ErrGone) {
		t.Errorf("through the own namespace, where nothing is mounted: %v", err)
	}
}

func TestNumberThatNamesAnother(t *testing.T) {
	k := newKernel(t)
	ref := ownRef(t, k.proc)
	ref.Ino++
	if _, err := k.Describe(ref, unknown, nil); !errors.Is(err, ErrGone) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestDescribeRelatives(t *testing.T) {
	k := newKernel(t)
	pid := child(t, "/", &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWPID,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
	})
	ino := func(link string) uint64 {
		n, err := k.proc.ReadLinkIno(link)
		try(t, err)
		return n
	}
	user := ino(fmt.Sprintf("%d/ns/user", pid))
	seen := map[uint64]snapshot.Namespace{}
	ref := snapshot.Ref{Type: snapshot.PID, Ino: ino(fmt.Sprintf("%d/ns/pid", pid)), PID: pid}
	n, err := k.Describe(ref, unknown, func(n snapshot.Namespace) { seen[n.ID.Ino] = n })
	try(t, err)
	if n.Owner.Ino != user || n.Parent.Ino != ino("self/ns/pid") {
		t.Errorf("pid namespace: %+v", n)
	}
	owner := seen[user]
	if owner.Type != snapshot.User || owner.OwnerUID == nil || int(*owner.OwnerUID) != os.Geteuid() || owner.Parent.Ino != ino("self/ns/user") {
		t.Errorf("its owner: %+v", owner)
	}
	if _, ok := seen[ino("self/ns/pid")]; !ok || len(seen) < 3 {
		t.Errorf("visited %+v", seen)
	}
	again, err := k.Describe(ref, func(uint64) bool { return true }, func(n snapshot.Namespace) { t.Errorf("visited %+v, which is known", n) })
	if err != nil || again.Owner != n.Owner || again.Parent != n.Parent {
		t.Errorf("with known relatives %+v, %v, without %+v", again, err, n)
	}
}

func unknown(uint64) bool { return false }

func TestFeaturesBelongToThisKernel(t *testing.T) {
	k := newKernel(t)
	var name unix.Utsname
	try(t, unix.Uname(&name))
	var major, minor int
	fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor)
	for _, f := range Features() {
		var a, b int
		fmt.Sscanf(f.Since(), "%d.%d", &a, &b)
		newEnough := major > a || major == a && minor >= b
		if has := k.Has(f); newEnough && !has && os.Geteuid() == 0 {
			t.Errorf("%v is missing from Linux %d.%d, though it has been there since %s", f, major, minor, f.Since())
		}
	}
}

func TestOwnThreadIsNeverTheFirst(t *testing.T) {
	for range 200 {
		first := make(chan bool)
		onOwnThread(func() { first <- unix.Gettid() == unix.Getpid() })
		if <-first {
			t.Fatal("took the first thread")
		}
	}
}

func TestNamespaceOfAThread(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	self := os.Getpid()
	home := ownRef(t, k.proc).Ino
	in, leave := make(chan error), make(chan struct{})
	defer close(leave)
	onOwnThread(func() {
		in <- unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS)
		<-leave
	})
	try(t, <-in)
	found := 0
	try(t, k.proc.TaskLinks(self, snapshot.Types(snapshot.Mnt), func(tid int, links *[snapshot.NumTypes]uint64) {
		if links[snapshot.Mnt] == home {
			return
		}
		found++
		hold := &snapshot.Hold{Kind: snapshot.HoldThread, PID: self, TID: tid}
		n, err := k.Describe(snapshot.Ref{Type: snapshot.Mnt, Ino: links[snapshot.Mnt], Hold: hold}, unknown, func(snapshot.Namespace) {})
		if err != nil || n.UniqueID == 0 {
			t.Errorf("thread %d: %+v, %v", tid, n, err)
		}
	}))
	if found != 1 {
		t.Errorf("%d threads are elsewhere, want 1", found)
	}
}

func TestNamespaceForChildren(t *testing.T) {
	k := newKernel(t)
	for _, typ := range []snapshot.Type{snapshot.PID, snapshot.Time} {
		ino, err := k.proc.ReadLinkIno("self/ns/" + typ.String() + "_for_children")
		try(t, err)
		hold := &snapshot.Hold{Kind: snapshot.HoldChild, PID: os.Getpid()}
		n, err := k.Describe(snapshot.Ref{Type: typ, Ino: ino, Hold: hold}, unknown, func(snapshot.Namespace) {})
		if err != nil || n.ID.Ino != ino {
			t.Errorf("%v: %+v, %v", typ, n, err)
		}
	}
}
