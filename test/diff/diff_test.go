//go:build linux

package diff_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// furnished is a namespace with something to change.
func furnished(t *testing.T) *space {
	t.Helper()
	s := newSpace(t, nil)
	s.do("mount -t tmpfs -o mode=755 stage /mnt && mkdir /mnt/a /mnt/b /mnt/c /mnt/b/sub")
	s.do("mount -t tmpfs -o size=64k,mode=700 one /mnt/a && mount --bind /mnt/b /mnt/c")
	s.do("mount --make-shared /mnt/a")
	return s
}

// groups are numbers that the kernel gives as it likes.
var groups = regexp.MustCompile(`(shared|master):\d+`)

func plain(rows []string) []string {
	list := []string{}
	for _, r := range rows {
		list = append(list, groups.ReplaceAllString(r, "$1:N"))
	}
	return list
}

func TestOneChange(t *testing.T) {
	for _, c := range []struct {
		does string
		want []string
	}{
		{"true", []string{}},
		{"mount -o remount,bind,ro /mnt/c", []string{"changed vfs-options /mnt/c rw ro"}},
		{"mount --make-private /mnt/a", []string{"changed propagation /mnt/a shared:N private"}},
		{"mount --make-slave /mnt/a", []string{"changed propagation /mnt/a shared:N master:N"}},
		{"mount --make-slave /mnt/a && mount --make-shared /mnt/a", []string{"changed propagation /mnt/a shared:N shared:N,master:N"}},
		{"mount --make-unbindable /mnt/c", []string{"changed propagation /mnt/c private unbindable"}},
		{"umount /mnt/c", []string{"only-in-A mount /mnt/c rw,relatime"}},
		{"mount -t tmpfs two /mnt/b", []string{"only-in-B mount /mnt/b  rw,relatime"}},
		{"umount /mnt/c && mount --bind /mnt/b/sub /mnt/c", []string{"only-in-A mount /mnt/c rw,relatime", "only-in-B mount /mnt/c  rw,relatime"}},
		{"umount /mnt/c && mount --bind /mnt/b /mnt/c", []string{}},
		{"mount -t tmpfs two /mnt/c", []string{"only-in-B mount /mnt/c  rw,relatime", "changed visibility /mnt/c visible hidden"}},
	} {
		t.Run(c.does, func(t *testing.T) {
			a := furnished(t)
			b := newSpace(t, a)
			b.do(c.does)
			rows, said, status := diff(t, a.pid, b.pid)
			if diff := cmp.Diff(c.want, plain(rows)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := min(len(c.want), 1); status != want || said != "" {
				t.Errorf("status %d, want %d; said %q", status, want, said)
			}
			byNumber, _, _ := diff(t, number(t, a), number(t, b))
			if diff := cmp.Diff(rows, byNumber); diff != "" {
				t.Errorf("by number (-processes +namespaces):\n%s", diff)
			}
		})
	}
}

// The order of stacking is the only difference.
func TestOrder(t *testing.T) {
	a := furnished(t)
	a.do("mount --make-private /mnt/a && mount --bind /mnt/a /mnt/b/sub && mount --bind /mnt/c /mnt/b/sub")
	b := newSpace(t, a)
	b.do("umount /mnt/b/sub && umount /mnt/b/sub && mount --bind /mnt/c /mnt/b/sub && mount --bind /mnt/a /mnt/b/sub")
	rows, _, status := diff(t, a.pid, b.pid)
	text := strings.Join(rows, "\n")
	for _, want := range []string{
		`changed order /mnt/b/sub 1\x20of\x202 2\x20of\x202`, `changed order /mnt/b/sub 2\x20of\x202 1\x20of\x202`,
		"changed visibility /mnt/b/sub visible hidden", "changed visibility /mnt/b/sub hidden visible",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no row %q in\n%s", want, text)
		}
	}
	if status != 1 {
		t.Errorf("status %d", status)
	}
}

// A saved host is compared with the live one, with itself, and with one table
// of it that comes through a pipe.
func TestFiles(t *testing.T) {
	a := furnished(t)
	file := filepath.Join(t.TempDir(), "before.json")
	a.do(os.Getenv(nsviewVar) + " snapshot -o " + file + " 2>/dev/null")
	ino := number(t, a)
	if rows, said, status := diff(t, file+":"+ino, ino); status != 0 {
		t.Errorf("saved and live: status %d, %q, said %q", status, rows, said)
	}
	if rows, said, status := diff(t, file, file+":"+ino); status != 0 {
		t.Errorf("where it was saved and there by number: status %d, %q, said %q", status, rows, said)
	}
	a.do("mount -t tmpfs new /mnt/b && mount -o remount,bind,ro /mnt/c")
	want := []string{"only-in-B mount /mnt/b  rw,relatime", "changed vfs-options /mnt/c rw ro"}
	rows, _, status := diff(t, file+":"+a.pid, a.pid)
	if diff := cmp.Diff(want, rows); diff != "" || status != 1 {
		t.Errorf("status %d, before and after (-want +got):\n%s", status, diff)
	}
	if rows, said, status := diff(t, "/proc/"+a.pid+"/mountinfo", a.pid); status != 0 {
		t.Errorf("mountinfo and live: status %d, %q, said %q", status, rows, said)
	}
}

// Files of namespaces are TARGETs, though they can be opened.
func TestNamespaceFile(t *testing.T) {
	a := furnished(t)
	b := newSpace(t, a)
	b.do("umount /mnt/c")
	rows, said, status := diff(t, "/proc/"+a.pid+"/ns/mnt", "/proc/"+b.pid+"/ns/mnt")
	if status != 1 || len(rows) != 1 || said != "" {
		t.Errorf("status %d, %q, said %q", status, rows, said)
	}
}

func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	empty, garbage := filepath.Join(dir, "empty"), filepath.Join(dir, "garbage")
	for name, text := range map[string]string{empty: "", garbage: "no table\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"self"}, "two views, A and B: 1 given"},
		{[]string{"self", "self", "self"}, "3 given"},
		{[]string{"", "self"}, "an empty TARGET"},
		{[]string{"self", "no-such-thing"}, "find no-such-thing: "},
		{[]string{"self", dir + "/none.json"}, "no such file"},
		{[]string{"self", empty}, "the file is empty"},
		{[]string{"self", garbage}, "neither a snapshot, nor a tar, nor mountinfo"},
		{[]string{"self", dir}, "no process directory in it"},
		{[]string{"self", "/proc/self/mountinfo:4711"}, "(in /proc/self/mountinfo)"},
		{[]string{"self", "/proc/self/mountinfo:"}, "an empty TARGET"},
		{[]string{"-o", "WHERE", "self", "self"}, `unknown column "WHERE"`},
		{[]string{"-J", "self", "self"}, "--json and --raw"},
	} {
		rows, said, status := diff(t, c.args...)
		first, _, _ := strings.Cut(said, "\n")
		if status != 2 || len(rows) > 0 || !strings.Contains(first, c.want) {
			t.Errorf("diff %q: status %d, said %q, want 2 and %q", c.args, status, said, c.want)
		}
	}
}
