//go:build linux

package propagation_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	godiff "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// foretold is what nsview predict -J --tables says.
type foretold struct {
	Steps []struct {
		Op, Result string
		Reason     *string
		Doubts     []string
		Loads      []struct {
			NS           int64
			Mounts, More int
		}
		Effects []struct {
			Kind, Target, Via, Why string
			NS                     int64
			Beneath, Hidden        bool
		}
	}
	After struct {
		Namespaces []struct {
			NS          int64
			Filesystems []branch
		}
	}
	code int
}

// branch is a mount with what is on it.
type branch struct {
	Target, FSType, Source string
	FSRoot                 string
	Options                string
	PeerGroup              int64 `json:"peer_group"`
	Master                 int64
	Unbindable             bool
	Children               []branch
}

// foretell runs the program as a user would.
func foretell(t *testing.T, args ...string) foretold {
	t.Helper()
	cmd := exec.Command(os.Getenv(nsviewVar), append([]string{"predict", "-J", "--tables"}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%q: %v", cmd.Args, err)
	}
	f := foretold{code: cmd.ProcessState.ExitCode()}
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		t.Fatalf("%q: exit %d, %v\n%s%s", cmd.Args, f.code, err, out.String(), errs.String())
	}
	return f
}

// future is a scene and what is done in it; BASE in the operations is its
// directory. By says in which namespace.
type future struct {
	name   string
	base   string
	kind   kind // of the second namespace
	second string
	by     int
	writes string // a file that is open for writing in the first
	ops    string
}

