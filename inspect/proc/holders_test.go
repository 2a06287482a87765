package proc

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/nsview/nsview/inspect/snapshot"
)

func TestParseFDInfo(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       FDInfo
	}{
		{"O_PATH", "pos:\t0\nflags:\t012000000\nmnt_id:\t64\nino:\t2\n", FDInfo{Mount: 64, Flags: 0o12000000}},
		{"socket", "pos:\t0\nmnt_id:\t9\nscm_fds: 2\n", FDInfo{Mount: 9, InFlight: 2}},
		{"fuse", "mnt_id:\t24\nfuse_connection:\t53\n", FDInfo{Mount: 24, FUSE: 53}},
		{"io_uring", "mnt_id:\t15\nUserFiles:\t3\n    0: f\n", FDInfo{Mount: 15, Ring: 3}},
		{
			"fanotify", "mnt_id:\t15\nfanotify flags:10 event-flags:8000\nfanotify mnt_id:40 mflags:0 mask:20 ignored_mask:0\nfanotify sdev:700001 mflags:0 mask:20\n",
			FDInfo{Mount: 15, Fanotify: true, MarkedMounts: []snapshot.MountID{64}, MarkedDevs: []snapshot.Dev{{Major: 7, Minor: 1}}},
		},
		{"inotify", "mnt_id:\t15\ninotify wd:1 ino:2 sdev:700000 mask:fff\n", FDInfo{Mount: 15}},
		{"nothing", "", FDInfo{}},
		{"no numbers", "mnt_id:\tx\nscm_fds: -1\nflags", FDInfo{}},
	} {
		if diff := cmp.Diff(c.want, parseFDInfo([]byte(c.text))); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
	}
}

