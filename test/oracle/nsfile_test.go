//go:build linux

package oracle_test

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
)

// The tables name what a thread's links in /proc lead to: "mnt:@1" is the file
// of the mount namespace that @1 is in, "net:@1" of its network namespace, and
// "root:@1/a" is /a as @1 sees it. There need be no /proc where they are used.

// linkOf takes the name of such a link apart, which is in every directory.
func linkOf(name string) (kind string, seat int, ok bool) {
	kind, number, ok := strings.Cut(path.Base(name), ":@")
	if !ok {
		return "", 0, false
	}
	seat, err := strconv.Atoi(number)
	return kind, seat, err == nil
}

func isLink(name string) bool {
	_, _, ok := linkOf(name)
	return ok
}

// byLink says whether a path of an operation begins with one.
func byLink(op predict.Op) bool {
	return slices.ContainsFunc([]string{op.Src, op.Dst}, func(name string) bool {
		first, _, _ := strings.Cut(name, "/")
		return isLink(first)
	})
}

// leads is where such a link leads, for the prediction.
func (t *theatre) leads(_ predict.Actor, w predict.Where) (predict.Link, bool) {
	kind, seat, ok := linkOf(w.Inside)
	if !ok {
		return predict.Link{}, false
	}
	by := t.seats[seat].actor
	switch kind {
	case "root":
		return predict.Link{RootOf: &by}, true
	case "mnt":
		return predict.Link{Type: snapshot.Mnt, NS: t.state.Home(by)}, true
	}
	return predict.Link{Type: snapshot.Net, NS: netNS()}, true
}

// netNS is the number of the network namespace that all are in.
var netNS = sync.OnceValue(func() predict.ID {
	var st unix.Stat_t
	if unix.Stat("/proc/self/ns/net", &st) != nil {
		return 1 // on paper any will do
	}
	return predict.ID(st.Ino)
})

// inProc makes the links of an operation paths below /proc.
func (t *theatre) inProc(op predict.Op) (predict.Op, bool) {
	found := false
	for _, name := range []*string{&op.Src, &op.Dst} {
		first, rest, _ := strings.Cut(*name, "/")
		kind, seat, ok := linkOf(first)
		if !ok {
			continue
		}
		found = true
		s := t.seats[seat]
		link := map[string]string{"root": "root"}[kind]
		if link == "" {
			link = "ns/" + kind
		}
		*name = fmt.Sprintf("%d/task/%d/%s", s.pid, s.tid, link)
		if rest != "" {
			*name += "/" + rest
		}
	}
	return op, found
}

// throughLink has a path of an operation lead through a link of somebody's into whose
// process the seat may look.
func (t *theatre) throughLink(at int, op predict.Op, rnd *rand.Rand) predict.Op {
	other := rnd.IntN(len(t.seats))
	if own, of := t.seats[at].lodging, t.seats[other].lodging; len(of) < len(own) || !slices.Equal(own, of[:len(own)]) {
		return op
	}
	link := func(kind string) string { return fmt.Sprintf("%s:@%d", kind, other) }
	switch op.Kind {
	case predict.OpBind:
		switch rnd.IntN(4) {
		case 0:
			op.Src = link("root") + t.point(other, rnd)
		case 1:
			op.Src, op.Dst, op.IDMap = link("net"), t.file(at, rnd), false
		default:
			op.Src, op.Dst, op.IDMap = link("mnt"), t.file(at, rnd), false
		}
	case predict.OpMake, predict.OpSetGroup, predict.OpMount, predict.OpMove, predict.OpRemount:
		op.Dst = link("root") + t.point(other, rnd)
	}
	return op
}

// fromProc does something with /proc for working directory.
func (h *house) fromProc(do func() error) error {
	if err := unix.Fchdir(h.proc); err != nil {
		return err
	}
	defer unix.Chdir("/") // it would keep a mount busy
	return do()
}

// rootOf is the root of a mount as the kernel writes it, which numbers the mount
// namespaces itself.
func (t *theatre) rootOf(r *predict.Row) string {
	if !strings.HasPrefix(r.Root, "mnt:[") {
		return r.Root
	}
	for _, s := range t.seats {
		if r.Root != fmt.Sprintf("mnt:[%d]", t.state.Home(s.actor)) {
			continue
		}
		var st unix.Stat_t
		if unix.Fstatat(t.home.proc, fmt.Sprintf("%d/task/%d/ns/mnt", s.pid, s.tid), &st, 0) == nil {
			return fmt.Sprintf("mnt:[%d]", st.Ino)
		}
	}
	return r.Root
}

// inTurn makes a mount namespace on one and the same processor: the ids of those
// that one makes ascend.
func inTurn(unshare func() error) error {
	var allowed, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return err
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if allowed.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	defer unix.SchedSetaffinity(0, &allowed)
	return unshare()
}
