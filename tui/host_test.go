package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// fakeHost is a host of three namespaces: the first, a container with an
// overlay and a mount hidden by another, and one that is kept by a file.
func fakeHost() *snapshot.Snapshot {
	const first, container, kept = 4026531832, 4026532177, 4026532999
	process := func(pid int, ns uint64, command, cgroup string) snapshot.Process {
		return snapshot.Process{
			PID: pid, NS: [snapshot.NumTypes]uint64{snapshot.Mnt: ns},
			Read: snapshot.AllFields, Cmdline: command, Cgroup: cgroup, Root: "/",
		}
	}
	mount := func(id, parent snapshot.MountID, point, fstype, source string) snapshot.Mount {
		return snapshot.Mount{
			ID: id, Parent: parent, Point: point, Root: "/", FSType: fstype, Source: source,
			VFSOptions: "rw,relatime", FSOptions: "rw", Dev: snapshot.Dev{Minor: uint32(id)},
		}
	}
	shared := func(m snapshot.Mount, group, master snapshot.GroupID) snapshot.Mount {
		m.PeerGroup, m.Master = group, master
		return m
	}
	overlay := shared(mount(51, 40, "/", "overlay", "overlay"), 0, 1)
	overlay.FSOptions = `rw,lowerdir=/layers/base:/layers/app,upperdir=/layers/up,workdir=/layers/work`
	mapped := mount(54, 51, "/data/資料", "ext4", "/dev/vdb")
	mapped.UIDMap, mapped.GIDMap = []string{"0 100000 65536"}, []string{"0 100000 65536"}
	mapped.Root = "/volumes/data"
	hidden, over := mount(55, 51, "/opt", "tmpfs", "below"), mount(56, 51, "/opt", "tmpfs", "above")
	over.Unbindable = true
	docker := "0::/system.slice/docker-" + strings.Repeat("ba54f3f7", 8) + ".scope\n"
	count := 3
	return &snapshot.Snapshot{
		Version: snapshot.FormatVersion,
		Reader:  snapshot.Reader{PID: 900, MNT: snapshot.NSID{Ino: first}},
		Users:   map[uint32]string{0: "root"},
		Namespaces: []snapshot.Namespace{
			{ID: snapshot.NSID{Ino: first}, Type: snapshot.Mnt, UniqueID: 4},
			{ID: snapshot.NSID{Ino: container}, Type: snapshot.Mnt, UniqueID: 4105},
			{ID: snapshot.NSID{Ino: kept}, Type: snapshot.Mnt, NrMounts: &count, Holds: []snapshot.Hold{
				{Kind: snapshot.HoldBind, Path: "/run/keep/it", In: snapshot.NSID{Ino: first}},
			}},
		},
		Processes: []snapshot.Process{
			process(1, first, "/sbin/init", "0::/init.scope\n"),
			process(812, first, "/usr/sbin/chronyd -F 1", "0::/system.slice/chronyd.service\n"),
			process(4711, container, "nginx: master process", docker),
			process(4712, container, "nginx: worker process", docker),
		},
		Containers: []snapshot.Container{{Engine: "docker", ID: strings.Repeat("ba54f3f7", 8), Name: "web"}},
		Tables: []snapshot.Table{
			{NS: snapshot.NSID{Ino: first}, Via: "mountinfo", Whole: true, Mounts: []snapshot.Mount{
				shared(mount(21, 1, "/", "ext4", "/dev/vda1"), 1, 0),
				shared(mount(22, 21, "/proc", "proc", "proc"), 2, 0),
				shared(mount(23, 21, "/sys", "sysfs", "sysfs"), 3, 0),
				shared(mount(24, 23, "/sys/fs/cgroup", "cgroup2", "cgroup2"), 4, 0),
				mount(25, 21, "/run/keep", "tmpfs", "keep"),
			}},
			{NS: snapshot.NSID{Ino: container}, Via: "mountinfo", Whole: true, Mounts: []snapshot.Mount{
				overlay, mount(52, 51, "/proc", "proc", "proc"), shared(mount(53, 51, "/shared", "ext4", "/dev/vda1"), 9, 1), mapped, hidden, over,
			}},
		},
		Gaps: []snapshot.Gap{{Subject: "pid 77", Op: "read namespace links", Error: "permission denied"}},
	}
}

// lazy is a Look that gives the tables asked for and no others, and counts.
type lazy struct {
	host  *snapshot.Snapshot
	calls []string
	fail  error
}

func (l *lazy) look(_ context.Context, want snapshot.Want) (*world.World, error) {
	l.calls = append(l.calls, fmt.Sprint(want.Tables.All, want.Tables.PIDs))
	if l.fail != nil {
		return nil, l.fail
	}
	s := *l.host
	s.Tables = nil
	for _, t := range l.host.Tables {
		if want.Tables.All && t.PID == 0 || slices.Contains(want.Tables.NS, t.NS.Ino) || slices.Contains(want.Tables.PIDs, t.PID) && t.PID != 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	return world.Build(&s), nil
}
