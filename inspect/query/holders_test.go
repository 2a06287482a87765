package query

import (
	"slices"
	"strings"
	"testing"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// heldHost is a host with a disk at /mnt/x, below a shared root, that three
// other namespaces have copies of: a private one (web), a slave (agent), and a
// slave with a mount on it (old). The namespace 103 has no process.
func heldHost() *snapshot.Snapshot {
	mount := func(id, parent snapshot.MountID, point string, minor uint32, shared, master snapshot.GroupID) snapshot.Mount {
		m := snapshot.Mount{ID: id, Parent: parent, Dev: snapshot.Dev{Major: 8, Minor: minor}, Root: "/", Point: point, FSType: "ext4", Source: "/dev/sda"}
		m.PeerGroup, m.Master = shared, master
		return m
	}
	table := func(ns uint64, mounts ...snapshot.Mount) snapshot.Table {
		return snapshot.Table{NS: snapshot.NSID{Ino: ns}, Via: "mountinfo", Whole: true, Mounts: mounts}
	}
	ns := func(ino uint64, holds ...snapshot.Hold) snapshot.Namespace {
		return snapshot.Namespace{ID: snapshot.NSID{Ino: ino}, Type: snapshot.Mnt, Holds: holds}
	}
	process := func(pid int, in uint64, cgroup string) snapshot.Process {
		return snapshot.Process{PID: pid, NS: [snapshot.NumTypes]uint64{in}, Read: snapshot.AllFields, Comm: "task", Cmdline: "task -x", Cgroup: cgroup}
	}
	return &snapshot.Snapshot{
		Reader:     snapshot.Reader{PID: 1, MNT: snapshot.NSID{Ino: 100}},
		Counts:     snapshot.Counts{Processes: 3},
		Namespaces: []snapshot.Namespace{ns(100), ns(101), ns(102), ns(103, snapshot.Hold{Kind: snapshot.HoldFD, PID: 1, FD: 7})},
		Processes: []snapshot.Process{
			process(1, 100, "0::/init.scope\n"),
			process(11, 101, "0::/system.slice/docker-"+strings.Repeat("ab", 32)+".scope\n"),
			process(12, 102, "0::/system.slice/agent.service\n"),
		},
		Tables: []snapshot.Table{
			table(100, mount(20, 1, "/", 0, 1, 0), mount(21, 20, "/mnt/x", 1, 2, 0)),
			table(101, mount(30, 2, "/", 0, 0, 0), mount(31, 30, "/host/mnt/x", 1, 0, 0)),
			table(102, mount(40, 3, "/", 0, 0, 1), mount(41, 40, "/mnt/x", 1, 0, 2)),
			table(103, mount(50, 4, "/", 0, 0, 1), mount(51, 50, "/mnt/x", 1, 0, 2), mount(52, 51, "/mnt/x/sub", 9, 0, 0)),
		},
		Busy: &snapshot.Busy{
			Tasks:  snapshot.Coverage{Read: 3, Total: 3},
			Blocks: []snapshot.Block{{Name: "sda", Dev: snapshot.Dev{Major: 8, Minor: 1}}, {Name: "dm-0", Dev: snapshot.Dev{Major: 253}, DM: "vg0-my--data", UUID: "LVM-x", Slaves: []string{"sdb"}}, {Name: "sdb", Dev: snapshot.Dev{Major: 8, Minor: 16}, Holders: []string{"dm-0"}}},
			Alive:  []snapshot.Alive{{Name: "sda", Where: "/sys/fs/ext4/sda"}},
		},
	}
}

var disk = snapshot.Dev{Major: 8, Minor: 1}

func askPath(t *testing.T, s *snapshot.Snapshot, path string) Holders {
	t.Helper()
	w := world.Build(s)
	m := w.View(100, 0).Serving(path)
	target := TargetAt(w, path, predict.Place{Mount: m, Path: path})
	return HoldersOf(w, HoldersQuery{Target: target, Each: true})
}

func ask(t *testing.T, s *snapshot.Snapshot, text string) Holders {
	t.Helper()
	w := world.Build(s)
	target, err := TargetOf(w, text)
	if err != nil {
		t.Fatal(err)
	}
	return HoldersOf(w, HoldersQuery{Target: target, Each: true})
}

func kinds(a Holders) []string {
	var list []string
	for _, h := range a.Rows {
		list = append(list, h.Kind+" "+strings.Join(h.Blocks.Purposes(), ","))
	}
	return list
}

// TestThreeVerdicts: an umount takes the idle slave along; the private copy and
// the one with a mount on it keep the device; the path cannot be removed.
func TestThreeVerdicts(t *testing.T) {
	a := askPath(t, heldHost(), "/mnt/x")
	if a.Umount.Answer != Free || a.Device.Answer != Held || a.Remove.Answer != Held {
		t.Errorf("umount %+v, device %+v, remove %+v", a.Umount, a.Device, a.Remove)
	}
	if a.Final().Answer != Held {
		t.Errorf("as a whole %+v: the device stays in use", a.Final())
	}
	var goes []uint64
	for _, h := range a.Rows {
		if h.Goes {
			goes = append(goes, h.NS.ID.Ino)
		}
	}
	slices.Sort(goes)
	if !slices.Equal(goes, []uint64{100, 102}) {
		t.Errorf("an umount takes those of %v along, want 100 and 102", goes)
	}
}

// TestSeenOnce: what only one of two looks has is told, and what is gone by now
// holds nothing.
func TestSeenOnce(t *testing.T) {
	s := heldHost()
	s.Busy.Uses = []snapshot.Use{{Kind: snapshot.UseFD, PID: 12, FD: 3, Mount: 41, Dev: disk, Path: "/mnt/x/f", Count: 1}}
	first := ask(t, s, "sda")
	s.Busy.Uses = []snapshot.Use{{Kind: snapshot.UseCwd, PID: 12, Mount: 41, Dev: disk, Path: "/mnt/x", Count: 1}}
	again := HoldersOf(first.World, HoldersQuery{Target: first.Target, Each: true, Before: first.All})
	once := map[string]string{}
	for _, h := range append(again.Rows, again.Others...) {
		if strings.Contains(h.Why, "seen once") {
			once[h.Kind] = h.Why
		}
	}
	if len(once) != 2 || !strings.Contains(once["cwd"], "not there at the first look") || !strings.Contains(once["fd"], "gone at the second look") {
		t.Errorf("seen once: %q", once)
	}
	if i := slices.IndexFunc(again.Others, func(h Holder) bool { return h.Kind == "fd" }); i < 0 || again.Others[i].Blocks != 0 {
		t.Errorf("what is gone stands in the way: %+v", again.Others)
	}
}

// TestShareIsASuspect: whether a client is connected to it the kernel does not
// tell.
func TestShareIsASuspect(t *testing.T) {
	s := heldHost()
	s.Busy.Named = []snapshot.Named{{Kind: snapshot.NamedShare, Name: "music", Path: "/mnt/x/music"}, {Kind: snapshot.NamedShare, Name: "other", Path: "/"}}
	a := askPath(t, s, "/mnt/x")
	if a.Umount.Answer != Maybe || len(a.Suspects) != 1 || a.Suspects[0].Where != "/mnt/x/music" {
		t.Errorf("umount %+v, suspects %+v", a.Umount, a.Suspects)
	}
}

func TestBusySlaveBlocksUmount(t *testing.T) {
	s := heldHost()
	s.Busy.Uses = []snapshot.Use{
		{Kind: snapshot.UseCwd, PID: 12, Mount: 41, Dev: disk, Path: "/mnt/x", Count: 1},
		{Kind: snapshot.UseFD, PID: 11, FD: 3, Mount: 31, Dev: disk, Path: "/host/mnt/x/f", Count: 1},
	}
	a := askPath(t, s, "/mnt/x")
	if a.Umount.Answer != Held || a.Umount.Errno != "EBUSY" {
		t.Errorf("umount: %+v", a.Umount)
	}
	for _, h := range a.Rows {
		if h.Use != nil && (h.Blocks&BlocksUmount != 0) != (h.Task.PID == 12) {
			t.Errorf("%s of pid %d blocks %v", h.Kind, h.Task.PID, h.Blocks.Purposes())
		}
	}
}

// TestMatchedByMount: a use is of the file system of its mount, whatever the
// device number of the file (btrfs, overlay); of no table, the number counts.
func TestMatchedByMount(t *testing.T) {
	s := heldHost()
	s.Tables = s.Tables[:1]
	s.Tables[0].Mounts = s.Tables[0].Mounts[:1]
	s.Busy.Uses = []snapshot.Use{
		{Kind: snapshot.UseFD, PID: 1, Mount: 20, Dev: disk, Path: "/f"},
		{Kind: snapshot.UseFD, PID: 1, Mount: 99, Dev: disk, Path: "/", Detached: true},
		{Kind: snapshot.UseFD, PID: 1, Mount: 98, Dev: snapshot.Dev{Minor: 1}, Path: "/memfd:x", Detached: true},
	}
	a := ask(t, s, "8:1")
	if got := kinds(a); !slices.Equal(got, []string{"detached fd device"}) {
		t.Errorf("holders %q", got)
	}
}

func TestNothingFound(t *testing.T) {
	free := func(change func(*snapshot.Snapshot)) Holders {
		s := heldHost()
		for i := range s.Tables {
			s.Tables[i].Mounts = s.Tables[i].Mounts[:1]
		}
		s.Busy.Alive = nil
		change(s)
		return ask(t, s, "sda")
	}
	for _, c := range []struct {
		name   string
		change func(*snapshot.Snapshot)
		want   string
	}{
		{"all was read", func(*snapshot.Snapshot) {}, Free},
		{"alive", func(s *snapshot.Snapshot) { s.Busy.Alive = []snapshot.Alive{{Name: "sda", Where: "jbd2"}} }, Maybe},
		{"a task unread", func(s *snapshot.Snapshot) { s.Busy.Tasks.Read-- }, Maybe},
		{"a table unread", func(s *snapshot.Snapshot) {
			s.Tables = s.Tables[:3]
			s.Gaps = []snapshot.Gap{{Subject: "mnt:[103]", Op: "read its mount table", Error: "refused"}}
		}, Maybe},
		{"a namespace that ended meanwhile", func(s *snapshot.Snapshot) { s.Tables = s.Tables[:3] }, Free},
		{"a source unread", func(s *snapshot.Snapshot) { s.Busy.Sources = []snapshot.Reading{{Source: "swap", Error: "x"}} }, Maybe},
		{"no tracefs", func(s *snapshot.Snapshot) { s.Busy.Sources = []snapshot.Reading{{Source: "uprobes", Error: "x"}} }, Free},
		{"not enumerated", func(s *snapshot.Snapshot) {
			s.Gaps = []snapshot.Gap{{Subject: "namespaces without a process", Error: "refused"}}
		}, Maybe},
	} {
		if a := free(c.change); a.Device.Answer != c.want || a.Final() != a.Device {
			t.Errorf("%s: %+v, want %s", c.name, a.Device, c.want)
		}
	}
}

// TestDeadSuperblock: where the kernel would show the superblock, what could
// not be read does not matter.
func TestDeadSuperblock(t *testing.T) {
	s := heldHost()
	s.Tables, s.Busy.Alive, s.Busy.Tasks.Read = nil, nil, 0
	w := world.Build(s)
	target, err := TargetOf(w, "sda")
	if err != nil {
		t.Fatal(err)
	}
	target.OnDisk = "ext4"
	if a := HoldersOf(w, HoldersQuery{Target: target}); a.Device.Answer != Free {
		t.Errorf("%+v", a.Device)
	}
}

func TestSuspectsOnlyWhenUnexplained(t *testing.T) {
	s := heldHost()
	s.Busy.Queues = []snapshot.Queue{{Kind: snapshot.QueueRing, PID: 1, Waiting: 2}, {Kind: snapshot.QueueFanotify, PID: 1, Waiting: -1, Mounts: []snapshot.MountID{20}}}
	if a := ask(t, s, "sda"); len(a.Suspects) > 0 {
		t.Errorf("explained, and yet suspects: %+v", a.Suspects)
	}
	for i := range s.Tables {
		s.Tables[i].Mounts = s.Tables[i].Mounts[:1]
	}
	if a := ask(t, s, "sda"); len(a.Suspects) != 1 || a.Suspects[0].Kind != "io_uring" {
		t.Errorf("suspects of what is alive: %+v", a.Suspects)
	}
}

func TestInFlightLeavesUmountUnknown(t *testing.T) {
	s := heldHost()
	s.Busy.Queues = []snapshot.Queue{{Kind: snapshot.QueueSocket, PID: 12, FD: 4, Waiting: 1}}
	a := askPath(t, s, "/mnt/x")
	if a.Umount.Answer != Maybe || len(a.Suspects) != 1 {
		t.Errorf("umount %+v, suspects %+v", a.Umount, a.Suspects)
	}
}

// TestSavedWithoutTasks: a saved host has mounts; the rest is missing.
func TestSavedWithoutTasks(t *testing.T) {
	s := heldHost()
	s.Busy = nil
	a := ask(t, s, "8:1")
	if a.Device.Answer != Held || len(a.unread()) != len(allSources) {
		t.Errorf("device %+v, unread %v", a.Device, a.unread())
	}
	a = askPath(t, s, "/mnt/x")
	if a.Umount.Answer != Maybe || !strings.Contains(a.Umount.Text, "swap") {
		t.Errorf("umount %+v", a.Umount)
	}
}
