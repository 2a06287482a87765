package launch

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// The surroundings that Docker gives to a container, and the commands in images
// expect.

const guarded = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC

// DefaultMounts are the file systems of the kernel, and those for temporary
// files of programs. ttyGID owns the terminals: the group tty, or -1 where it
// is not mapped. Without a net namespace of its own a user namespace may not
// mount sysfs: then it sees the host's.
func DefaultMounts(ttyGID int, hostSys bool) []MountPoint {
	pts := []string{"newinstance", "ptmxmode=0666", "mode=0620"}
	if ttyGID >= 0 {
		pts = append(pts, "gid="+strconv.Itoa(ttyGID))
	}
	sys := MountPoint{Target: "/sys", FSType: "sysfs", Source: "sysfs", Attr: Attributes{Set: guarded | unix.MOUNT_ATTR_RDONLY}}
	if hostSys {
		sys = MountPoint{Target: "/sys", Bind: "/sys", Recursive: true, TreeAttr: sys.Attr, Propagation: []Request{{Slave, true}}}
	}
	return []MountPoint{
		{Target: "/proc", FSType: "proc", Source: "proc", Attr: Attributes{Set: guarded}},
		{
			Target: "/dev", FSType: "tmpfs", Source: "tmpfs", Options: []string{"mode=755", "size=65536k"},
			Attr: Attributes{Set: unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_STRICTATIME},
		},
		{
			Target: "/dev/pts", FSType: "devpts", Source: "devpts", Options: pts,
			Attr: Attributes{Set: unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NOEXEC},
		},
		sys,
		{Target: "/dev/mqueue", FSType: "mqueue", Source: "mqueue", Attr: Attributes{Set: guarded}},
		{Target: "/dev/shm", FSType: "tmpfs", Source: "shm", Options: []string{"mode=1777", "size=65536k"}, Attr: Attributes{Set: guarded}},
	}
}

// GroupMount is how control groups are mounted: to be looked at.
func GroupMount() MountPoint {
	return MountPoint{Target: "/sys/fs/cgroup", Attr: Attributes{Set: guarded | unix.MOUNT_ATTR_RDONLY}}
}

// DefaultDevices are the device nodes; bind takes the host's.
func DefaultDevices(bind bool) []Device {
	list := []Device{
		{Path: "/dev/null", Major: 1, Minor: 3},
		{Path: "/dev/zero", Major: 1, Minor: 5},
		{Path: "/dev/full", Major: 1, Minor: 7},
		{Path: "/dev/random", Major: 1, Minor: 8},
		{Path: "/dev/urandom", Major: 1, Minor: 9},
		{Path: "/dev/tty", Major: 5, Minor: 0},
	}
	for i := range list {
		list[i].Type, list[i].Mode, list[i].Bind = 'c', 0o666, bind
	}
	return list
}

// DefaultLinks are the symbolic links in /dev.
func DefaultLinks() []SymlinkIn {
	return []SymlinkIn{
		{"/proc/self/fd", "/dev/fd"},
		{"/proc/self/fd/0", "/dev/stdin"},
		{"/proc/self/fd/1", "/dev/stdout"},
		{"/proc/self/fd/2", "/dev/stderr"},
		{"/proc/kcore", "/dev/core"},
		{"pts/ptmx", "/dev/ptmx"},
	}
}

// DefaultMasked are paths that tell too much of the host, or let it be changed.
func DefaultMasked() []string {
	return []string{
		"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
		"/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
		"/sys/devices/virtual/powercap", "/sys/firmware",
	}
}

// DefaultReadOnlyPaths are paths through which the host could be changed.
func DefaultReadOnlyPaths() []string {
	return []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
}
