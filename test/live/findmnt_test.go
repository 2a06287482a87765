//go:build linux

package live_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// oddMounts mounts, below the directory $1, what is easy to get wrong.
const oddMounts = `mount -t tmpfs 'a source' "$1"; cd "$1"; stage=$PWD
mkdir "a b" 'c\d' "e'f" 'g"h' ü x y '#hash' '$(date)' 'tab	tab' 'new
line' "$(printf 'esc\033[31m')" "$(printf 'latin\351')" 'x\x20y'
for d in *; do mount -t tmpfs -o size=1m "s $d" "$d"; done
mount --make-shared x; mount --bind x y; mount -t tmpfs over y
touch f g; mount --bind f g
mkdir d1 d2; mount -t tmpfs -o size=8m,mode=700,uid=7 dd d1; mkdir d1/sub; mount --bind d1/sub d2; rmdir d1/sub
touch ns; unshare --net="$PWD/ns" true
mkdir ro; mount -t tmpfs -o ro,nosuid,nodev,noexec,noatime rr ro
mkdir rb; mount --bind d1 rb; mount -o remount,bind,ro,nosymfollow rb
mkdir rel strict; mount -t tmpfs -o relatime,nodiratime r rel; mount -t tmpfs -o strictatime,sync,dirsync,lazytime r strict
mkdir ub sl; mount -t tmpfs u ub; mount --make-unbindable ub; mount --bind x sl; mount --make-slave sl
mkdir none; mount -t tmpfs none none; mkdir empty; mount -t tmpfs '' empty || mount -t tmpfs e empty
mkdir proc; mount -t proc proc proc; mkdir deep; mount -t tmpfs deep deep; mkdir deep/er; mount --bind d1 deep/er
cd /
`

const sharedColumns = "TARGET,SOURCE,FSTYPE,OPTIONS,VFS-OPTIONS,FS-OPTIONS,ID,PARENT,MAJ:MIN,FSROOT"

func findmnt(t *testing.T, args ...string) string {
	t.Helper()
	needsProgram(t, "findmnt")
	cmd := exec.Command("findmnt", args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("findmnt %v: %v", args, err)
	}
	return string(out)
}

// sameRows compares rows by the given columns, in any order.
func sameRows(t *testing.T, name string, got, want []row, columns string) {
	t.Helper()
	key := func(r row) string {
		var b strings.Builder
		for col := range strings.SplitSeq(strings.ToLower(columns), ",") {
			fmt.Fprintf(&b, "%s=%q ", col, r.text(col))
		}
		return b.String()
	}
	keys := func(rows []row) []string {
		list := make([]string, len(rows))
		for i, r := range rows {
			list[i] = key(r)
		}
		slices.Sort(list)
		return list
	}
	g, w := keys(got), keys(want)
	for _, k := range g {
		if !slices.Contains(w, k) {
			t.Errorf("%s: only nsview: %s", name, k)
		}
	}
	for _, k := range w {
		if !slices.Contains(g, k) {
			t.Errorf("%s: not nsview: %s", name, k)
		}
	}
	if len(g) != len(w) {
		t.Errorf("%s: %d rows, want %d", name, len(g), len(w))
	}
}

func TestAgreesWithFindmnt(t *testing.T) {
	onStage(t)
	dir := t.TempDir()
	a := shell(t, unix.CLONE_NEWNS, oddMounts, dir)
	for _, who := range []string{"self", a.arg()} {
		args := []string{"-J", "-o", sharedColumns}
		if who != "self" {
			args = append(args, "-N", who)
		}
		// findmnt prints a byte that is no UTF-8 as it is, which is no JSON.
		text := strings.ReplaceAll(findmnt(t, args...), "\xe9", `\\xe9`)
		want := flat(decode(t, text).rows("filesystems"))
		sameRows(t, who, mounts(t, who, "-o", sharedColumns), want, sharedColumns)
	}
	odd := at(t, mounts(t, a.arg(), "-o", "TARGET,SOURCE"), dir+`/latin\xe9`)
	raw, _ := odd["raw_base64"].(map[string]any)
	for key, want := range map[string]string{"target": dir + "/latin\xe9", "source": "s latin\xe9"} {
		if got, err := base64.StdEncoding.DecodeString(fmt.Sprint(raw[key])); err != nil || string(got) != want {
			t.Errorf("raw_base64 of %s: %q, %v", key, got, err)
		}
	}
}

