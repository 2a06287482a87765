package predict_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// crowd is a host of namespaces that all began as copies of one: each mount is
// a peer of those at its place in the others.
func crowd(namespaces, mounts int) *world.World {
	s := &snapshot.Snapshot{Version: snapshot.FormatVersion}
	id := snapshot.MountID(1)
	for n := range namespaces {
		ns := snapshot.NSID{Ino: snapshot.FirstNSInode + uint64(n)}
		s.Namespaces = append(s.Namespaces, snapshot.Namespace{ID: ns, Type: snapshot.Mnt})
		t := snapshot.Table{NS: ns, Via: "mountinfo", Whole: true}
		root := id
		for m := range mounts {
			x := snapshot.Mount{
				ID: id, Parent: root, Dev: snapshot.Dev{Minor: uint32(m + 1)}, Root: "/", Point: fmt.Sprintf("/mnt/%d", m),
				FSType: "ext4", Source: "/dev/vda", VFSOptions: "rw,relatime", PeerGroup: snapshot.GroupID(m + 1),
			}
			if m == 0 {
				x.Parent, x.Point = 0, "/"
			}
			t.Mounts = append(t.Mounts, x)
			id++
		}
		s.Tables = append(s.Tables, t)
	}
	return world.Build(s)
}

func BenchmarkNew(b *testing.B) {
	w := crowd(1000, 100)
	b.ReportAllocs()
	for b.Loop() {
		predict.New(w, predict.Rules{})
	}
}

// BenchmarkApply is what is told of a mount that 1,000 namespaces receive, and
// of its umount.
func BenchmarkApply(b *testing.B) {
	s := predict.New(crowd(1000, 100), predict.Rules{})
	a, err := s.EnterNamespace(snapshot.FirstNSInode)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, op := range []predict.Op{
			{Kind: predict.OpMount, By: a, FSType: "tmpfs", Source: "tmpfs", Dst: "/srv"},
			{Kind: predict.OpUmount, By: a, Dst: "/srv"},
		} {
			if r := s.Apply(op); r.Refusal != nil || len(r.Effects) != 1000 {
				b.Fatalf("%v, %d effects", r.Refusal, len(r.Effects))
			}
		}
	}
}

// BenchmarkRbind copies a tree of 100 mounts to 1,000 namespaces.
func BenchmarkRbind(b *testing.B) {
	s := predict.New(crowd(1000, 100), predict.Rules{})
	b.ReportAllocs()
	for b.Loop() {
		c := s.Clone()
		a, err := c.EnterNamespace(snapshot.FirstNSInode)
		if err != nil {
			b.Fatal(err)
		}
		r := c.Apply(predict.Op{Kind: predict.OpBind, Recursive: true, By: a, Src: "/", Dst: "/srv"})
		if r.Refusal != nil || len(r.Effects) != 100_000 {
			b.Fatalf("%v, %d effects", r.Refusal, len(r.Effects))
		}
	}
}

// TestMemoryIsLinear: a state of ten times the mounts takes ten times the
// memory, and not more than a bound for each.
func TestMemoryIsLinear(t *testing.T) {
	for _, namespaces := range []int{10, 100} {
		w := crowd(namespaces, 100)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := predict.New(w, predict.Rules{})
		runtime.GC()
		runtime.ReadMemStats(&after)
		each := float64(after.HeapAlloc-before.HeapAlloc) / float64(namespaces*100)
		if each > 600 {
			t.Errorf("%d namespaces: %.0f bytes for each mount", namespaces, each)
		}
		runtime.KeepAlive(s)
		runtime.KeepAlive(w)
	}
}
