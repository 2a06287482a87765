package launch

import (
	"cmp"
	"fmt"
	"path"

	"golang.org/x/sys/unix"
)

// mounts makes the root and everything in it, before the command lives there:
// all of the host is still within reach.
func (p *planner) mounts(s Spec) {
	if s.Root.Change != Unchanged {
		m := Make("/", s.Root)
		p.add(rootWhy(s.Root), &m)
	}
	for _, m := range s.Calls {
		p.add("", &m)
	}
	if s.attachesSelf() {
		p.add("nobody inside can write to this program: its mount is read-only, and goes with the old root", &AttachSelf{Path: s.Program})
	}
	if s.Rootfs != nil {
		for i := range s.Rootfs.HostDirs {
			p.add("", &s.Rootfs.HostDirs[i])
		}
		p.sources(s, s.Rootfs)
	}
	if s.late().Has(Cgroup) {
		p.add("its control group is the root of those it sees", &Unshare{Namespaces: Cgroup})
	}
	if s.Rootfs == nil {
		if s.Terminal != nil {
			p.add("", s.Terminal)
		}
		return
	}
	r := s.Rootfs
	at := r.place()
	if s.Foreign {
		at = "/"
	}
	if s.Root.Change == Shared || s.Root.Change == Unchanged {
		p.add("no peer sees what is mounted in the root", &PrivateParent{Path: at})
	}
	p.take(s, r)
	p.add("only what is mounted can become a root", &EnterRoot{Path: at})
	for i, m := range r.Mounts {
		p.mountPoint(i, m)
	}
	for i := range r.Links {
		p.add("", &r.Links[i])
	}
	for i := range r.Devices {
		p.add("", &r.Devices[i])
	}
	for i := range s.Sysctls {
		p.add("", &s.Sysctls[i])
	}
	for i := range r.Dirs {
		p.add("", &r.Dirs[i])
	}
	p.guards(r)
	if s.Terminal != nil {
		p.add("", s.Terminal)
	}
	for i := range r.Closing {
		p.add("", &r.Closing[i])
	}
	p.parent(s.Mounted)
	for i := range s.Creating {
		p.add("", &s.Creating[i])
	}
}

// attachesSelf says whether the mount of the program goes with the old root, and
// is seen by nobody before.
func (s Spec) attachesSelf() bool {
	return s.Program != "" && s.Namespaces.Has(Mount) && s.Rootfs != nil && s.Rootfs.Pivot == PivotAway &&
		s.Root.Recursive && (s.Root.Change == Slave || s.Root.Change == Private)
}

// place is where on the host the root may be mounted: on itself, or over what
// it is made of.
func (r *Rootfs) place() string {
	switch {
	case len(r.Layers) == 0:
		return r.Path
	case r.Upper != "":
		return r.Upper
	}
	return r.Layers[0]
}

// take has the root in its slot.
func (p *planner) take(s Spec, r *Rootfs) {
	if len(r.Layers) == 0 {
		p.tree(s, CloneTree{Path: r.Path, Recursive: true, To: rootSlot}, IDMapping{})
		return
	}
	if r.Upper == "" {
		p.add("what is changed in the root is lost in the end", &NewFS{Type: "tmpfs", Source: scratchSlot, Options: []string{"mode=755"}, To: scratchSlot})
		p.add("", &ScratchDirs{Names: []string{"upper", "work"}})
	}
	p.add("the root", &Overlay{Layers: r.Layers, Upper: r.Upper, Work: r.Work, UserXattr: s.Namespaces.Has(User), To: rootSlot})
}

func rootWhy(r Request) string {
	switch r.Change {
	case Slave:
		return "what is mounted here stays here; what the host mounts arrives"
	case Private, Unbindable:
		return "what is mounted here stays here; nothing arrives"
	case Shared:
		return "what is mounted here appears on the host"
	case Unchanged:
	}
	return ""
}

// sources takes what is to be bound from the host before anything is mounted
// over it, and before its propagation changes.
func (p *planner) sources(s Spec, r *Rootfs) {
	for i, m := range r.Mounts {
		if m.Group != "" {
			p.add("", &GroupTree{Controllers: m.Group, Attr: m.Attr.Set, To: groupSlot(m)})
		}
		if m.Bind == "" {
			continue
		}
		p.tree(s, CloneTree{Path: m.Bind, Recursive: m.Recursive, To: slotOf(i, m)}, m.IDMap)
	}
}

