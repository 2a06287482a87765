package query

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// TestMatchType: lists of types as mount(8) and findmnt(8) take them (match_fstype
// of libmount). Package fixtures compares the same with findmnt itself.
func TestMatchType(t *testing.T) {
	for _, c := range []struct {
		list string
		yes  string
		no   string
	}{
		{"tmpfs", "tmpfs", "proc tmpfsx tmp fuse.tmpfs"},
		{"tmpfs,proc", "tmpfs proc", "sysfs"},
		{"notmpfs", "proc sysfs", "tmpfs"},
		{"notmpfs,proc", "sysfs", "tmpfs proc"},
		{"notmpfs,noproc", "sysfs", "tmpfs proc"},
		{"tmpfs,noproc", "tmpfs", "proc sysfs"},
		{"TMPFS,Proc", "tmpfs proc", "sysfs"},
		{"noTMPFS", "proc", "tmpfs TmpFS"},
		{"fuse.sshfs", "fuse.sshfs", "fuse fuse.portal"},
		{"fuse", "fuse", "fuse.sshfs fuseblk"},
		{"none", "tmpfs", "ne"}, // all but the type ne
		{"no", "tmpfs", ""},
	} {
		for want, types := range map[bool]string{true: c.yes, false: c.no} {
			for fstype := range strings.FieldsSeq(types) {
				if got := matchType(fstype, strings.Split(c.list, ",")); got != want {
					t.Errorf("-t %s: %s is taken: %v, want %v", c.list, fstype, got, want)
				}
			}
		}
	}
	if !matchType("tmpfs", nil) {
		t.Error("without -t a type is left out")
	}
}

// viewOf is the view of a table of mounts "point" or "point fstype", each on the
// last one before it that lies above it.
func viewOf(mounts ...string) *world.View {
	var table []snapshot.Mount
	for i, text := range mounts {
		point, fstype, _ := strings.Cut(text, " ")
		m := snapshot.Mount{ID: snapshot.MountID(i + 1), Point: point, FSType: fstype, Root: "/"}
		for _, p := range table {
			if world.Under(point, p.Point) {
				m.Parent = p.ID
			}
		}
		table = append(table, m)
	}
	s := &snapshot.Snapshot{
		Namespaces: []snapshot.Namespace{{ID: snapshot.NSID{Ino: 1}}},
		Tables:     []snapshot.Table{{NS: snapshot.NSID{Ino: 1}, Mounts: table}},
	}
	return world.Build(s).Views[0]
}

func ids(mounts []*world.Mount) []snapshot.MountID {
	var list []snapshot.MountID
	for _, m := range mounts {
		list = append(list, m.ID)
	}
	return list
}

