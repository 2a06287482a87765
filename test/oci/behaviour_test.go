//go:build linux

package oci_test

import (
	"os"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// behaviours are what a container must see of itself: the cases of runc's
// integration tests, asked from inside.
var behaviours = []struct {
	name   string
	root   bool // needs the superuser
	change func(*specs.Spec)
	script string
	want   string
}{
	{"hostname", false, nil, "hostname", "runc"},
	{"domainname", false, func(c *specs.Spec) { c.Domainname = "example.org" }, "cat /proc/sys/kernel/domainname", "example.org"},
	{"first process", false, nil, "echo $$; echo /proc/[0-9]*", "1\n/proc/1"},
	{"environment is only its own", false, func(c *specs.Spec) { c.Process.Env = []string{"PATH=/bin", "A=b c"} }, "env | grep -v '^SHLVL\\|^PWD' | sort", "A=b c\nPATH=/bin"},
	{"working directory is made", false, func(c *specs.Spec) { c.Process.Cwd = "/not/yet/there" }, "pwd", "/not/yet/there"},
	{"no descriptor of the host's", false, nil, "(ls /proc/$$/fd >/dev/shm/list); cat /dev/shm/list", "0\n1\n2"},
	{"loopback is up", false, nil, "cat /sys/class/net/lo/flags", "0x9"},

	{"user and groups", true, func(c *specs.Spec) {
		c.Process.User = specs.User{UID: 1000, GID: 1001, AdditionalGids: []uint32{7, 5000}}
	}, "id -u; id -g; id -G", "1000\n1001\n1001 7 5000"},
	{"umask", false, func(c *specs.Spec) { c.Process.User.Umask = pointer(uint32(0o27)) }, "umask", "0027"},
	{"oom score", false, func(c *specs.Spec) { c.Process.OOMScoreAdj = pointer(300) }, "cat /proc/self/oom_score_adj", "300"},
	{"no new privileges", false, nil, "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1"},
	{"new privileges", false, func(c *specs.Spec) { c.Process.NoNewPrivileges = false }, "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t0"},
	{"limits", false, func(c *specs.Spec) {
		c.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 50, Hard: 60}, {Type: "RLIMIT_CORE"}, {Type: "RLIMIT_STACK", Soft: 1 << 20, Hard: 1 << 20}}
	}, "ulimit -n; ulimit -Hn; ulimit -c; ulimit -s", "50\n60\n0\n1024"},
	{"capabilities", false, func(c *specs.Spec) {
		kill := []string{"CAP_KILL"}
		c.Process.Capabilities = &specs.LinuxCapabilities{
			Bounding: []string{"CAP_KILL", "CAP_CHOWN"}, Permitted: kill, Effective: kill, Inheritable: kill, Ambient: kill,
		}
	}, "grep ^Cap /proc/self/status", "CapInh:\t0000000000000020\nCapPrm:\t0000000000000020\nCapEff:\t0000000000000020\nCapBnd:\t0000000000000021\nCapAmb:\t0000000000000020"},
	{"no capabilities", false, func(c *specs.Spec) { c.Process.Capabilities = nil }, "grep ^CapBnd /proc/self/status", "CapBnd:\t0000000000000000"},
	{"ambient capabilities of an ordinary user", true, func(c *specs.Spec) {
		bind := []string{"CAP_NET_BIND_SERVICE"}
		c.Process.User = specs.User{UID: 1000}
		c.Process.Capabilities = &specs.LinuxCapabilities{Bounding: bind, Permitted: bind, Effective: bind, Inheritable: bind, Ambient: bind}
	}, "grep 'CapEff\\|CapAmb' /proc/self/status", "CapEff:\t0000000000000400\nCapAmb:\t0000000000000400"},
	{"seccomp", false, func(c *specs.Spec) {
		c.Linux.Seccomp = &specs.LinuxSeccomp{
			DefaultAction: specs.ActAllow,
			Syscalls: []specs.LinuxSyscall{{
				Names: []string{"mkdir", "mkdirat"}, Action: specs.ActErrno, ErrnoRet: pointer(uint(122)),
			}},
		}
	}, "grep '^Seccomp:' /proc/self/status; busybox mkdir /tmp/x 2>&1; true", "Seccomp:\t2\nmkdir: can't create directory '/tmp/x': Disk quota exceeded"},
	{"execution domain", false, func(c *specs.Spec) {
		c.Linux.Personality = &specs.LinuxPersonality{Domain: specs.PerLinux32}
	}, "cat /proc/self/personality 2>/dev/null || uname -m | grep -c 'i686\\|armv\\|ppc$\\|s390$'", ""},

	{"masked files and directories are empty", false, func(c *specs.Spec) {
		c.Linux.MaskedPaths = []string{"/etc", "/not/there", "/proc/filesystems"}
	}, "ls /etc; cat /proc/filesystems; touch /etc/x 2>&1; true", "touch: /etc/x: Read-only file system"},
	{"read-only paths", false, func(c *specs.Spec) {
		c.Linux.ReadonlyPaths = []string{"/etc", "/not/there"}
	}, "touch /etc/x 2>&1; touch /tmp/y && echo written", "touch: /etc/x: Read-only file system\nwritten"},
	{"read-only root", false, func(c *specs.Spec) { c.Root.Readonly = true }, "touch /x 2>&1; touch /dev/shm/y && echo written", "touch: /x: Read-only file system\nwritten"},
	{"a read-only tmpfs with a mount in it", false, func(c *specs.Spec) {
		tmpfs(c, "/t", "ro")
		tmpfs(c, "/t/deep/in", "size=4k")
	}, "touch /t/x 2>&1; touch /t/deep/in/y && echo written", "touch: /t/x: Read-only file system\nwritten"},
	{"remount", false, func(c *specs.Spec) {
		tmpfs(c, "/t", "size=4k")
		c.Mounts = append(c.Mounts, specs.Mount{Destination: "/t", Options: []string{"remount", "ro", "nosuid"}})
	}, "grep ' /t ' /proc/self/mountinfo | grep -o 'ro,nosuid,relatime'", "ro,nosuid,relatime"},

	{"settings of namespaces", false, func(c *specs.Spec) {
		c.Linux.Sysctl = map[string]string{"net.ipv4.ip_forward": "1", "kernel/shmmni": "77"}
	}, "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni", "1\n77"},
	{"settings of the uts namespace", true, func(c *specs.Spec) { // whose files are root's, in any user namespace
		c.Linux.Sysctl = map[string]string{"kernel.domainname": "d"}
	}, "cat /proc/sys/kernel/domainname", "d"},
	{"devices", true, func(c *specs.Spec) {
		c.Linux.Resources = nil
		c.Linux.Devices = []specs.LinuxDevice{
			{Path: "/dev/mine", Type: "c", Major: 1, Minor: 3, FileMode: pointer(os.FileMode(0o640)), UID: pointer(uint32(5)), GID: pointer(uint32(6))},
			{Path: "/dev/fifo", Type: "p"},
			{Path: "/dev/zero", Type: "c", Major: 1, Minor: 5, FileMode: pointer(os.FileMode(0o600))},
		}
	}, "stat -c '%A %u %g %t:%T' /dev/mine /dev/fifo /dev/zero", "crw-r----- 5 6 1:3\nprw-rw-rw- 0 0 0:0\ncrw------- 0 0 1:5"},
	{
		"default devices and links", false, nil,
		"for d in null zero full random urandom tty; do test -c /dev/$d || echo no $d; done; for l in fd stdin ptmx; do readlink /dev/$l; done", "/proc/self/fd\n/proc/self/fd/0\npts/ptmx",
	},
	{"devices of the host are out of reach", true, nil, "busybox mknod /tmp/d b 254 0 2>&1; head -c1 /dev/mem 2>/dev/null | wc -c", "mknod: /tmp/d: Operation not permitted\n0"},
	{"clocks", false, func(c *specs.Spec) {
		c.Linux.Namespaces = append(c.Linux.Namespaces, specs.LinuxNamespace{Type: specs.TimeNamespace})
		c.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{"boottime": {Secs: 1e9}}
	}, "grep -c '^1[0-9]\\{9\\}\\.' /proc/uptime; grep boottime /proc/self/timens_offsets | grep -o 1000000000", "1\n1000000000"},

	{
		"user namespace", true, func(c *specs.Spec) { asUser(c, 100000, 200000, 1000) },
		"cat /proc/self/uid_map /proc/self/gid_map; id -u; stat -c %u:%g /", "0     100000       1000\n         0     200000       1000\n0\n65534:65534",
	},
	{"user namespace in which its maker is somebody else", true, func(c *specs.Spec) {
		asUser(c, 100000, 200000, 5)
		somebody := specs.LinuxIDMapping{ContainerID: 5, Size: 1}
		c.Linux.UIDMappings = append(c.Linux.UIDMappings, somebody)
		c.Linux.GIDMappings = append(c.Linux.GIDMappings, somebody)
	}, "id -u; id -g; stat -c %u:%g /; hostname", "0\n0\n5:5\nrunc"},
	{"one user", false, func(c *specs.Spec) {
		if superuser() {
			asUser(c, 0, 0, 1)
		}
	}, "wc -l </proc/self/uid_map; id -u; stat -c %u:%g /", "1\n0\n0:0"},
	{"cgroup namespace", true, func(c *specs.Spec) {
		c.Linux.Namespaces = append(c.Linux.Namespaces, specs.LinuxNamespace{Type: specs.CgroupNamespace})
	}, "grep -c 'pids:/$\\|^0::/$' /proc/self/cgroup | grep -c '[12]'", "1"},
	{"limit of processes", true, func(c *specs.Spec) {
		c.Linux.Resources = &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: pointer(int64(77))}}
	}, "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; true", "77"},
}

