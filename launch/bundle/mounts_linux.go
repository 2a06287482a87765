package bundle

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/launch"
)

func (m *maker) mounts() error {
	for i, mount := range m.Config.Mounts {
		o, fault := ParseOptions(mount.Options)
		if fault != nil {
			return m.fault(fmt.Sprintf("mounts[%d].options[%d]", i, fault.Index), "%w", fault.Err)
		}
		var err error
		switch at := fmt.Sprintf("mounts[%d]", i); {
		case o.Remount:
			m.remount(mount, o)
		case isBind(mount, o):
			err = m.bind(at, mount, o)
		case mount.Type == "cgroup":
			err = m.cgroup(at, mount, o)
		default:
			m.newFS(mount, o)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) add(p launch.MountPoint) {
	m.c.Spec.Rootfs.Mounts = append(m.c.Spec.Rootfs.Mounts, p)
}

func (m *maker) remount(mount specs.Mount, o Options) {
	m.add(launch.MountPoint{
		Target: path.Clean(mount.Destination), Remount: true,
		Attr: o.Mount, TreeAttr: o.Tree, Options: o.Data,
	})
}

func (m *maker) bind(at string, mount specs.Mount, o Options) error {
	source := m.inBundle(mount.Source)
	if _, err := os.Stat(source); err != nil {
		return m.fault(at+".source", "%s: %w", source, cause(err))
	}
	p := launch.MountPoint{
		Target: path.Clean(mount.Destination), Bind: source, Recursive: o.Recursive,
		Attr: o.Mount, TreeAttr: o.Tree, Propagation: o.Propagation,
	}
	if o.IDMap != NoIDMap {
		p.IDMap = launch.IDMapping{UIDs: idMaps(mount.UIDMappings), GIDs: idMaps(mount.GIDMappings), Recursive: o.IDMap == RecursiveIDMap}
		if len(mount.UIDMappings) == 0 {
			p.IDMap.UIDs, p.IDMap.GIDs = idMaps(m.Config.Linux.UIDMappings), idMaps(m.Config.Linux.GIDMappings)
		}
	}
	m.add(p)
	return nil
}

// newFS makes a file system. What more is to be mounted in a tmpfs needs
// directories there, so that one becomes read-only in the end.
func (m *maker) newFS(mount specs.Mount, o Options) {
	p := launch.MountPoint{
		Target: path.Clean(mount.Destination), FSType: mount.Type, Source: mount.Source,
		Attr: o.Mount, TreeAttr: o.Tree, Propagation: o.Propagation,
		Options: slices.Concat(o.Super, o.Data),
	}
	if p.Source == "" {
		p.Source = mount.Type
	}
	if mount.Type == "tmpfs" {
		p = m.closeLater(p)
	}
	m.add(p)
}

const readOnly = launch.MountAttr(unix.MOUNT_ATTR_RDONLY)

// closeLater has a mount read-only in the end only.
func (m *maker) closeLater(p launch.MountPoint) launch.MountPoint {
	if (p.Attr.Set|p.TreeAttr.Set)&readOnly == 0 {
		return p
	}
	p.Attr.Set &^= readOnly
	p.TreeAttr.Set &^= readOnly
	p.Options = slices.DeleteFunc(p.Options, func(s string) bool { return s == "ro" })
	r := &m.c.Spec.Rootfs.Closing
	*r = append(*r, launch.Remount{Target: p.Target, Attr: launch.Attributes{Set: readOnly}})
	return p
}

// cgroup shows the control groups, from the container's own downwards.
func (m *maker) cgroup(at string, mount specs.Mount, o Options) error {
	own := !m.c.Spec.Namespaces.Has(launch.Cgroup)
	if own && m.c.Spec.Namespaces.Has(launch.User) {
		return m.fault(at+".type", "in a user namespace it needs a new cgroup namespace")
	}
	lines, err := m.by.Hierarchies()
	if err != nil {
		return m.fault(at+".type", "%w", err)
	}
	m.c.Spec.Rootfs.AddGroups(lines, launch.MountPoint{
		Target: path.Clean(mount.Destination), Attr: o.Mount, Options: o.Data,
		Propagation: o.Propagation, OwnGroup: own,
	})
	return nil
}

// devices are made unless all of the host's are there.
func (m *maker) devices() error {
	for _, mount := range m.c.Spec.Rootfs.Mounts {
		if mount.Target == "/dev" && mount.Bind != "" {
			if len(m.Config.Linux.Devices) > 0 {
				return m.fault("linux.devices", "cannot be made: /dev is a directory of the host")
			}
			return nil
		}
	}
	user := m.c.Spec.Namespaces.Has(launch.User)
	r := m.c.Spec.Rootfs
	r.Links = append(launch.DefaultLinks(), r.Links...)
	r.Devices = launch.DefaultDevices(user)
	for i, d := range m.Config.Linux.Devices {
		device, err := m.device(i, d, user)
		if err != nil {
			return err
		}
		r.Devices = slices.DeleteFunc(r.Devices, func(x launch.Device) bool { return x.Path == device.Path })
		r.Devices = append(r.Devices, device)
	}
	return nil
}

func (m *maker) device(i int, d specs.LinuxDevice, user bool) (launch.Device, error) {
	device := launch.Device{
		Path: filepath.Clean(d.Path), Type: d.Type[0], Major: uint32(d.Major), Minor: uint32(d.Minor), Mode: 0o666,
		Bind: user && d.Type != "p",
	}
	if user && d.Type == "b" {
		return device, m.fault(fmt.Sprintf("linux.devices[%d].type", i), "block devices cannot be made in a user namespace")
	}
	if d.FileMode != nil {
		device.Mode = uint32(*d.FileMode) & 0o7777
	}
	if d.UID != nil {
		device.UID = int(*d.UID)
	}
	if d.GID != nil {
		device.GID = int(*d.GID)
	}
	return device, nil
}