func TestTrees(t *testing.T) {
	v := viewOf("/ ext4", "/proc proc", "/srv ext4", "/srv/a tmpfs", "/srv/a/b ext4", "/srv tmpfs", "/srv/c ext4")
	for what, c := range map[string]struct {
		q    TreeQuery
		all  []snapshot.MountID
		tops []snapshot.MountID
	}{
		"all":                    {TreeQuery{}, []snapshot.MountID{1, 2, 3, 4, 5, 6, 7}, []snapshot.MountID{1}},
		"a type":                 {TreeQuery{FSTypes: []string{"tmpfs"}}, []snapshot.MountID{4, 6}, []snapshot.MountID{4, 6}},
		"a type below itself":    {TreeQuery{FSTypes: []string{"ext4"}}, []snapshot.MountID{1, 3, 5, 7}, []snapshot.MountID{1, 5, 7}},
		"below":                  {TreeQuery{Below: "/srv"}, []snapshot.MountID{6, 7}, []snapshot.MountID{6}},
		"below, of a type":       {TreeQuery{Below: "/srv", FSTypes: []string{"ext4"}}, []snapshot.MountID{7}, []snapshot.MountID{7}},
		"below the root":         {TreeQuery{Below: "/"}, []snapshot.MountID{1, 2, 3, 4, 5, 6, 7}, []snapshot.MountID{1}},
		"hidden":                 {TreeQuery{Shadowed: true}, []snapshot.MountID{3, 4, 5}, []snapshot.MountID{3}},
		"serving a path":         {TreeQuery{Serving: "/srv/c/d"}, []snapshot.MountID{7}, []snapshot.MountID{7}},
		"serving a hidden path":  {TreeQuery{Serving: "/srv/a/b"}, []snapshot.MountID{6}, []snapshot.MountID{6}},
		"serving, of a type":     {TreeQuery{Serving: "/srv/c", FSTypes: []string{"ext4"}}, []snapshot.MountID{7}, []snapshot.MountID{7}},
		"serving by whole names": {TreeQuery{Serving: "/process"}, []snapshot.MountID{1}, []snapshot.MountID{1}},
	} {
		tree, err := Trees(v, c.q)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		all, tops := ids(tree.All()), ids(tree.Tops)
		slices.Sort(all)
		if !slices.Equal(all, c.all) || !slices.Equal(tops, c.tops) {
			t.Errorf("%s: %v, tops %v; want %v, %v", what, all, tops, c.all, c.tops)
		}
	}
	for what, q := range map[string]TreeQuery{
		"no such type":    {FSTypes: []string{"zfs"}},
		"no mount there":  {Below: "/proc/sys"},
		"another type":    {Serving: "/proc/1", FSTypes: []string{"ext4"}},
		"nothing hidden":  {Below: "/proc", Shadowed: true},
		"no absolute way": {Serving: "srv"},
	} {
		if tree, err := Trees(v, q); !errors.Is(err, ErrNothing) {
			t.Errorf("%s: %v, %v", what, ids(tree.All()), err)
		}
	}
}

// TestTreesOfAChroot: a view without a mount at /.
func TestTreesOfAChroot(t *testing.T) {
	v := viewOf("/etc/resolv.conf ext4", "/var ext4", "/var/log tmpfs")
	if m := v.Serving("/usr"); m != nil {
		t.Errorf("/usr lies on mount %d", m.ID)
	}
	if m := v.Serving("/var/log/x"); m == nil || m.ID != 3 {
		t.Errorf("/var/log/x lies on %v", m)
	}
	if m := At(v, "/"); m != nil {
		t.Errorf("mount %d is at /", m.ID)
	}
}

func TestHeldBy(t *testing.T) {
	own := snapshot.NSID{Ino: 1}
	ns := func(holds ...snapshot.Hold) *world.Namespace {
		return &world.Namespace{Namespace: &snapshot.Namespace{ID: snapshot.NSID{Ino: 9}, Type: snapshot.Net, Holds: holds}}
	}
	for _, c := range []struct {
		what  string
		ns    *world.Namespace
		depth snapshot.Depth
		want  string
	}{
		{"nothing, searched", ns(), snapshot.Thorough, "kernel"},
		{"nothing, not searched", ns(), snapshot.Auto, ""},
		{"here", ns(snapshot.Hold{Kind: snapshot.HoldBind, Path: "/run/x", In: own}), snapshot.Auto, "bind /run/x"},
		{"there", ns(snapshot.Hold{Kind: snapshot.HoldBind, Path: "/run/x", In: snapshot.NSID{Ino: 5}}), snapshot.Auto, "bind /run/x in mnt:[5]"},
		{"two", ns(snapshot.Hold{Kind: snapshot.HoldFD, PID: 4, FD: 3}, snapshot.Hold{Kind: snapshot.HoldThread, PID: 4, TID: 6}), snapshot.Thorough, "fd 4:3, thread 4/6"},
		{"a child to come", ns(snapshot.Hold{Kind: snapshot.HoldChild, PID: 4}), snapshot.Thorough, "child-of 4"},
	} {
		w := &world.World{Reader: snapshot.Reader{MNT: own}, Want: snapshot.Want{Holders: c.depth}}
		row := NamespaceRow{Namespace: c.ns, World: w}
		if got := strings.Join(row.HeldBy(), ", "); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}
