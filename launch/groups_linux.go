package launch

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// AddGroups mounts the hierarchies of control groups at a path: version 2 as one
// file system, those of version 1 each in a directory of a tmpfs, with a link
// for every controller of several. lines are those of /proc/PID/cgroup. Of tmpfs
// what Set has of MOUNT_ATTR_RDONLY comes last, when all is mounted in it.
func (r *Rootfs) AddGroups(lines []string, group MountPoint) {
	var old []string // controllers
	for _, line := range lines {
		if parts := strings.SplitN(line, ":", 3); len(parts) == 3 && parts[1] != "" {
			old = append(old, parts[1])
		}
	}
	group.Source = "cgroup"
	if len(old) == 0 {
		group.FSType = "cgroup2"
		r.Mounts = append(r.Mounts, group)
		return
	}
	const readOnly = MountAttr(unix.MOUNT_ATTR_RDONLY)
	attr := group.Attr
	attr.Set &^= readOnly
	r.Mounts = append(r.Mounts, MountPoint{
		Target: group.Target, FSType: "tmpfs", Source: "tmpfs", Attr: attr,
		Options: []string{"mode=755"}, Propagation: group.Propagation,
	})
	if group.Attr.Set&readOnly != 0 {
		r.Closing = append(r.Closing, Remount{Target: group.Target, Attr: Attributes{Set: readOnly}})
	}
	for _, controllers := range old {
		r.addHierarchy(group, controllers)
	}
}

// addHierarchy mounts one of version 1.
func (r *Rootfs) addHierarchy(group MountPoint, controllers string) {
	one := group
	one.FSType, one.Propagation, one.Options, one.Group = "cgroup", nil, nil, controllers
	name, named := strings.CutPrefix(controllers, "name=")
	one.Target = path.Join(group.Target, name)
	r.Mounts = append(r.Mounts, one)
	list := strings.Split(controllers, ",")
	if named || len(list) == 1 {
		return
	}
	for _, c := range list {
		r.Links = append(r.Links, SymlinkIn{Target: name, Path: path.Join(group.Target, c)})
	}
}
