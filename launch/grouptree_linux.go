package launch

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// GroupTree takes the child's own control group of a hierarchy of version 1, as
// the host has it mounted: a file system of its own would cost much more to
// make and to remove. It belongs before the new cgroup namespace, from which
// the way there is not to be seen.
type GroupTree struct {
	Controllers string // as /proc/PID/cgroup has them: "cpu,cpuacct", "name=systemd"
	Attr        MountAttr
	To          string
}

// Call is "open_tree".
func (g *GroupTree) Call() Call { return "open_tree" }

// FlagNames are those of open_tree(2) and the attributes.
func (g *GroupTree) FlagNames() string {
	return "OPEN_TREE_CLONE, set " + g.Attr.String()
}

// String is mount_setattr(open_tree("/sys/fs/cgroup/cpu" and the own group, OPEN_TREE_CLONE), set ...) = fs.
func (g *GroupTree) String() string {
	return fmt.Sprintf("mount_setattr(open_tree(%q and the own group, OPEN_TREE_CLONE), set %s) = %s", g.host(), g.Attr, g.To)
}

// host is where the hierarchy is on nearly every host.
func (g *GroupTree) host() string {
	return path.Join("/sys/fs/cgroup", strings.TrimPrefix(g.Controllers, "name="))
}

func (g *GroupTree) do(c *child) error {
	fd, err := g.take()
	if err != nil {
		return g.anew(c)
	}
	c.put(g.To, fd)
	return nil
}

// take finds the group below the host's mount.
func (g *GroupTree) take() (int, error) {
	own, err := ownGroup(g.Controllers)
	if err != nil {
		return -1, err
	}
	fd, err := unix.OpenTree(unix.AT_FDCWD, path.Join(g.host(), own), unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return -1, err
	}
	var fs unix.Statfs_t
	err = unix.Fstatfs(fd, &fs)
	if err == nil && fs.Type != unix.CGROUP_SUPER_MAGIC {
		err = unix.ENODEV
	}
	if err == nil {
		attr := unix.MountAttr{Attr_set: uint64(g.Attr), Propagation: unix.MS_PRIVATE}
		err = unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &attr)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// anew mounts the hierarchy, where the host has it elsewhere.
func (g *GroupTree) anew(c *child) error {
	options := strings.Split(g.Controllers, ",")
	if strings.HasPrefix(g.Controllers, "name=") {
		options = []string{"none", g.Controllers}
	}
	fs := NewFS{Type: "cgroup", Source: "cgroup", Options: options, Attr: g.Attr, OwnGroup: true, To: g.To}
	return fs.do(c)
}

// ownGroup is the path of the child's group in a hierarchy.
func ownGroup(controllers string) (string, error) {
	fd, err := unix.Open("/proc/self/cgroup", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	if err := isProc(fd); err != nil {
		return "", err
	}
	text := make([]byte, 1<<16) // a line of PATH_MAX for each of the few hierarchies
	n, err := unix.Read(fd, text)
	if err != nil {
		return "", err
	}
	for line := range strings.SplitSeq(string(text[:n]), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) == 3 && parts[1] == controllers {
			if strings.HasPrefix(parts[2], "/..") {
				return "", errors.New("the group lies outside of the cgroup namespace")
			}
			return parts[2], nil
		}
	}
	return "", unix.ENOENT
}