// The optional fields of mountinfo, which findmnt shows as they are.
func TestPropagationAgreesWithFindmnt(t *testing.T) {
	onStage(t)
	a := shell(t, unix.CLONE_NEWNS, oddMounts, t.TempDir())
	fields := map[uint64]string{}
	for _, r := range flat(decode(t, strings.ReplaceAll(findmnt(t, "-J", "-o", "ID,OPT-FIELDS", "-N", a.arg()), "\xe9", "")).rows("filesystems")) {
		words := strings.ReplaceAll(strings.TrimSpace(r.text("opt-fields")), " ", ",")
		fields[r.num("id")] = strings.ReplaceAll(words, "propagate_from", "from")
	}
	seen := map[string]bool{}
	for _, r := range mounts(t, a.arg()) {
		want := fields[r.num("id")]
		if want == "" {
			want = "private"
		}
		if r.text("propagation") != want {
			t.Errorf("%s: %s, findmnt says %s", r.text("target"), r.text("propagation"), want)
		}
		kind, _, _ := strings.Cut(want, ":")
		seen[kind] = true
		if r["unbindable"] != any(want == "unbindable") || (r["peer_group"] != nil) != strings.Contains(want, "shared") || (r["master"] != nil) != strings.Contains(want, "master") {
			t.Errorf("%s: %v", want, r)
		}
	}
	if len(seen) != 4 {
		t.Errorf("the scene has only %v", seen)
	}
}

// Raw lines are the same to the byte but for letters beyond ASCII, which nsview
// leaves readable. The order is that of the table.
func TestRawLinesAgreeWithFindmnt(t *testing.T) {
	onStage(t)
	a := shell(t, unix.CLONE_NEWNS, oddMounts, t.TempDir())
	for _, cols := range []string{sharedColumns, "FSTYPE,TARGET"} {
		want := strings.Split(strings.ReplaceAll(findmnt(t, "-r", "-n", "-o", cols, "-N", a.arg()), `\xc3\xbc`, "ü"), "\n")
		got := strings.Split(nsview(t, "tree", "-r", "-n", "-o", cols, a.arg()).out, "\n")
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Errorf("line %d:\n%s\nfindmnt:\n%s", i+1, got[i], want[i])
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d lines, findmnt %d", len(got), len(want))
		}
	}
}

// The tree is drawn as findmnt draws it.
func TestDrawnTreeAgreesWithFindmnt(t *testing.T) {
	onStage(t)
	a := shell(t, unix.CLONE_NEWNS, oddMounts, t.TempDir())
	const cols = "TARGET,FSTYPE,MAJ:MIN"
	tidy := func(text string) (lines []string) {
		for line := range strings.Lines(strings.ReplaceAll(text, " (hidden)", "")) {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
		return lines
	}
	want := tidy(findmnt(t, "-N", a.arg(), "-o", cols))
	got := tidy(nsview(t, "tree", a.arg(), "-o", cols).out)
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("line %d:\n%s\nfindmnt:\n%s", i+1, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d lines, findmnt %d", len(got), len(want))
	}
}

func TestSizesAgreeWithFindmnt(t *testing.T) {
	onStage(t)
	dir := t.TempDir()
	try(t, unix.Mount("t", dir, "tmpfs", 0, "size=7m"))
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	run(t, exec.Command("sh", "-c", `cd "$1"; head -c 1234567 /dev/zero >x
mkdir a b c d; mount -t tmpfs -o size=1536k a a; mount -t tmpfs -o size=0 b b; mount -t proc c c; mount --bind a d
head -c 1m /dev/zero >a/x`, "sh", dir))
	const cols = "TARGET,SIZE,USED,AVAIL,USE%"
	want := flat(decode(t, findmnt(t, "-J", "-o", cols, "-R", dir)).rows("filesystems"))
	got := mounts(t, "-R", dir, "-o", cols)
	if len(got) != 5 {
		t.Fatalf("%d mounts: %v", len(got), got)
	}
	sameRows(t, "sizes", got, want, cols)
}
