package predict_test

import (
	"strings"
	"testing"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

const (
	older = `20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
21 20 0:22 / /proc rw - proc proc rw
22 20 0:30 / /a rw - tmpfs a rw
`
	newer = `40 2 8:1 / / rw,relatime - ext4 /dev/sda1 rw
41 40 0:22 / /proc rw - proc proc rw
`
)

// linked is a state of two namespaces, the second of which is newer, with some
// links in it. "/proc/N" is who is in namespace N, "/proc/9" may not be looked at.
func linked(t *testing.T, rules predict.Rules) (*predict.State, predict.Actor, predict.Actor) {
	t.Helper()
	snap := host(t, older, newer)
	snap.Namespaces[0].UniqueID, snap.Namespaces[1].UniqueID = 100, 200
	w := world.Build(snap)
	s := predict.New(w, rules)
	one, two := enter(t, s, 1), enter(t, s, 2)
	proc := map[string]predict.Link{
		"/1/ns/mnt": {Type: snapshot.Mnt, NS: 1}, "/2/ns/mnt": {Type: snapshot.Mnt, NS: 2}, "/3/ns/mnt": {Type: snapshot.Mnt, NS: 3},
		"/1/ns/net": {Type: snapshot.Net, NS: 7, Dev: snapshot.Dev{Minor: 4}},
		"/1/root":   {RootOf: &one}, "/2/root": {RootOf: &two},
		"/1/cwd":  {At: predict.Place{Mount: w.View(1, 0).ByID(22), Path: "/a/dir"}},
		"/1/fd/1": {Inner: true, Text: "pipe:[5]"},
	}
	ordinary := map[string]string{"/l": "/a/dir", "/up": "a/..", "/loop": "loop", "/magic": "proc/1/cwd/../x"}
	s.Knows(func(w predict.Where) predict.Entry {
		_, magic := proc[w.Inside]
		_, link := ordinary[w.Inside]
		switch {
		case w.FSType == "proc" && (magic || w.Inside == "/self" || strings.HasPrefix(w.Inside, "/9/ns/")), w.FSType == "ext4" && link:
			return predict.SymLink
		case strings.HasSuffix(w.Inside, "/file"):
			return predict.File
		}
		return predict.Directory
	})
	s.Leads(func(a predict.Actor, w predict.Where) (predict.Link, bool) {
		switch text, ok := ordinary[w.Inside]; {
		case w.FSType == "ext4" && ok:
			return predict.Link{Text: text}, true
		case w.Inside == "/self" && a == one:
			return predict.Link{Text: "1"}, true
		}
		l, ok := proc[w.Inside]
		return l, ok
	})
	return s, one, two
}

func TestLinks(t *testing.T) {
	s, one, two := linked(t, predict.Rules{})
	for _, c := range []struct {
		by     predict.Actor
		path   string
		mount  predict.ID
		inside string // or the errno and reason
	}{
		{one, "/l", 22, "/dir"},
		{one, "/up/a/x", 22, "/x"},
		{one, "/l/../../up/a", 22, "/"},
		{one, "/loop", 0, "ELOOP too-many-links"},
		{one, "/magic", 22, "/x"},
		{one, "/proc/1/cwd/../..", 20, "/"},
		{one, "/proc/2/root/l", 22, "/dir"}, // links start from the root of who follows them
		{one, "/proc/2/root/up", 40, "/"},
		{two, "/proc/1/root/a/y", 22, "/y"},
		{one, "/proc/self/ns/net", 0, "net:[7]"},
		{one, "/proc/self/ns/net/", 0, "ENOTDIR not-a-directory"},
		{one, "/proc/1/fd/1", 0, "pipe:[5]"},
		{one, "/a/file", 22, "/file"},
		{one, "/a/file/", 0, "ENOTDIR not-a-directory"},
		{one, "/a/file/..", 0, "ENOTDIR not-a-directory"},
	} {
		row, inside, r := s.Lookup(c.by, c.path)
		if r != nil {
			row.ID, inside = 0, string(r.Errno)+" "+string(r.Reason)
		}
		if row.ID != c.mount || inside != c.inside {
			t.Errorf("%s leads to %d %s; want %d %s", c.path, row.ID, inside, c.mount, c.inside)
		}
	}
}

// Which of two namespaces is older decides whether the file of one can be
// mounted in the other.
func TestFilesOfNamespaces(t *testing.T) {
	for _, c := range []struct {
		what    string
		inTurn  bool
		two     bool // by whom
		unshare bool
		op      predict.Op
		said    string
		doubt   string
	}{
		{what: "a newer one's", op: predict.Op{Src: "/proc/2/ns/mnt", Dst: "/a/file"}, said: "attach 1:/a/file self[]"},
		{what: "an older one's", two: true, op: predict.Op{Src: "/proc/1/ns/mnt", Dst: "/file"}, said: "EINVAL namespace-file"},
		{what: "one's own", op: predict.Op{Src: "/proc/self/ns/mnt", Dst: "/a/file"}, said: "EINVAL namespace-file"},
		{what: "one's own, detached", op: predict.Op{Src: "/proc/1/ns/mnt", Dst: "/a/file", Detached: true}, said: "ELOOP namespace-file"},
		{what: "on a directory", op: predict.Op{Src: "/proc/2/ns/mnt", Dst: "/a"}, said: "ENOTDIR file-and-directory"},
		{what: "of one that was not seen", op: predict.Op{Src: "/proc/3/ns/mnt", Dst: "/a/file"}, said: "attach 1:/a/file self[]", doubt: "which of two"},
		{what: "of a network", two: true, op: predict.Op{Src: "/proc/1/ns/net", Dst: "/file"}, said: "attach 2:/file self[]"},
		{what: "of what may not be looked at", op: predict.Op{Src: "/proc/9/ns/net", Dst: "/a"}, said: "attach 1:/a self[]", doubt: "the link /proc/9/ns/net leads"},
		{what: "in a new one", unshare: true, op: predict.Op{Src: "/proc/2/ns/mnt", Dst: "/a/file"}, said: "attach -1:/a/file self[]", doubt: "which of two"},
		{what: "in a new one, in turn", unshare: true, inTurn: true, op: predict.Op{Src: "/proc/2/ns/mnt", Dst: "/a/file"}, said: "EINVAL namespace-file"},
	} {
		s, one, two := linked(t, predict.Rules{NamespacesInTurn: c.inTurn})
		c.op.Kind, c.op.By = predict.OpBind, one
		if c.two {
			c.op.By = two
		}
		if c.unshare {
			s.Apply(predict.Op{Kind: predict.OpUnshare, By: one})
		}
		r := s.Apply(c.op)
		if doubts := strings.Join(r.Doubts, "; "); said(r) != c.said || (doubts == "") != (c.doubt == "") || !strings.Contains(doubts, c.doubt) {
			t.Errorf("%s: said %s, doubts %q; want %s", c.what, said(r), doubts, c.said)
		}
	}
}
