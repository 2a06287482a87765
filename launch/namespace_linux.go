package launch

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Clone makes the child, in new namespaces, and maps the ids of a new user
// namespace.
type Clone struct {
	Namespaces Namespaces
	UIDs, GIDs []IDMap
	PIDs       string // the pid namespace to be born in, "" for the caller's
}

// Call is "clone".
func (s *Clone) Call() Call { return "clone" }

// FlagNames are the types of the namespaces, and SIGCHLD.
func (s *Clone) FlagNames() string {
	if s.Namespaces == 0 {
		return "SIGCHLD"
	}
	return s.Namespaces.String() + "|SIGCHLD"
}

// String is clone(CLONE_NEWUSER|SIGCHLD) uid_map=0:1000:1 gid_map=0:1000:1.
func (s *Clone) String() string {
	var b strings.Builder
	if s.PIDs != "" {
		fmt.Fprintf(&b, "setns(%q, CLONE_NEWPID) ", s.PIDs)
	}
	fmt.Fprintf(&b, "clone(%s)", s.FlagNames())
	write := func(name string, maps []IDMap) {
		for i, m := range maps {
			before := ", "
			if i == 0 {
				before = " " + name + "="
			}
			fmt.Fprintf(&b, "%s%d:%d:%d", before, m.Inside, m.Outside, m.Size)
		}
	}
	write("uid_map", s.UIDs)
	write("gid_map", s.GIDs)
	return b.String()
}

// Unshare leaves the namespaces of some types for new ones.
type Unshare struct{ Namespaces Namespaces }

// Call is "unshare".
func (u *Unshare) Call() Call { return "unshare" }

// FlagNames are the types.
func (u *Unshare) FlagNames() string { return u.Namespaces.String() }

// String is unshare(CLONE_NEWCGROUP).
func (u *Unshare) String() string { return fmt.Sprintf("unshare(%s)", u.FlagNames()) }

func (u *Unshare) do(*child) error { return unix.Unshare(int(u.Namespaces)) }

// Setns enters the namespace of a file.
type Setns struct {
	Path string
	Type Namespaces
}

// Call is "setns".
func (s *Setns) Call() Call { return "setns" }

// FlagNames is the type.
func (s *Setns) FlagNames() string { return s.Type.String() }

// String is setns("/proc/7/ns/net", CLONE_NEWNET).
func (s *Setns) String() string { return fmt.Sprintf("setns(%q, %s)", s.Path, s.FlagNames()) }

func (s *Setns) do(*child) error {
	fd, err := unix.Open(s.Path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return refused("open", quoted(s.Path), err)
	}
	defer unix.Close(fd)
	if s.Type == Mount {
		// The threads of a program share their root and working directory,
		// which a change of the mount namespace changes too (setns(2)).
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return refused("unshare", "CLONE_FS", err)
		}
	}
	return unix.Setns(fd, int(s.Type))
}

// Sethostname names the host of a uts namespace.
type Sethostname struct{ Name string }

// Call is "sethostname".
func (s *Sethostname) Call() Call { return "sethostname" }

// FlagNames is "".
func (s *Sethostname) FlagNames() string { return "" }

// String is sethostname("web").
func (s *Sethostname) String() string { return fmt.Sprintf("sethostname(%q)", s.Name) }

func (s *Sethostname) do(*child) error { return unix.Sethostname([]byte(s.Name)) }

// Setdomainname sets the NIS domain name of a uts namespace.
type Setdomainname struct{ Name string }

// Call is "setdomainname".
func (s *Setdomainname) Call() Call { return "setdomainname" }

// FlagNames is "".
func (s *Setdomainname) FlagNames() string { return "" }

// String is setdomainname("example.org").
func (s *Setdomainname) String() string { return fmt.Sprintf("setdomainname(%q)", s.Name) }

func (s *Setdomainname) do(*child) error { return unix.Setdomainname([]byte(s.Name)) }

// Loopback brings the loopback interface of a net namespace up.
type Loopback struct{}

// Call is "ioctl".
func (*Loopback) Call() Call { return "ioctl" }

// FlagNames are those of the interface.
func (*Loopback) FlagNames() string { return "IFF_UP" }

// String is ioctl(socket, SIOCSIFFLAGS, {lo, IFF_UP}).
func (*Loopback) String() string {
	return "ioctl(socket(AF_INET, SOCK_DGRAM), SIOCSIFFLAGS, {lo, IFF_UP})"
}

func (*Loopback) do(*child) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return refused("socket", "AF_INET", err)
	}
	defer unix.Close(s)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo)
}

// WriteSelf writes a file of /proc/self, before the root changes.
type WriteSelf struct{ Name, Value string }

// Call is "write".
func (w *WriteSelf) Call() Call { return "write" }

// FlagNames is "".
func (w *WriteSelf) FlagNames() string { return "" }

// String is write("/proc/self/oom_score_adj", "100").
func (w *WriteSelf) String() string {
	return fmt.Sprintf("write(%q, %q)", w.path(), w.Value)
}

func (w *WriteSelf) path() string { return "/proc/self/" + w.Name }

func (w *WriteSelf) do(*child) error {
	fd, err := unix.Open(w.path(), unix.O_WRONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return refused("open", quoted(w.path()), err)
	}
	defer unix.Close(fd)
	if err := isProc(fd); err != nil {
		return err
	}
	_, err = unix.Write(fd, []byte(w.Value))
	return err
}

// isProc refuses a file that is not of a proc file system: what looks like one
// may be somebody's file, and a value written there is not set (CVE-2019-19921).
func isProc(fd int) error {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		return refused("fstatfs", "", err)
	}
	if fs.Type != unix.PROC_SUPER_MAGIC {
		return refused("fstatfs", "not a proc file system", unix.EPERM)
	}
	return nil
}
