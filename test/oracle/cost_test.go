//go:build linux

package oracle_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// BenchmarkAgainstKernel: what a prediction costs, as a multiple of what the
// kernel takes to do it, on a host of 1,000 namespaces of 100 mounts that all
// are peers of each other. The promise is 10.
func BenchmarkAgainstKernel(b *testing.B) {
	onStage(b)
	const namespaces, mounts = 1000, 100
	h, err := newHouse()
	if err != nil {
		b.Fatal(err)
	}
	defer h.close()
	snap := &snapshot.Snapshot{Version: snapshot.FormatVersion}
	var held []int
	defer func() {
		for _, fd := range held {
			unix.Close(fd)
		}
	}()
	r, err := h.open(nil, settleDown(os.Getenv(baseVar)))
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	err = r.do(func() error {
		for i := range mounts - 1 {
			dir := fmt.Sprintf("/a/m%d", i)
			if err := unix.Mkdir(dir, 0o755); err != nil && !os.IsExist(err) {
				return err
			}
			if err := unix.Mount("/b", dir, "", unix.MS_BIND, ""); err != nil {
				return err
			}
		}
		return unix.Mount("", "/", "", unix.MS_SHARED|unix.MS_REC, "")
	})
	for i := 0; i < namespaces && err == nil; i++ {
		err = r.do(func() error {
			fd, err := h.nsOfThread(unix.Gettid())
			if err != nil {
				return err
			}
			held = append(held, fd)
			return nil
		})
		if err != nil {
			break
		}
		var list []snapshot.Mount
		if list, err = tableOf(os.Getpid(), r.tid, &buf); err != nil {
			break
		}
		id := snapshot.NSID{Ino: uint64(i + 1)}
		snap.Namespaces = append(snap.Namespaces, snapshot.Namespace{ID: id, Type: snapshot.Mnt})
		snap.Tables = append(snap.Tables, snapshot.Table{NS: id, Via: "mountinfo", Whole: true, Mounts: list})
		if i < namespaces-1 {
			err = r.do(func() error { return unix.Unshare(unix.CLONE_NEWNS) })
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	s := predict.New(world.Build(snap), rulesOn(running()))
	a, err := s.EnterNamespace(namespaces)
	if err != nil {
		b.Fatal(err)
	}
	// both does an operation, and says what the kernel took and what we did.
	both := func(b *testing.B, op predict.Op, effects int) (kernel, ours time.Duration) {
		began := time.Now()
		if err := r.do(func() error { return call(op) }); err != nil {
			b.Fatal(err)
		}
		kernel = time.Since(began)
		op.By = a
		began = time.Now()
		said := s.Apply(op)
		ours = time.Since(began)
		if said.Refusal != nil || len(said.Effects) != effects {
			b.Fatalf("%s: %v, %d effects", op.Kind, said.Refusal, len(said.Effects))
		}
		return kernel, ours
	}
	report := func(b *testing.B, kernel, ours time.Duration, n int) {
		b.ReportMetric(float64(kernel.Microseconds())/float64(n), "kernel-us/op")
		b.ReportMetric(float64(ours.Microseconds())/float64(n), "predict-us/op")
		b.ReportMetric(float64(ours)/float64(kernel), "x-kernel")
	}
	b.Run("mount and umount", func(b *testing.B) {
		var kernel, ours time.Duration
		for b.Loop() {
			for _, op := range []predict.Op{{Kind: predict.OpMount, FSType: "tmpfs", Source: "empty", Dst: "/c"}, {Kind: predict.OpUmount, Dst: "/c"}} {
				k, o := both(b, op, namespaces)
				kernel, ours = kernel+k, ours+o
			}
		}
		report(b, kernel, ours, b.N)
	})
	// Unmounting what this mounts would unmount all: it is done once.
	var kernel, ours time.Duration
	b.Run("rbind of everything", func(b *testing.B) {
		if kernel == 0 {
			kernel, ours = both(b, predict.Op{Kind: predict.OpBind, Recursive: true, Src: "/", Dst: "/c"}, namespaces*mounts)
		}
		report(b, kernel, ours, 1)
	})
}
