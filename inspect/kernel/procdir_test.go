//go:build linux

package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

func TestProcDirIsAFileSystem(t *testing.T) {
	dir := t.TempDir()
	try(t, os.MkdirAll(filepath.Join(dir, "12/ns"), 0o755))
	try(t, os.WriteFile(filepath.Join(dir, "12/comm"), []byte("init\n"), 0o644))
	try(t, os.WriteFile(filepath.Join(dir, "12/mountinfo"), bytes.Repeat([]byte("line\n"), 40000), 0o600))
	try(t, os.Symlink("12", filepath.Join(dir, "self")))
	d, err := OpenProc(dir)
	try(t, err)
	defer d.Close()
	try(t, fstest.TestFS(d, "12/comm", "12/mountinfo", "self"))
}

func TestFilesReadAsTheyAre(t *testing.T) {
	d := openProc(t)
	for _, name := range []string{"cmdline", "comm", "cgroup", "mountinfo", "environ", "limits", "../filesystems"} {
		name = filepath.Join("self", name)
		want, err := os.ReadFile("/proc/" + name)
		try(t, err)
		for _, size := range []int{0, 1, 600, 1 << 16} {
			got, err := d.ReadInto(name, make([]byte, 7, 7+size))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s into %d bytes: %q, %v; want %q", name, size, got, err, want)
			}
		}
	}
}

func TestMissingFileIsNotExist(t *testing.T) {
	d := openProc(t)
	_, err := d.ReadInto("0/comm", nil)
	_, owner := d.Owner(0)
	for _, err := range []error{err, owner, d.FDLinks(0, nil), d.TaskLinks(0, 0, nil)} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v is not fs.ErrNotExist", err)
		}
	}
}

// scanned is what one scan says of a process.
func scanned(t *testing.T, d *ProcDir, pid int, types snapshot.TypeSet) (links [snapshot.NumTypes]uint64, err error) {
	t.Helper()
	visits := 0
	try(t, d.ScanLinks(context.Background(), types, func(p int, l *[snapshot.NumTypes]uint64, e error) {
		if p == pid {
			visits++
			links, err = *l, e
		}
	}))
	if visits != 1 {
		t.Errorf("pid %d was visited %d times", pid, visits)
	}
	return links, err
}

func TestScanLinks(t *testing.T) {
	d := openProc(t)
	for _, types := range []snapshot.TypeSet{snapshot.AllTypes, snapshot.Types(snapshot.Mnt), snapshot.Types(snapshot.Net, snapshot.Cgroup)} {
		links, err := scanned(t, d, os.Getpid(), types)
		try(t, err)
		for typ := range snapshot.Type(snapshot.NumTypes) {
			want := uint64(0)
			if types.Has(typ) {
				text, err := os.Readlink("/proc/self/ns/" + typ.String())
				try(t, err)
				_, want, err = snapshot.ParseLink(text)
				try(t, err)
			}
			if links[typ] != want {
				t.Errorf("%v of types %b: %d, want %d", typ, types, links[typ], want)
			}
		}
	}
}

func TestScanLinksTellsZombies(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	try(t, cmd.Start())
	defer cmd.Wait()
	var info unix.Siginfo
	try(t, unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil))
	d := openProc(t)
	_, err := scanned(t, d, cmd.Process.Pid, snapshot.Types(snapshot.Mnt))
	if !errors.Is(err, snapshot.ErrZombie) {
		t.Errorf("zombie: %v", err)
	}
	s := new(linkScan)
	if err := s.verdict(d.fd, []byte("999999999"), unix.ENOENT); !errors.Is(err, snapshot.ErrVanished) {
		t.Errorf("gone: %v", err)
	}
	if err := s.verdict(d.fd, []byte("1"), unix.EACCES); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("refused: %v", err)
	}
}

func TestScanLinksStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d := openProc(t)
	n := 0
	err := d.ScanLinks(ctx, snapshot.AllTypes, func(int, *[snapshot.NumTypes]uint64, error) { n++ })
	if n >= checkEvery && !errors.Is(err, context.Canceled) {
		t.Errorf("%d processes after the end, %v", n, err)
	}
}

func TestScanLinksAllocatesNothingPerProcess(t *testing.T) {
	d := openProc(t)
	n := 0
	visit := func(int, *[snapshot.NumTypes]uint64, error) { n++ }
	allocs := testing.AllocsPerRun(20, func() { try(t, d.ScanLinks(context.Background(), snapshot.AllTypes, visit)) })
	if allocs > 20 {
		t.Errorf("%v allocations for %d processes", allocs, n/21)
	}
}

func TestOwnerAndTasks(t *testing.T) {
	d := openProc(t)
	pid := child(t, "/", nil)
	uid, err := d.Owner(pid)
	if err != nil || int(uid) != os.Geteuid() {
		t.Errorf("owner: %d, %v", uid, err)
	}
	n, err := d.Tasks(pid)
	tids := 0
	try(t, d.TaskLinks(pid, snapshot.Types(snapshot.Mnt), func(tid int, links *[snapshot.NumTypes]uint64) {
		if tids++; links[snapshot.Mnt] == 0 {
			t.Errorf("thread %d has no mount namespace", tid)
		}
	}))
	if err != nil || n < 1 || n > tids {
		t.Errorf("%d tasks, %d visited, %v", n, tids, err)
	}
}

func TestFDLinks(t *testing.T) {
	d := openProc(t)
	for _, typ := range []snapshot.Type{snapshot.Net, snapshot.Cgroup, snapshot.Mnt} {
		f, err := unix.Open("/proc/self/ns/"+typ.String(), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		try(t, err)
		defer unix.Close(f)
		want, err := d.ReadLinkIno(fmt.Sprintf("self/fd/%d", f))
		try(t, err)
		found := false
		try(t, d.FDLinks(os.Getpid(), func(fd int, got snapshot.Type, ino uint64) {
			found = found || fd == f && got == typ && ino == want
		}))
		if !found {
			t.Errorf("descriptor %d on %v:[%d] was not found", f, typ, want)
		}
	}
}

func TestParseLinkIsParseLink(t *testing.T) {
	for _, text := range []string{
		"mnt:[4026531841]", "cgroup:[1]", "time:[4026531834]", "", "mnt:[]", "mnt:[0]", "mnt:[1", "mnt:[x1]",
		"pipe:[123]", "socket:[12345]", "/a/b:[1]", "::[[[[[]", "mnt[[12345]", "cgroup2:[12]", "anon_inode:[eventfd]", "mnt:[-100]",
	} {
		typ, ino, err := snapshot.ParseLink(text)
		gotType, gotIno, ok := parseLink([]byte(text))
		if ok != (err == nil) || ok && (typ != gotType || ino != gotIno) {
			t.Errorf("%q: %v %d %v; want %v %d %v", text, gotType, gotIno, ok, typ, ino, err)
		}
	}
}

func BenchmarkScanLinks(b *testing.B) {
	d := openProc(b)
	for _, types := range []snapshot.TypeSet{snapshot.Types(snapshot.Mnt), snapshot.AllTypes} {
		b.Run(strconv.Itoa(types.Len()), func(b *testing.B) {
			n := 0
			for b.Loop() {
				d.ScanLinks(context.Background(), types, func(int, *[snapshot.NumTypes]uint64, error) { n++ })
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/process")
		})
	}
}