var futures = []future{
	{name: "a new file system", base: "mount --make-shared .", ops: "mount tmpfs BASE/a"},
	{name: "by a slave", base: "mount --make-shared .", second: "mount --make-slave .", by: 1, ops: "mount tmpfs BASE/a"},
	{name: "to a slave that is shared", base: "mount --make-shared .", second: "mount --make-slave .; mount --make-shared .", ops: "mount tmpfs BASE/a; mount tmpfs BASE/a"},
	{name: "beneath what a slave has there", base: "mount --make-shared .", second: "mount --make-slave .; mount -t tmpfs over a", ops: "mount tmpfs BASE/a; umount BASE/a"},
	{name: "over mounts", base: "mount --make-shared .; mount -t tmpfs in a/x", ops: "mount tmpfs BASE/a"},
	{name: "no such path", ops: "mount tmpfs BASE/none; mount tmpfs BASE/f/none; mount tmpfs BASE/f"},
	{name: "into what is new", ops: "mount tmpfs BASE/a; mount tmpfs BASE/a/none; bind BASE/b BASE/a"},
	{name: "through links", base: "mount --make-shared .; ln -s a l; ln -s ../b a/up", ops: "mount tmpfs BASE/l; umount BASE/a; mount tmpfs BASE/l/up"},
	{name: "binds", base: "mount --make-shared .; mount -t tmpfs t b; mount --make-unbindable b", ops: "bind BASE/a BASE/c; rbind BASE BASE/a; bind BASE/b BASE/c; bind BASE/f BASE/a/f; bind BASE/f BASE/a"},
	{name: "a bind with spaces", base: "mkdir 'a b'; mount --make-shared .", ops: "bind 'BASE/a b' BASE/a; mount tmpfs BASE/a\\ b"},
	{name: "a move", base: "mount -t tmpfs t a; mkdir a/x; mount --make-shared a; mount -t tmpfs u a/x", second: "mount --make-rslave .", ops: "move BASE/a BASE/b; move BASE/b BASE/b/x; move BASE/c BASE/a"},
	{name: "a move out of a shared mount", base: "mount --make-shared .; mount -t tmpfs t a", ops: "move BASE/a BASE/b; make-private BASE; move BASE/a BASE/b"},
	{name: "beneath", base: "mount -t tmpfs t a; mount -t tmpfs u b; mount --make-shared b", ops: "beneath BASE/a BASE/b; umount BASE/b; beneath BASE/c BASE/b"},
	{name: "umount with copies", base: "mount --make-shared .; mount -t tmpfs t a; mkdir a/x", second: "mount --make-rslave .; mount -t tmpfs u a/x", ops: "umount BASE/a; umount BASE/a"},
	{name: "umount of a tree", base: "mount --make-shared .; mount -t tmpfs t a; mkdir a/x; mount -t tmpfs u a/x", ops: "umount BASE/a; umount -R BASE/a"},
	{name: "umount lazily", base: "mount --make-shared .; mount -t tmpfs t a; mkdir a/x; mount -t tmpfs u a/x", second: "mount --make-rslave .", ops: "umount -l BASE/a"},
	{name: "types", base: "mount --make-shared .; mount -t tmpfs t a", second: "mount --make-rslave .", ops: "make-slave BASE; make-unbindable BASE/a; make-rshared BASE; make-rprivate BASE; make-shared BASE/c"},
	{name: "types of the second", base: "mount --make-shared .", second: "mount --make-slave .", by: 1, ops: "make-shared BASE; make-private BASE"},
	{name: "set-group", base: "mount --make-shared .; mount --bind a b; mount --make-private b; mount --bind a/x c; mount --make-private c", ops: "set-group BASE BASE/b; set-group BASE BASE/b; set-group BASE/c BASE"},
	{name: "flags", base: "mount --make-shared .", ops: "remount ro,nosuid BASE; remount rw,noexec BASE; remount ro BASE/c"},
	{name: "flags where a file is written", base: "mount -t tmpfs t a; mount --bind a b; mount --bind a c", writes: "a/f", ops: "remount ro BASE/a; remount nosuid BASE/a; remount ro BASE/b"},
	{name: "a namespace of one's own", base: "mount --make-shared .; mount -t tmpfs t a; mount --make-unbindable a", ops: "unshare; mount tmpfs BASE/b; make-rslave BASE; mount tmpfs BASE/c"},
	{name: "a less privileged one", base: "mount --make-shared .; mount -t tmpfs t a", kind: byUser, by: 1, ops: "umount BASE/a; mount tmpfs BASE/b; umount BASE/b; bind BASE BASE/c; rbind BASE BASE/c"},
	{name: "pivot_root", base: "mount -t tmpfs t a; mkdir a/old", ops: "unshare; pivot BASE/a BASE/a/old; mount tmpfs /old"},
	{name: "another root directory", base: "mount --make-shared .", ops: "chroot BASE/a; mount tmpfs /x; mount tmpfs /../x; umount /; mount tmpfs BASE/b"},
	{name: "pivot_root that may not be", base: "mount --make-shared .; mount -t tmpfs t a; mkdir a/old", ops: "pivot BASE/a BASE/a/old; pivot BASE/c BASE/c; pivot BASE/f BASE/a"},
}

// TestForetold: what predict says, compared with what the kernel then does: the
// error number of every operation, and every mount of every namespace.
func TestForetold(t *testing.T) {
	for _, f := range futures {
		t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) { f.check(t) })
	}
}

func (f future) check(t *testing.T) {
	w := stage(t)
	w.spaces[0].sh(w, f.base)
	if f.writes != "" {
		w.spaces[0].write(t, filepath.Join(w.base, f.writes))
	}
	second := w.spaces[0].clone(t, f.kind)
	w.spaces = append(w.spaces, second)
	second.sh(w, f.second)
	by, line := w.spaces[f.by], strings.ReplaceAll(f.ops, "BASE", w.base)
	f.compare(w, foretell(t, "-N", strings.TrimSuffix(by.at(w, ""), ":"+w.base), line), line)
}

