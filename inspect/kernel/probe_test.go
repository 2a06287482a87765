//go:build linux

package kernel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// TestProberLeavesTheSilentBehind: one path that is never answered costs its
// time and nothing else.
func TestProberLeavesTheSilentBehind(t *testing.T) {
	if !staged(t) {
		return
	}
	dir := stageDir(t, "size=1m")
	dead := filepath.Join(dir, "dead")
	try(t, os.Mkdir(dead, 0o755))
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("needs /dev/fuse: %v", err)
	}
	t.Cleanup(func() { unix.Close(fd) }) // which wakes whoever waits
	try(t, unix.Mount("dead", dead, "fuse.dead", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd)))
	t.Cleanup(func() { unix.Unmount(dead, unix.MNT_DETACH) })

	p := newKernel(t).NewProber(silence)
	defer p.Close()
	start := time.Now()
	var got []Place
	for _, path := range []string{dir, filepath.Join(dead, "x"), dead, "self/cwd", filepath.Join(dead, "y"), dir + "/none"} {
		got = append(got, p.At(path))
	}
	if took := time.Since(start); took > 20*silence {
		t.Errorf("it took %v", took)
	}
	for i, want := range []error{nil, ErrSilent, nil, nil, ErrSilent, unix.ENOENT} {
		if !errors.Is(got[i].Err, want) {
			t.Errorf("path %d: %v, want %v", i, got[i].Err, want)
		}
	}
	if got[0].Mount == 0 || got[0].Mount == got[2].Mount {
		t.Errorf("mounts %d and %d", got[0].Mount, got[2].Mount)
	}
}

// TestSocketMessages takes apart what the kernel answers, and what it never
// would.
func TestSocketMessages(t *testing.T) {
	var seen []Socket
	for _, b := range [][]byte{nil, {1}, make([]byte, 16), {255, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}} {
		_, _ = eachSocket(b, func(s Socket) { seen = append(seen, s) })
	}
	if len(seen) > 0 {
		t.Errorf("sockets of nothing: %+v", seen)
	}
	path := filepath.Join(t.TempDir(), "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	try(t, err)
	defer unix.Close(fd)
	try(t, unix.Bind(fd, &unix.SockaddrUnix{Name: path}))
	var st unix.Stat_t
	try(t, unix.Stat(path, &st))
	found := false
	try(t, dumpSockets(func(s Socket) { found = found || s.Path == path && s.File == st.Ino && s.Dev == userDev(st.Dev) }))
	if !found {
		t.Error("a bound socket is not listed with its place")
	}
}

func TestSuperblockOfNoDevice(t *testing.T) {
	k := newKernel(t)
	if sb, err := k.SuperblockOf("/dev/null", snapshot.Dev{Major: 1, Minor: 3}, time.Second); err == nil || sb != (Superblock{}) {
		t.Errorf("/dev/null holds %+v, %v", sb, err)
	}
}
