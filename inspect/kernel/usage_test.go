//go:build linux

package kernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// silence is how long a mount may take in a test where one never answers; the
// test takes that long.
const silence = 500 * time.Millisecond

func sizes(t *testing.T, k *Kernel, ref snapshot.Ref, limit time.Duration) (map[string]snapshot.Mount, int) {
	t.Helper()
	table, err := k.Table(ref)
	try(t, err)
	silent, err := k.Usage(context.Background(), ref, &table, limit)
	try(t, err)
	byPoint := map[string]snapshot.Mount{}
	for _, m := range table.Mounts {
		byPoint[m.Point+" "+m.Source] = m
	}
	return byPoint, silent
}

// findmntSizes is what findmnt(8) says of one mount point.
func findmntSizes(t *testing.T, point string) snapshot.Usage {
	t.Helper()
	out, err := exec.Command("findmnt", "-J", "-b", "-o", "SIZE,USED,AVAIL", "--mountpoint", point).Output()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("needs findmnt: util-linux")
	}
	try(t, err)
	var answer struct{ Filesystems []snapshot.Usage }
	try(t, json.Unmarshal(out, &answer))
	return answer.Filesystems[len(answer.Filesystems)-1]
}

func TestUsageIsFindmnts(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	needs(t, k, StatmountColumns)
	dir := stageDir(t, "size=8m")
	upper := filepath.Join(dir, "sub")
	try(t, os.Mkdir(upper, 0o755))
	try(t, unix.Mount("covered", upper, "tmpfs", 0, "size=1m"))
	try(t, unix.Mount("cover", upper, "tmpfs", 0, "size=2m"))
	try(t, os.WriteFile(filepath.Join(dir, "data"), make([]byte, 300_000), 0o600))
	fd := another(t, func() error { return nil })

	got, silent := sizes(t, k, heldRef(t, fd), time.Minute)
	if silent != 0 {
		t.Errorf("%d did not answer", silent)
	}
	for _, at := range []struct{ point, source string }{{dir, "stage"}, {upper, "cover"}, {"/proc", "proc"}} {
		m := got[at.point+" "+at.source]
		if want := findmntSizes(t, at.point); m.Usage == nil || *m.Usage != want {
			t.Errorf("%s: %+v, want %+v", at.point, m.Usage, want)
		}
	}
	if u := got[upper+" covered"].Usage; u != nil {
		t.Errorf("a covered mount has %+v", u)
	}
}

// A file system whose server never answers blocks who asks it, for good.
func TestUsageOfAMountThatDoesNotAnswer(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	needs(t, k, StatmountColumns)
	dir := stageDir(t, "")
	fuse, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("needs FUSE: %v", err)
	}
	defer unix.Close(fuse) // lets those go that wait
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fuse)
	for _, name := range []string{"dead1", "alive1", "dead2", "alive2"} {
		point := filepath.Join(dir, name)
		try(t, os.Mkdir(point, 0o755))
		if name == "dead1" {
			try(t, unix.Mount(name, point, "fuse.silent", 0, options))
		} else if name == "dead2" {
			try(t, unix.Mount(filepath.Join(dir, "dead1"), point, "", unix.MS_BIND, ""))
		} else {
			try(t, unix.Mount(name, point, "tmpfs", 0, "size=1m"))
		}
	}
	got, silent := sizes(t, k, ownRef(t, k.proc), silence)
	if silent != 2 {
		t.Errorf("%d did not answer, want 2", silent)
	}
	for name, fstype := range map[string]string{"dead1": "fuse.silent", "dead2": "fuse.silent", "alive1": "tmpfs", "alive2": "tmpfs"} {
		m := got[filepath.Join(dir, name)+" "+strings.Replace(name, "dead2", "dead1", 1)]
		if m.FSType != fstype || (m.Usage == nil) != (fstype != "tmpfs") {
			t.Errorf("%s: %q %+v", name, m.FSType, m.Usage)
		}
	}
}

func TestUsageSetsOffNoAutomount(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	needs(t, k, StatmountColumns)
	dir := filepath.Join(stageDir(t, ""), "auto")
	try(t, os.Mkdir(dir, 0o755))
	var pipe [2]int
	try(t, unix.Pipe2(pipe[:], unix.O_NONBLOCK))
	defer unix.Close(pipe[0])
	// The automounter's own process group would pass; this test is no member.
	options := fmt.Sprintf("fd=%d,pgrp=%d,minproto=5,maxproto=5,direct", pipe[1], os.Getppid())
	if err := unix.Mount("auto", dir, "autofs", 0, options); err != nil {
		t.Skipf("needs autofs: %v", err)
	}
	unix.Close(pipe[1])
	got, silent := sizes(t, k, ownRef(t, k.proc), time.Minute)
	if n, err := unix.Read(pipe[0], make([]byte, 512)); n > 0 || silent != 0 {
		t.Errorf("the automounter was asked: %d, %v; %d silent", n, err, silent)
	}
	if m, ok := got[dir+" auto"]; !ok || m.Usage != nil {
		t.Errorf("autofs mount: %v %+v", ok, m.Usage)
	}
}

func TestUsageBelowAProcessesOwnRoot(t *testing.T) {
	if !staged(t) {
		return
	}
	k := newKernel(t)
	dir := stageDir(t, "size=3m")
	try(t, os.Mkdir(filepath.Join(dir, "tmp"), 0o755))
	try(t, unix.Mount("inner", filepath.Join(dir, "tmp"), "tmpfs", 0, "size=5m"))
	pid := child(t, dir, nil)
	ids := func(path string) snapshot.MountID {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		try(t, err)
		defer unix.Close(fd)
		id, _ := mountIDOf(fd)
		return id
	}
	table := snapshot.Table{PID: pid, Root: dir, Mounts: []snapshot.Mount{
		{ID: ids(dir), Point: "/"}, {ID: ids(filepath.Join(dir, "tmp")), Point: "/tmp"},
	}}
	ref := ownRef(t, k.proc)
	_, err := k.Usage(context.Background(), ref, &table, time.Minute)
	try(t, err)
	for i, want := range []uint64{3 << 20, 5 << 20} {
		if u := table.Mounts[i].Usage; u == nil || u.Size != want {
			t.Errorf("%s: %+v, want size %d", table.Mounts[i].Point, u, want)
		}
	}
}

func TestUsageEndsWithItsContext(t *testing.T) {
	k := newKernel(t)
	needs(t, k, StatmountColumns)
	ref := ownRef(t, k.proc)
	table, err := k.Table(ref)
	try(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := k.Usage(ctx, ref, &table, time.Minute); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
