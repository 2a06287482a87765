package watch

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/nsview/nsview/inspect/snapshot"
)

// storm is n mounts or umounts of one process, one after the other, at places of
// a group with two members.
func storm(what op, n int) []notice {
	var list []notice
	for i := range n {
		id := snapshot.MountID(1_000 + 2*i)
		path := fmt.Sprint("/", i)
		list = append(list, raw(what, 7, id+1, 10, path), raw(what, 7, id, 20, path))
	}
	return list
}

// What folding takes grows with the number of notices, not with its square: a
// storm of one process must not keep a watch from its end.
func TestFoldGrowsWithItsNotices(t *testing.T) {
	for what, name := range map[op]string{attach: "mounts", detach: "umounts"} {
		t.Run(name, func(t *testing.T) {
			taken := func(n int) uint64 {
				list := storm(what, n)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				got := fold(list, masters, true)
				runtime.ReadMemStats(&after)
				if len(got) != n || len(got[n/2].event.Receivers) != 1 {
					t.Fatalf("%d events of %d, %d receivers", len(got), n, len(got[n/2].event.Receivers))
				}
				return after.TotalAlloc - before.TotalAlloc
			}
			if one, four := taken(1_000), taken(4_000); four > 6*one {
				t.Errorf("%d bytes for 1,000 events, %d for 4,000", one, four)
			}
		})
	}
}

func BenchmarkFold(b *testing.B) {
	for what, name := range map[op]string{attach: "mounts", detach: "umounts"} {
		list := storm(what, 6_500)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				fold(list, masters, true)
			}
		})
	}
}