func pointer[T any](v T) *T { return &v }

func TestBehaviour(t *testing.T) {
	for _, b := range behaviours {
		t.Run(b.name, func(t *testing.T) {
			if b.root {
				needsRoot(t)
			}
			got := inside(t, b.change, b.script)
			if b.want == "" && got != "" {
				return // what it is depends on the machine
			}
			if got != b.want {
				t.Errorf("%s\n got %q\nwant %q", b.script, got, b.want)
			}
		})
	}
}

// The exit status is the command's.
func TestExitStatus(t *testing.T) {
	for script, want := range map[string]int{"exit 7": 7, "kill -9 $$; kill -TERM $$; exit 3": 3, "exec /not/there": 127} {
		dir := newBundle(t, func(c *specs.Spec) { command(c, script) })
		if _, errs, status := nsview(t, "run", "--bundle", dir); status != want {
			t.Errorf("%s: exit status %d, want %d: %s", script, status, want, errs)
		}
	}
	for args, want := range map[string]int{"not-there": 127, "/etc": 126, "/bin/nothing": 127} {
		dir := newBundle(t, func(c *specs.Spec) { c.Process.Args = []string{args} })
		_, errs, status := nsview(t, "run", "--bundle", dir)
		if status != want || strings.Count(errs, "\n") > 2 {
			t.Errorf("%s: exit status %d, want %d: %s", args, status, want, errs)
		}
	}
}
