package query

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

func TestTargets(t *testing.T) {
	const pod = "6b1c2c35-7f0b-4a4e-9d4e-0123456789ab"
	s := heldHost()
	s.Processes = append(s.Processes, snapshot.Process{
		PID: 13, NS: [snapshot.NumTypes]uint64{101}, Cgroup: "0::/kubepods.slice/kubepods-pod" + strings.ReplaceAll(pod, "-", "_") + ".slice/cri-containerd-" + strings.Repeat("cd", 32) + ".scope\n",
	})
	s.Tables[0].Mounts = append(s.Tables[0].Mounts,
		snapshot.Mount{ID: 22, Parent: 20, Dev: snapshot.Dev{Minor: 40}, Root: "/", Point: "/z", FSType: "zfs", Source: "tank/data"},
		snapshot.Mount{ID: 23, Parent: 20, Dev: snapshot.Dev{Minor: 41}, Root: "/", Point: "/n", FSType: "nfs4", Source: "server:/export"},
		snapshot.Mount{ID: 24, Parent: 20, Dev: snapshot.Dev{Minor: 42}, Root: "/@", Point: "/b", FSType: "btrfs", Source: "/dev/sdb"},
		snapshot.Mount{ID: 25, Parent: 20, Dev: snapshot.Dev{Minor: 43}, Root: "/", Point: "/var/lib/kubelet/pods/" + pod + "/volumes/v", FSType: "tmpfs", Source: "tmpfs"},
		snapshot.Mount{ID: 26, Parent: 20, Dev: snapshot.Dev{Minor: 4}, Root: "net:[4026532000]", Point: "/run/netns/x", FSType: "nsfs", Source: "nsfs"})
	w := world.Build(s)
	for text, want := range map[string]string{
		"8:1":                      "device 8:1",
		"sda":                      "device 8:1",
		"/dev/sda":                 "device 8:1",
		"dm-0":                     "device 253:0",
		"vg0/my-data":              "device 253:0",
		"/dev/vg0/my-data":         "device 253:0",
		"/dev/mapper/vg0-my--data": "device 253:0",
		"sdb":                      "device 8:16 0:42",
		"tank/data":                "source 0:40",
		"server:/export":           "source 0:41",
		"net:[4026532000]":         "namespace",
		"agent.service":            "filesystem 8:0",
		"docker:abababababab":      "filesystem 8:0",
		pod:                        "filesystem 8:0 0:43",
	} {
		target, err := TargetOf(w, text)
		got := string(target.Kind)
		for _, d := range target.Devs {
			got += " " + d.String()
		}
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"nosuch", "9:99", "", "::"} {
		if target, err := TargetOf(w, text); err == nil {
			t.Errorf("%q: %+v", text, target)
		} else if text == "nosuch" && !errors.Is(err, ErrNoTarget) {
			t.Error(err)
		}
	}
}

func TestNamespaceFile(t *testing.T) {
	s := heldHost()
	s.Namespaces = append(s.Namespaces, snapshot.Namespace{
		ID: snapshot.NSID{Ino: 4026532000}, Type: snapshot.Net,
		Holds: []snapshot.Hold{{Kind: snapshot.HoldFD, PID: 12, FD: 5}, {Kind: snapshot.HoldBind, Path: "/run/netns/x"}},
	})
	nsfs := snapshot.Mount{ID: 33, Parent: 30, Dev: snapshot.Dev{Minor: 4}, Root: "net:[4026532000]", Point: "/host/run/netns/x", FSType: "nsfs"}
	other := nsfs
	other.ID, other.Root, other.Point = 34, "net:[4026532001]", "/host/run/netns/y"
	s.Tables[1].Mounts = append(s.Tables[1].Mounts, nsfs, other)
	a := ask(t, s, "net:[4026532000]")
	got := kinds(a)
	slices.Sort(got)
	if !slices.Equal(got, []string{"fd device", "mount private device"}) || a.Device.Answer != Held {
		t.Errorf("holders %q: %+v", got, a.Device)
	}
}

func TestKernelUsers(t *testing.T) {
	s := heldHost()
	s.Busy.Loops = []snapshot.Loop{{Name: "loop3", Dev: disk, Ino: 14, Path: "/mnt/x/img"}, {Name: "loop4", Dev: disk, Ino: 15, Path: "/img"}, {Name: "loop5", Dev: snapshot.Dev{Major: 8}, Path: "/mnt/x/no"}}
	s.Busy.Swaps = []snapshot.Swap{{Path: "/mnt/x/swap", File: true}, {Path: "/swap", File: true}}
	s.Busy.Named = []snapshot.Named{{Kind: snapshot.NamedBinfmt, Name: "q", Path: "/mnt/x/qemu", In: snapshot.NSID{Ino: 101}, File: "/b/q"}}
	a := askPath(t, s, "/mnt/x")
	var got []string
	for _, h := range a.Rows {
		if h.rank == rankKernel {
			got = append(got, h.Where+" "+strings.Join(h.Blocks.Purposes(), ",")+" "+h.Release[0])
		}
	}
	want := []string{
		"/mnt/x/qemu umount,device nsenter -t 11 -m sh -c 'echo -1 > /b/q'",
		"/dev/loop3 over /mnt/x/img umount,device losetup -d /dev/loop3",
		"/mnt/x/swap umount,device swapoff /mnt/x/swap",
		"/dev/loop4 over /img device losetup -d /dev/loop4",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := kinds(ask(t, s, "sdb")); !slices.Equal(got, []string{"lvm device"}) {
		t.Errorf("on top of sdb: %q", got)
	}
}

func TestPlanAndRows(t *testing.T) {
	s := heldHost()
	for i := range 3 {
		s.Busy.Uses = append(s.Busy.Uses, snapshot.Use{Kind: snapshot.UseFD, PID: 12, FD: i, Mount: 41, Dev: disk, Path: "/mnt/x/f", Count: 1})
	}
	w := world.Build(s)
	target, err := TargetOf(w, "sda")
	if err != nil {
		t.Fatal(err)
	}
	a := HoldersOf(w, HoldersQuery{Target: target})
	for _, h := range a.Rows {
		if h.Kind == "fd" && h.Count != 3 {
			t.Errorf("%d rows of descriptors alike", h.Count)
		}
	}
	want := []string{
		"systemctl restart agent.service",
		"nsenter -t 11 -m umount /host/mnt/x",
		"umount /mnt/x",
		"nsenter --mount=/proc/1/fd/7 umount -R /mnt/x",
		"nsenter -t 12 -m umount /mnt/x",
	}
	if got := a.Plan(); !slices.Equal(got, want) {
		t.Errorf("plan\n%s", strings.Join(got, "\n"))
	}
}
