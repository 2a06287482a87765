package launch

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Sysctl is a setting of the kernel below /proc/sys, of the command's own
// namespaces.
type Sysctl struct {
	Name  string // net.ipv4.ip_forward, or with slashes where a part has dots
	Value string
}

// path is that of its file: in a name with a slash dots stay (sysctl(8)).
func (s *Sysctl) path() string {
	if strings.Contains(s.Name, "/") {
		return "/proc/sys/" + s.Name
	}
	return "/proc/sys/" + strings.ReplaceAll(s.Name, ".", "/")
}

// ipcSettings are those of an IPC namespace besides fs.mqueue
// (ipc_namespaces(7)).
var ipcSettings = []string{
	"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
	"kernel.shmmni", "kernel.shm_rmid_forced",
}

var (
	errHostSetting = errors.New("is the same for all of the host")
	errNoSetting   = errors.New("is no name of a setting")
)

// Needs is the type of namespace that a setting belongs to. The others are the
// same for all of the host: they are an error, whose cause does not repeat the
// name.
func (s *Sysctl) Needs() (Namespaces, error) {
	name := strings.ReplaceAll(strings.TrimPrefix(s.path(), "/proc/sys/"), "/", ".")
	switch {
	case strings.Contains(name, "..") || strings.HasPrefix(name, "."):
	case slices.Contains(ipcSettings, name) || strings.HasPrefix(name, "fs.mqueue."):
		return IPC, nil
	case strings.HasPrefix(name, "net."):
		return Net, nil
	case name == "kernel.domainname" || name == "kernel.hostname":
		return UTS, nil
	default:
		return 0, fmt.Errorf("the setting %q %w", s.Name, errHostSetting)
	}
	return 0, fmt.Errorf("%q %w", s.Name, errNoSetting)
}

// checkSysctls refuses settings that would not be the command's own.
func (s Spec) checkSysctls() error {
	for i := range s.Sysctls {
		needs, err := s.Sysctls[i].Needs()
		if err != nil {
			return err
		}
		joins := slices.ContainsFunc(s.Join, func(j Join) bool { return j.Type == needs })
		if !joins && !s.Namespaces.Has(needs) {
			return fmt.Errorf("the setting %q needs a namespace of its own (%v)", s.Sysctls[i].Name, needs)
		}
	}
	if len(s.Sysctls) > 0 && s.Rootfs == nil {
		return errors.New("settings need a root with a proc file system of its own")
	}
	return nil
}

// Call is "write".
func (*Sysctl) Call() Call { return "write" }

// FlagNames is "".
func (*Sysctl) FlagNames() string { return "" }

// String is write(openat2(rootfs, "/proc/sys/net/ipv4/ip_forward"), "1").
func (s *Sysctl) String() string {
	return fmt.Sprintf("write(openat2(rootfs, %q, RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS), %q)", s.path(), s.Value)
}

// do writes to what is proven to be a proc file system, and to no other file
// of it: what the root has may lead elsewhere (CVE-2019-19921, CVE-2025-52881).
func (s *Sysctl) do(c *child) error {
	root, err := c.openIn("/proc/sys", unix.O_PATH|unix.O_DIRECTORY, unix.RESOLVE_NO_SYMLINKS)
	if err != nil {
		return err
	}
	defer unix.Close(root)
	if err := isProc(root); err != nil {
		return err
	}
	how := unix.OpenHow{Flags: unix.O_WRONLY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_XDEV}
	fd, err := unix.Openat2(root, strings.TrimPrefix(s.path(), "/proc/sys/"), &how)
	if err != nil {
		return refused("openat2", quoted(s.path()), err)
	}
	defer unix.Close(fd)
	_, err = unix.Write(fd, []byte(s.Value))
	return err
}