// tree takes a part of the host, by whom it takes: the caller may do more than
// the root of a user namespace.
func (p *planner) tree(s Spec, tree CloneTree, ids IDMapping) {
	switch {
	case len(ids.UIDs)+len(ids.GIDs) > 0:
		p.add("", &MappedTree{CloneTree: tree, IDMapping: ids})
	case s.Foreign:
		p.add("", &GivenTree{CloneTree: tree})
	default:
		p.add("", &tree)
		return
	}
	if s.Root.Change != Unchanged && s.Root.Change != Unbindable {
		// It comes from the host's own table.
		p.add("as all that is of the host", &SetAttributes{Slot: tree.To, Propagation: s.Root, Recursive: true})
	}
}

// groupSlot names the slot of a control group.
func groupSlot(m MountPoint) string { return "group:" + m.Group }

// slotOf names the slot of a mount on its way.
func slotOf(i int, m MountPoint) string {
	if m.Bind != "" {
		return fmt.Sprintf("bind%d", i+1)
	}
	return "fs"
}

func (p *planner) mountPoint(i int, m MountPoint) {
	if m.Remount {
		if m.TreeAttr != (Attributes{}) {
			p.add("", &Remount{Target: m.Target, Attr: m.TreeAttr, Recursive: true})
		}
		p.add("", &Remount{Target: m.Target, Attr: m.Attr, Options: m.Options})
		return
	}
	slot := slotOf(i, m)
	if m.Group != "" {
		slot = groupSlot(m)
	} else if m.Bind == "" {
		p.add("", &NewFS{Type: m.FSType, Source: m.Source, Options: m.Options, Attr: m.Attr.Set | m.TreeAttr.Set, OwnGroup: m.OwnGroup, To: slot})
	} else {
		p.attributes(slot, m)
	}
	for _, r := range m.Propagation {
		p.add("", &SetAttributes{Slot: slot, Propagation: r, Recursive: r.Recursive})
	}
	p.add("", &Attach{Slot: slot, Target: path.Clean(m.Target), Plain: kernelMade(m.FSType), InProc: m.InProc})
}

// attributes are those of a bind, set before anybody sees it.
func (p *planner) attributes(slot string, m MountPoint) {
	if m.TreeAttr != (Attributes{}) {
		p.add("", &SetAttributes{Slot: slot, Set: m.TreeAttr.Set, Clear: m.TreeAttr.Clear, Recursive: true})
	}
	if m.Attr != (Attributes{}) {
		p.add("", &SetAttributes{Slot: slot, Set: m.Attr.Set, Clear: m.Attr.Clear})
	}
}

// kernelMade are file systems that others trust to be where they belong.
func kernelMade(fsType string) bool { return fsType == "proc" || fsType == "sysfs" }

// guards hide and lock what the command must not reach.
func (p *planner) guards(r *Rootfs) {
	if len(r.Masked) > 0 {
		p.add("it covers masked files", &OpenNull{})
	}
	for _, m := range r.Masked {
		p.add("", &Mask{Path: m})
	}
	for _, ro := range r.ReadOnlyPaths {
		p.add("", &ReadOnlyPath{Path: ro})
	}
}

// root changes the root directory.
func (p *planner) root(s Spec) {
	if s.Rootfs == nil {
		if s.Chroot != "" {
			// Without a chdir the old working directory would lie outside.
			p.add("", &Chroot{Path: s.Chroot})
			p.add("", &Chdir{Path: "/"})
		}
		return
	}
	r := s.Rootfs
	switch r.Pivot {
	case PivotAway:
		p.add("", &OpenRoot{Path: "/", To: oldSlot})
		p.add("", &Fchdir{Slot: rootSlot})
		p.add(cmp.Or(r.PivotWhy, "the old root lies on top of the new one"), &PivotRoot{})
		p.add("", &Fchdir{Slot: oldSlot})
		p.add("the host does not notice", &SetAttributes{Slot: oldSlot, Recursive: true, Propagation: Request{Change: Slave}})
		p.add("the old root is gone", &Detach{})
	case MoveOver:
		p.add("", &Fchdir{Slot: rootSlot})
		p.add(cmp.Or(r.PivotWhy, "the new root covers the old one"), &MoveRoot{})
		p.add("", &Chroot{Path: "."})
	case ChrootOnly:
		p.add("", &Fchdir{Slot: rootSlot})
		p.add(cmp.Or(r.PivotWhy, "the old root stays in the table of mounts"), &Chroot{Path: "."})
	}
	p.add("", &Chdir{Path: "/"})
	if r.Propagation.Change != Unchanged {
		p.add("", &SetAttributes{Slot: rootSlot, Propagation: r.Propagation, Recursive: r.Propagation.Recursive})
	}
	if r.ReadOnly {
		p.add("", &SetAttributes{Slot: rootSlot, Set: unix.MOUNT_ATTR_RDONLY})
	}
}

// oldSlot holds the root of the host.
const oldSlot = "oldroot"
