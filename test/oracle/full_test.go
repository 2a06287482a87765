//go:build linux

package oracle_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// both does an operation and predicts it, however large, and compares what
// becomes of it.
func (t *theatre) both(tb testing.TB, line string) {
	tb.Helper()
	text, refusal, _ := strings.Cut(line, " ! ")
	at, op, err := operation(text)
	if err != nil {
		tb.Fatal(err)
	}
	s := t.seats[at]
	op.By = s.actor
	said := t.state.Apply(op)
	did, err := s.host.tell(letter{Room: s.room, Op: op})
	if err != nil {
		tb.Fatal(err)
	}
	got := ""
	if did.Errno != 0 {
		got = unix.ErrnoName(did.Errno)
	}
	want, _, _ := strings.Cut(refusal, " ")
	if (said.Refusal == nil) != (refusal == "") || got != want {
		tb.Fatalf("%s: said %v, the kernel %q", line, said.Refusal, got)
	}
	if said.Refusal != nil && string(said.Refusal.Errno)+" "+string(said.Refusal.Reason) != refusal {
		tb.Fatalf("%s: said %v", line, said.Refusal)
	}
}

// TestFullReceiverLive: a namespace that is full gets no mount, and one that
// would have to receive too many keeps all others from getting any.
func TestFullReceiverLive(t *testing.T) {
	onStage(t)
	text, err := os.ReadFile("/proc/sys/fs/mount-max")
	if limit, _ := strconv.Atoi(strings.TrimSpace(string(text))); err != nil || limit != 100_000 {
		t.Skipf("needs fs.mount-max to be 100000, not %s", strings.TrimSpace(string(text)))
	}
	th, err := open(os.Getenv(baseVar), newCount())
	if err != nil {
		t.Fatal(err)
	}
	defer th.close()
	for _, line := range []string{"@0 bind /d /d", "@0 make-shared /d", "@0 unshare", "@1 make-rslave /"} {
		if err := th.perform(line); err != nil {
			t.Fatal(err)
		}
	}
	double := func(at, dir string, times int) {
		th.both(t, at+" mount "+dir)
		for range times {
			th.both(t, at+" rbind "+dir+" "+dir+"/x")
		}
	}
	double("@1", "/a", 16)
	th.both(t, "@1 rbind /a /b ! ENOSPC mount-max")
	double("@1", "/c", 11)
	double("@0", "/b", 15)
	before := [2]int{th.state.Count(1), th.state.Count(-1)}
	th.both(t, "@0 rbind /b /d/x ! ENOSPC mount-max")
	if after := [2]int{th.state.Count(1), th.state.Count(-1)}; after != before {
		t.Errorf("%v mounts before it was refused, %v after", before, after)
	}
	th.both(t, "@1 umount -l /c")
	th.both(t, "@0 rbind /b /d/x")
	for i, s := range th.seats {
		did, err := tableOf(s.pid, s.tid, &th.buf)
		if err != nil {
			t.Fatal(err)
		}
		if said := th.state.View(s.actor); len(said) != len(did) {
			t.Errorf("@%d: %d mounts said, %d there", i, len(said), len(did))
		}
	}
}