func TestParseMaps(t *testing.T) {
	text := `55b2399cc000-55b2399ce000 r--p 00000000 fe:00 247278                     /usr/bin/head
55b2399ce000-55b2399d4000 rw-p 00002000 fe:00 247278                     /usr/bin/head
00400000-00401000 r--p 00000000 07:01 14                         /mnt/a b\012c (deleted)
7ffd1a000000-7ffd1a021000 rw-p 00000000 00:00 0                          [stack]
7f0000000000-7f0000001000 rw-p 00000000 00:00 0
7f0000001000-7f0000002000 r--s 00000000 00:01 5    /memfd:x (deleted)
7f0000003000-7f0000004000 rw-s 00000000 00:01 5    /memfd:x (deleted)
broken line
`
	want := []Mapping{
		{"55b2399cc000-55b2399ce000", snapshot.Dev{Major: 254}, 247278, "/usr/bin/head", false},
		{"400000-401000", snapshot.Dev{Major: 7, Minor: 1}, 14, "/mnt/a b\nc (deleted)", false},
		{"7f0000001000-7f0000002000", snapshot.Dev{Minor: 1}, 5, "/memfd:x (deleted)", true},
	}
	if diff := cmp.Diff(want, parseMaps([]byte(text))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestParseSwaps(t *testing.T) {
	text := "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" +
		"/mnt/a\\040b/swap                       file\t\t1020\t\t0\t\t-2\n/dev/dm-1 partition 8 0 -3\n/swap\\040(deleted) file 4 0 -4\n"
	want := []snapshot.Swap{{Path: "/mnt/a b/swap", File: true}, {Path: "/dev/dm-1"}, {Path: "/swap", File: true}}
	if diff := cmp.Diff(want, parseSwaps([]byte(text))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestParseUnix(t *testing.T) {
	text := `Num       RefCount Protocol Flags    Type St Inode Path
0000000055: 00000002 00000000 00010000 0001 01 2105625 /tmp/tmux-0/a b
0000000056: 00000002 00000000 00010000 0001 01 2105626
0000000057: 00000002 00000000 00010000 0001 01 2105627 @abstract
`
	want := []UnixSocket{{2105625, "/tmp/tmux-0/a b"}}
	if diff := cmp.Diff(want, parseUnix([]byte(text))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestParseUsersByPath(t *testing.T) {
	probes := ParseUprobes([]byte("p:group/event /mnt/a b:0x0000000000001000 arg=%ax\nr:g/e2 /x:0x10\nnonsense\n"))
	if diff := cmp.Diff([]snapshot.Named{
		{Kind: snapshot.NamedUprobe, Name: "group/event", Path: "/mnt/a b"},
		{Kind: snapshot.NamedUprobe, Name: "g/e2", Path: "/x"},
	}, probes); diff != "" {
		t.Errorf("uprobes: -want +got\n%s", diff)
	}
	exports := parseExports([]byte("# Version 1.1\n/srv/a\\040b\t10.0.0.0/8(rw,sync)\n"))
	if diff := cmp.Diff([]snapshot.Named{{Kind: snapshot.NamedExport, Name: "10.0.0.0/8", Path: "/srv/a b"}}, exports); diff != "" {
		t.Errorf("exports: -want +got\n%s", diff)
	}
	for text, fixed := range map[string]bool{
		"enabled\ninterpreter /usr/bin/qemu\nflags: OCF\noffset 0\n": true,
		"enabled\ninterpreter /usr/bin/qemu\nflags: OC\n":            false,
		"enabled\n": false,
	} {
		if _, got := ParseBinfmt("x", []byte(text)); got != fixed {
			t.Errorf("%q kept open: %v", text, got)
		}
	}
}

// sysfs of a disk with a partition, LUKS on that, LVM on that, and loops.
var sys = fstest.MapFS{
	"class/block/sda/dev":                               {Data: []byte("8:0\n")},
	"class/block/sda/sda1/dev":                          {Data: []byte("8:1\n")},
	"class/block/sda1/dev":                              {Data: []byte("8:1\n")},
	"class/block/sda1/holders/dm-0":                     {},
	"class/block/dm-0/dev":                              {Data: []byte("253:0\n")},
	"class/block/dm-0/dm/name":                          {Data: []byte("crypt\n")},
	"class/block/dm-0/dm/uuid":                          {Data: []byte("CRYPT-LUKS2-x\n")},
	"class/block/dm-0/slaves/sda1":                      {},
	"class/block/loop0/dev":                             {Data: []byte("7:0\n")},
	"class/block/loop0/loop/backing_file":               {Data: []byte("/mnt/a b.img\n")},
	"class/block/loop0/loop/autoclear":                  {Data: []byte("1\n")},
	"class/block/loop1/dev":                             {Data: []byte("7:1\n")},
	"class/block/zram0/dev":                             {Data: []byte("252:0\n")},
	"class/block/zram0/backing_dev":                     {Data: []byte("/dev/sda2\n")},
	"class/block/gone/holders/x":                        {},
	"fs/ext4/features/x":                                {},
	"fs/ext4/dm-0/session":                              {},
	"fs/xfs/stats/x":                                    {},
	"fs/btrfs/features/x":                               {},
	"fs/btrfs/0000-1111/devices/sdb":                    {},
	"kernel/config/target/core/iblock_0/disk/udev_path": {Data: []byte("/dev/sdc\n")},
}

func TestBlocks(t *testing.T) {
	got, err := Blocks(sys)
	if err != nil {
		t.Fatal(err)
	}
	want := []snapshot.Block{
		{Name: "dm-0", Dev: snapshot.Dev{Major: 253}, Slaves: []string{"sda1"}, DM: "crypt", UUID: "CRYPT-LUKS2-x"},
		{Name: "loop0", Dev: snapshot.Dev{Major: 7}},
		{Name: "loop1", Dev: snapshot.Dev{Major: 7, Minor: 1}},
		{Name: "sda", Dev: snapshot.Dev{Major: 8}},
		{Name: "sda1", Dev: snapshot.Dev{Major: 8, Minor: 1}, Of: "sda", Holders: []string{"dm-0"}},
		{Name: "zram0", Dev: snapshot.Dev{Major: 252}, Backing: "/dev/sda2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if _, err := Blocks(fstest.MapFS{}); err == nil {
		t.Error("a /sys without block devices is no error")
	}
}

func TestSysKernelUsers(t *testing.T) {
	if diff := cmp.Diff([]snapshot.Loop{{Name: "loop0", Path: "/mnt/a b.img", Autoclear: true}}, Loops(sys)); diff != "" {
		t.Errorf("loops: -want +got\n%s", diff)
	}
	alive := []snapshot.Alive{{Name: "dm-0", Where: "/sys/fs/ext4/dm-0"}, {Name: "sdb", Where: "/sys/fs/btrfs/0000-1111"}}
	if diff := cmp.Diff(alive, AliveInSys(sys)); diff != "" {
		t.Errorf("alive: -want +got\n%s", diff)
	}
	if got := Targets(sys); len(got) != 1 || got[0].Path != "/dev/sdc" {
		t.Errorf("targets: %+v", got)
	}
}

func TestAliveThread(t *testing.T) {
	for comm, want := range map[string]string{
		"jbd2/dm-3-8": "dm-3", "xfsaild/sda1": "sda1", "f2fs_gc-253:3": "253:3", "kworker/u8:0": "", "jbd2/": "",
	} {
		if a, ok := AliveThread(comm); a.Name != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", comm, a.Name, ok)
		}
	}
}
