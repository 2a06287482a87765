package predict_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// host is a snapshot of namespaces, each a mountinfo.
func host(t *testing.T, tables ...string) *snapshot.Snapshot {
	t.Helper()
	s := &snapshot.Snapshot{Version: snapshot.FormatVersion}
	for i, text := range tables {
		id := snapshot.NSID{Ino: uint64(i + 1)}
		s.Namespaces = append(s.Namespaces, snapshot.Namespace{ID: id, Type: snapshot.Mnt})
		mounts, err := proc.ParseMountinfo([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		s.Tables = append(s.Tables, snapshot.Table{NS: id, Via: "mountinfo", Whole: true, Mounts: mounts})
	}
	return s
}

func enter(t *testing.T, s *predict.State, ns predict.ID) predict.Actor {
	t.Helper()
	a, err := s.EnterNamespace(ns)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// said is the effects of an operation in short.
func said(r predict.Result) string {
	if r.Refusal != nil {
		return string(r.Refusal.Errno) + " " + string(r.Refusal.Reason)
	}
	var list []string
	for _, e := range r.Effects {
		list = append(list, fmt.Sprintf("%s %d:%s %s%v", e.Kind, e.Mount.NS, e.Mount.Point, e.Via, e.Through))
	}
	return strings.Join(list, ", ")
}

const (
	one = `20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
21 20 0:5 / /dev rw,nosuid shared:2 - devtmpfs udev rw
`
	// A namespace that receives through a group no member of which was seen.
	far = `40 1 8:1 / / rw,relatime master:7 propagate_from:1 - ext4 /dev/sda1 rw
`
	// One that holds only a part.
	part = `50 1 0:40 / / rw,relatime - tmpfs tmpfs rw
51 50 8:1 /srv /data rw,relatime master:1 - ext4 /dev/sda1 rw
`
)

func TestThroughUnseenGroups(t *testing.T) {
	s := predict.New(world.Build(host(t, one, far, part)), predict.Rules{})
	a := enter(t, s, 1)
	got := said(s.Apply(predict.Op{Kind: predict.OpMount, By: a, FSType: "tmpfs", Source: "t", Dst: "/srv/x"}))
	if want := "attach 1:/srv/x self[], attach 3:/data/x slave[1], attach 2:/srv/x slave[1 7]"; got != want {
		t.Errorf("said %s, want %s", got, want)
	}
	got = said(s.Apply(predict.Op{Kind: predict.OpMount, By: a, FSType: "tmpfs", Source: "t", Dst: "/mnt"}))
	if want := "attach 1:/mnt self[], attach 2:/mnt slave[1 7]"; got != want {
		t.Errorf("said %s, want %s", got, want)
	}
}

func TestMountMax(t *testing.T) {
	s := predict.New(world.Build(host(t, one, far)), predict.Rules{MountMax: 3})
	a := enter(t, s, 1)
	// Two mounts and the root mount that no process sees.
	r := s.Apply(predict.Op{Kind: predict.OpMount, By: a, FSType: "tmpfs", Dst: "/mnt"})
	if said(r) != "ENOSPC mount-max" || r.Refusal.NS != 1 || !strings.Contains(r.Refusal.Text, "mnt:[1] has 3 mounts") {
		t.Errorf("said %s: %v", said(r), r.Refusal)
	}
	s = predict.New(world.Build(host(t, one, far+`41 40 0:50 / /a rw - tmpfs t rw
42 40 0:51 / /b rw - tmpfs t rw
`)), predict.Rules{MountMax: 4})
	a = enter(t, s, 1)
	before := fmt.Sprint(s.Table(1), s.Table(2))
	r = s.Apply(predict.Op{Kind: predict.OpMount, By: a, FSType: "tmpfs", Dst: "/mnt"})
	if said(r) != "ENOSPC mount-max" || r.Refusal.NS != 2 || fmt.Sprint(s.Table(1), s.Table(2)) != before {
		t.Errorf("said %s: %v", said(r), r.Refusal)
	}
}

func TestNamespaceFiles(t *testing.T) {
	s := predict.New(world.Build(host(t, one+`22 21 0:4 mnt:[4026531999] /dev/ns rw - nsfs nsfs rw
24 21 0:4 mnt:[1] /dev/own rw - nsfs nsfs rw
23 21 0:60 / /dev/shm rw - tmpfs t rw
`)), predict.Rules{})
	a := enter(t, s, 1)
	other := s.EnterLike(a)
	for src, want := range map[string]string{"/dev/ns": "EINVAL namespace-file", "/dev/own": "EINVAL namespace-file"} {
		c := s.Clone()
		c.Apply(predict.Op{Kind: predict.OpUnshare, By: other}) // "/" has a peer
		if got := said(c.Apply(predict.Op{Kind: predict.OpBind, By: a, Src: src, Dst: "/srv"})); got != want {
			t.Errorf("bind of %s: %s", src, got)
		}
	}
	if r := s.Clone().Apply(predict.Op{Kind: predict.OpBind, By: a, Src: "/dev/ns", Dst: "/srv"}); r.Refusal != nil || len(r.Doubts) == 0 {
		t.Errorf("bind of a namespace without peers: %s, doubts %q", said(r), r.Doubts)
	}
	clone := s.EnterLike(a)
	s.Apply(predict.Op{Kind: predict.OpUnshare, By: clone})
	for _, r := range s.Table(-1) {
		if r.FSType == "nsfs" {
			t.Errorf("a clone has %+v", r)
		}
	}
	if n := len(s.Table(-1)); n != 3 {
		t.Errorf("a clone has %d mounts", n)
	}
}

// TestRefusedChangesNothing: neither the state nor the numbers that come next.
func TestRefusedChangesNothing(t *testing.T) {
	s := predict.New(world.Build(host(t, one, part)), predict.Rules{})
	a := enter(t, s, 2)
	before := fmt.Sprint(s.Table(1), s.Table(2))
	for _, op := range []predict.Op{
		{Kind: predict.OpMove, Src: "/data", Dst: "/data/x"},
		{Kind: predict.OpUmount, Dst: "/nowhere"},
		{Kind: predict.OpMake, Type: predict.Shared, Dst: "/nowhere"},
		{Kind: predict.OpPivot, Src: "/data", Dst: "/"},
		{Kind: "nonsense"},
	} {
		op.By = a
		if r := s.Apply(op); r.Refusal == nil || len(r.Effects) > 0 {
			t.Errorf("%+v: %s", op, said(r))
		}
	}
	if after := fmt.Sprint(s.Table(1), s.Table(2)); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	r := s.Apply(predict.Op{Kind: predict.OpMount, By: a, FSType: "tmpfs", Dst: "/mnt"})
	if r.Refusal != nil || r.Effects[0].Mount.ID != -1 {
		t.Errorf("the first new mount is %s, %+v", said(r), r.Effects)
	}
}

// TestClone: what happens in a copy does not happen in the original.
func TestClone(t *testing.T) {
	s := predict.New(world.Build(host(t, one, far, part)), predict.Rules{})
	a := enter(t, s, 1)
	before := fmt.Sprint(s.Table(1), s.Table(2), s.Table(3))
	for _, op := range []predict.Op{
		{Kind: predict.OpMount, FSType: "tmpfs", Dst: "/srv"},
		{Kind: predict.OpUmount, Dst: "/dev"},
		{Kind: predict.OpMake, Type: predict.Private, Dst: "/"},
	} {
		c := s.Clone()
		op.By = a
		if r := c.Apply(op); r.Refusal != nil || fmt.Sprint(c.Table(1), c.Table(2), c.Table(3)) == before {
			t.Errorf("%+v: %s", op, said(r))
		}
		if fmt.Sprint(s.Table(1), s.Table(2), s.Table(3)) != before {
			t.Fatalf("%+v reached the original", op)
		}
	}
}

// TestLocks: which mounts came with a less privileged namespace is told by
// their age, and by whether there is an older mount of the same file system.
func TestLocks(t *testing.T) {
	snap := host(t, one, `60 1 8:1 / / rw,relatime master:1 - ext4 /dev/sda1 rw
61 60 0:5 / /dev rw,nosuid master:2 - devtmpfs udev rw
62 60 0:70 / /tmp rw - tmpfs t rw
63 60 8:1 /srv /late rw master:1 - ext4 /dev/sda1 rw
`)
	for i := range snap.Tables {
		for k := range snap.Tables[i].Mounts {
			m := &snap.Tables[i].Mounts[k]
			m.UniqueID = 1000 + m.ID
		}
	}
	snap.Tables[1].Mounts[3].UniqueID = 5000
	user := snapshot.Namespace{ID: snapshot.NSID{Ino: 90}, Type: snapshot.User, Parent: snapshot.NSID{Ino: 80}}
	snap.Namespaces = append(snap.Namespaces, user)
	snap.Namespaces[1].Owner = user.ID
	s := predict.New(world.Build(snap), predict.Rules{})
	a := enter(t, s, 2)
	for dst, want := range map[string]string{
		"/dev":  "EINVAL locked",
		"/tmp":  "detach 2:/tmp self[]",
		"/late": "detach 2:/late self[]",
	} {
		r := s.Clone().Apply(predict.Op{Kind: predict.OpUmount, By: a, Dst: dst})
		if said(r) != want {
			t.Errorf("umount %s: %s, want %s", dst, said(r), want)
		}
		if guessed := r.Refusal != nil; guessed != (len(r.Doubts) > 0) {
			t.Errorf("umount %s: doubts %q", dst, r.Doubts)
		}
	}
	if r := s.Apply(predict.Op{Kind: predict.OpMount, By: a, FSType: "ext4", Source: "/dev/sdb1", Dst: "/mnt"}); said(r) != "EPERM not-permitted" {
		t.Errorf("mount of ext4: %s", said(r))
	}
	if r := s.Apply(predict.Op{Kind: predict.OpRemount, By: a, Clear: predict.NoSuid, Dst: "/dev"}); said(r) != "EPERM locked-flags" || !slices.Contains(r.Doubts, predict.FlagsByAge) {
		t.Errorf("remount: %s, doubts %q", said(r), r.Doubts)
	}
}

// TestSingle: a file system that there is once only is the same everywhere, and
// not mounted twice on itself.
func TestSingle(t *testing.T) {
	s := predict.New(world.Build(host(t, one)), predict.Rules{})
	a := enter(t, s, 1)
	if r := s.Apply(predict.Op{Kind: predict.OpMount, By: a, FSType: "devtmpfs", Source: "udev", Dst: "/dev"}); said(r) != "EBUSY same-file-system" {
		t.Errorf("again at the same place: %s", said(r))
	}
	r := s.Apply(predict.Op{Kind: predict.OpMount, By: a, FSType: "ext4", Source: "/dev/sda1", Dst: "/mnt"})
	if r.Refusal != nil || r.Effects[0].Mount.Dev != (snapshot.Dev{Major: 8, Minor: 1}) {
		t.Errorf("of a device that is mounted: %s", said(r))
	}
}

// TestUnbindableSurvives: the rule of kernels that keep the flag in clones.
func TestUnbindableSurvives(t *testing.T) {
	for _, survives := range []bool{false, true} {
		s := predict.New(world.Build(host(t, one+"22 20 0:60 / /u rw unbindable - tmpfs t rw\n")), predict.Rules{UnbindableSurvivesClone: survives})
		s.Apply(predict.Op{Kind: predict.OpUnshare, By: enter(t, s, 1)})
		rows := s.Table(-1)
		if last := rows[len(rows)-1]; last.Point != "/u" || last.Unbindable != survives {
			t.Errorf("survives %v: %+v", survives, last)
		}
	}
}

// TestGaps: what was not read is said, and nothing of it is told.
func TestGaps(t *testing.T) {
	snap := host(t, one, far)
	snap.Tables[1].PID = 4711
	snap.Namespaces = append(snap.Namespaces, snapshot.Namespace{ID: snapshot.NSID{Ino: 9}, Type: snapshot.Mnt})
	s := predict.New(world.Build(snap), predict.Rules{})
	if got := strings.Join(s.Gaps(), "; "); !strings.Contains(got, "pid 4711") || !strings.Contains(got, "mnt:[9]") {
		t.Errorf("gaps: %s", got)
	}
	if _, err := s.EnterNamespace(9); err == nil {
		t.Error("a namespace that was not read can be entered")
	}
}

// TestDamaged: a saved host may claim anything; nothing hangs or panics.
func TestDamaged(t *testing.T) {
	snap := host(t, `20 21 8:1 / / rw shared:1 master:2 - ext4 /dev/sda1 rw
21 20 8:1 / / rw shared:2 master:1 - ext4 /dev/sda1 rw
22 22 8:1 / /x rw shared:1 - ext4 /dev/sda1 rw
23 99 8:1 /a/b /y rw master:1 - ext4 /dev/sda1 rw
24 23 8:1 / relative rw master:24 - ext4 /dev/sda1 rw
`)
	s := predict.New(world.Build(snap), predict.Rules{})
	a := enter(t, s, 1)
	for _, op := range []predict.Op{
		{Kind: predict.OpMount, FSType: "tmpfs", Dst: "/x"},
		{Kind: predict.OpBind, Recursive: true, Src: "/", Dst: "/y"},
		{Kind: predict.OpUmount, Lazy: true, Dst: "/x"},
		{Kind: predict.OpUnshare, NewUser: true},
	} {
		op.By = a
		s.Apply(op)
		s.Table(1)
		s.View(a)
	}
}

// TestRootMount: a table that shows the root mount of its namespace, as
// statmount(2) does, and one that does not, foretell the same.
func TestRootMount(t *testing.T) {
	whole := "1 1 0:2 / / rw - rootfs none rw\n" + one
	for _, table := range []string{one, whole} {
		s := predict.New(world.Build(host(t, table)), predict.Rules{})
		a := enter(t, s, 1)
		if got := len(s.View(a)); got != 2 || s.Count(1) != 3 {
			t.Errorf("%d mounts in sight, %d counted", got, s.Count(1))
		}
		for _, c := range []struct {
			op   predict.Op
			want string
		}{
			{predict.Op{Kind: predict.OpUmount, Dst: "/"}, "EBUSY own-root"},
			{predict.Op{Kind: predict.OpPivot, Src: "/dev", Dst: "/dev/x"}, "EINVAL pivot-shared"},
			{predict.Op{Kind: predict.OpMove, Src: "/dev", Dst: "/mnt"}, "EINVAL parent-shared"},
			{predict.Op{Kind: predict.OpMount, FSType: "tmpfs", Dst: "/"}, "attach 1:/ self[]"},
			{predict.Op{Kind: predict.OpMount, FSType: "tmpfs", Beneath: true, Dst: "/"}, "EINVAL beneath-root"},
		} {
			c.op.By = a
			r := s.Clone().Apply(c.op)
			if said(r) != c.want {
				t.Errorf("%s: %s, want %s", c.op.Kind, said(r), c.want)
			}
			if r.Refusal == nil && !r.Effects[0].Hidden {
				t.Errorf("%s: what is mounted on the root directory is in sight", c.op.Kind)
			}
		}
	}
}