// compare does what was foretold, and holds the two together.
func (f future) compare(w *topology, told foretold, line string) {
	t := w.t
	t.Helper()
	did, own := w.does(w.spaces[f.by], line)
	ok := true
	for i, errno := range did {
		if s := told.Steps[i]; s.Result != errno {
			t.Errorf("%s: %s (%v), the kernel: %s", s.Op, s.Result, s.Reason, errno)
		}
		ok = ok && errno == "ok"
	}
	if want := map[bool]int{true: 0, false: 1}[ok]; told.code != want {
		t.Errorf("exit %d, want %d\n%+v", told.code, want, told.Steps)
	}
	var names, want []string
	forest := map[string][]branch{}
	for _, s := range w.spaces {
		name := fmt.Sprint(s.ino)
		names, forest[name] = append(names, name), w.treeOf(s)
	}
	if own != nil {
		names, forest["-1"] = append(names, "-1"), own
	}
	want = canonical(names, forest)
	told.forest(forest)
	if diff := godiff.Diff(canonical(names, forest), want); diff != "" {
		t.Errorf("foretold (-) and done (+):\n%s", diff)
	}
}

func (f foretold) forest(into map[string][]branch) {
	for name := range into {
		into[name] = nil
	}
	for _, n := range f.After.Namespaces {
		into[fmt.Sprint(n.NS)] = n.Filesystems
	}
}

// does what a line says on one thread, and reads the table of the namespace that
// the thread unshared, nil for none.
func (w *topology) does(s *space, line string) (errnos []string, own []branch) {
	w.t.Helper()
	asks, err := predict.Parse(line)
	if err != nil {
		w.t.Fatal(err)
	}
	err = s.in(func() error {
		unshared := false
		for _, a := range asks {
			err := perform1(a.Op)
			unshared = unshared || a.Op.Kind == predict.OpUnshare && err == nil
			errnos = append(errnos, errnoText(err))
		}
		if !unshared {
			return nil
		}
		own, err = treeNow()
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return errnos, own
}

func errnoText(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return unix.ErrnoName(errno)
	}
	return "ok"
}

// perform1 is one operation as a system call.
func perform1(op predict.Op) error {
	rec := uintptr(0)
	if op.Recursive {
		rec = unix.MS_REC
	}
	switch op.Kind {
	case predict.OpMount:
		return unix.Mount(op.Source, op.Dst, op.FSType, 0, "")
	case predict.OpBind:
		return unix.Mount(op.Src, op.Dst, "", unix.MS_BIND|rec, "")
	case predict.OpMove:
		if op.Beneath {
			return unix.MoveMount(unix.AT_FDCWD, op.Src, unix.AT_FDCWD, op.Dst, moveBeneath)
		}
		return unix.Mount(op.Src, op.Dst, "", unix.MS_MOVE, "")
	case predict.OpUmount:
		return umount1(op)
	case predict.OpMake:
		flag := map[predict.Propagation]uintptr{predict.Shared: unix.MS_SHARED, predict.Private: unix.MS_PRIVATE, predict.Slaved: unix.MS_SLAVE, predict.Unbindable: unix.MS_UNBINDABLE}[op.Type]
		return unix.Mount("", op.Dst, "", flag|rec, "")
	case predict.OpSetGroup:
		return unix.MoveMount(unix.AT_FDCWD, op.Src, unix.AT_FDCWD, op.Dst, 0x100)
	case predict.OpRemount:
		attr := unix.MountAttr{}
		for _, f := range []struct {
			flag predict.Flags
			attr uint64
		}{{predict.ReadOnly, unix.MOUNT_ATTR_RDONLY}, {predict.NoSuid, unix.MOUNT_ATTR_NOSUID}, {predict.NoExec, unix.MOUNT_ATTR_NOEXEC}} {
			if op.Flags&f.flag != 0 {
				attr.Attr_set |= f.attr
			}
			if op.Clear&f.flag != 0 {
				attr.Attr_clr |= f.attr
			}
		}
		return unix.MountSetattr(unix.AT_FDCWD, op.Dst, 0, &attr)
	case predict.OpUnshare:
		return unix.Unshare(unix.CLONE_NEWNS)
	case predict.OpPivot:
		return unix.PivotRoot(op.Src, op.Dst)
	case predict.OpChroot:
		return unix.Chroot(op.Dst)
	}
	return fmt.Errorf("do %s: not known", op.Kind)
}

// umount1 with -R is what umount(8) does: one after the other, from above.
func umount1(op predict.Op) error {
	if !op.Recursive {
		flags := 0
		if op.Lazy {
			flags = unix.MNT_DETACH
		}
		return unix.Unmount(op.Dst, flags)
	}
	tree, err := treeNow()
	if err != nil {
		return err
	}
	var points []string
	var walk func(list []branch, in bool)
	walk = func(list []branch, in bool) {
		for _, b := range list {
			here := in || b.Target == op.Dst
			if here {
				points = append(points, b.Target)
			}
			walk(b.Children, here)
		}
	}
	walk(tree, false)
	for _, p := range slices.Backward(points) {
		if err := unix.Unmount(p, 0); err != nil {
			return err
		}
	}
	return nil
}

func (w *topology) treeOf(s *space) []branch {
	w.t.Helper()
	var tree []branch
	err := s.in(func() (err error) {
		tree, err = treeNow()
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return tree
}

// procDir is proc, also for a thread that has another root directory.
var procDir = sync.OnceValues(func() (*os.Root, error) { return os.OpenRoot("/proc") })

// treeNow is the table of the calling thread, as a tree.
func treeNow() ([]branch, error) {
	proc1, err := procDir()
	if err != nil {
		return nil, err
	}
	text, err := proc1.ReadFile("thread-self/mountinfo")
	if err != nil {
		return nil, err
	}
	mounts, err := proc.ParseMountinfo(text)
	if err != nil {
		return nil, err
	}
	below := map[snapshot.MountID][]snapshot.Mount{}
	ids := map[snapshot.MountID]bool{}
	for _, m := range mounts {
		below[m.Parent] = append(below[m.Parent], m)
		ids[m.ID] = true
	}
	var grow func(list []snapshot.Mount) []branch
	grow = func(list []snapshot.Mount) (out []branch) {
		for _, m := range list {
			out = append(out, branch{
				Target: m.Point, FSType: m.FSType, Source: m.Source, FSRoot: m.Root, Options: m.VFSOptions,
				PeerGroup: int64(m.PeerGroup), Master: int64(m.Master), Unbindable: m.Unbindable, Children: grow(below[m.ID]),
			})
		}
		return out
	}
	var roots []snapshot.Mount
	for _, m := range mounts {
		if !ids[m.Parent] {
			roots = append(roots, m)
		}
	}
	return grow(roots), nil
}

// canonical writes trees in one order, with groups numbered as they are met.
func canonical(names []string, forest map[string][]branch) []string {
	var lines []string
	groups := map[int64]int{0: 0}
	number := func(g int64) int {
		if _, ok := groups[g]; !ok {
			groups[g] = len(groups)
		}
		return groups[g]
	}
	var walk func(list []branch, indent string)
	walk = func(list []branch, indent string) {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b branch) int { return cmp.Compare(a.Target, b.Target) })
		for _, b := range list {
			source, _, _ := strings.Cut(b.Source, "[") // tree adds the root in brackets
			lines = append(lines, fmt.Sprintf("%s%s %s %s %s ro=%t nosuid=%t noexec=%t group %d master %d unbindable %t", indent, b.Target, b.FSType, source, b.FSRoot,
				has(b.Options, "ro"), has(b.Options, "nosuid"), has(b.Options, "noexec"), number(b.PeerGroup), number(b.Master), b.Unbindable))
			walk(b.Children, indent+"  ")
		}
	}
	for _, name := range names {
		lines = append(lines, "in "+name)
		walk(forest[name], "  ")
	}
	return lines
}

func has(options, word string) bool { return slices.Contains(strings.Split(options, ","), word) }
