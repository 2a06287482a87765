package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/nsview/nsview/inspect/snapshot"
)

const statTail = " S 7 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 3 0 1234 0 0"

// TestStatNames: prctl(PR_SET_NAME) takes any 15 bytes.
func TestStatNames(t *testing.T) {
	for _, name := range []string{"init", "", "a b", "(sd-pam)", "a) R 1 (b", "))))", "((((", "x\ny", "x\ty", ")\n(", "\xff\xfe", "1 (2) 3"} {
		var p snapshot.Process
		if err := parseStat([]byte("812 ("+name+")"+statTail+"\n"), &p); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if p.Comm != name || p.State != "S (sleeping)" || p.PPID != 7 || p.Threads != 3 || p.Start != 1234 {
			t.Errorf("%q is read as %+v", name, p)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		name := string(rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 15).Draw(t, "name"))
		var p snapshot.Process
		if err := parseStat([]byte("812 ("+name+")"+statTail), &p); err != nil || p.Comm != name || p.Threads != 3 {
			t.Fatalf("%q is read as %+v, %v", name, p, err)
		}
	})
}

func TestStatRefuses(t *testing.T) {
	for _, text := range []string{
		"", "812", "812 (init", "812 init) S 1", ")(", "812 (init) S 1", "812 (init)" + strings.Replace(statTail, "S 7", "S x", 1),
		"812 (init)" + strings.Replace(statTail, " 3 0 1234", " 3 0 -1", 1), "812 (init)" + statTail[:len(statTail)-len(" 1234 0 0")],
	} {
		p := snapshot.Process{Comm: "before"}
		var syntax *SyntaxError
		if err := parseStat([]byte(text), &p); !errors.As(err, &syntax) || p.Comm != "before" {
			t.Errorf("parseStat(%q) = %+v, %v", text, p, err)
		}
	}
}

// FuzzStat: no text makes a panic.
func FuzzStat(f *testing.F) {
	f.Add([]byte("812 (a) b)" + statTail))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p snapshot.Process
		if err := parseStat(text, &p); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of several lines: %q", err)
		}
	})
}

func TestEffectiveUser(t *testing.T) {
	for text, want := range map[string]uint32{
		"Name:\tx\nUid:\t1000\t0\t0\t0\n":           0,
		"Name:\tUid:\t7\nUid:\t1\t4294967294\t3\t4": 4294967294,
		"Uid: 1 2": 2,
	} {
		if uid, err := parseEUID([]byte(text)); err != nil || uid != want {
			t.Errorf("parseEUID(%q) = %d, %v, want %d", text, uid, err, want)
		}
	}
	for _, text := range []string{"", "Uid:\t1\n", "Uid:\t1\t-1\n", "Gid:\t1\t1\n", "Uid:\t0\t4294967296\n"} {
		if uid, err := parseEUID([]byte(text)); err == nil {
			t.Errorf("parseEUID(%q) = %d", text, uid)
		}
	}
}

func TestSyntaxErrorIsShort(t *testing.T) {
	err := &SyntaxError{What: "mountinfo", Line: 3, Text: strings.Repeat("\x1b", 1000)}
	if text := err.Error(); len(text) > 400 || strings.ContainsRune(text, 0x1b) || !strings.HasPrefix(text, "mountinfo line 3 ") {
		t.Errorf("%q", text)
	}
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func link(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(text), Mode: fs.ModeSymlink | 0o777}
}

// saved is a /proc with one process of each kind.
func saved(t *testing.T) *FS {
	t.Helper()
	p, err := New(fstest.MapFS{
		"1/ns/mnt": link("mnt:[11]"), "1/ns/net": link("net:[12]"), "1/root": link("/"),
		"1/cmdline": file("/sbin/init\x00-a\x00\x00"), "1/cgroup": file("0::/init.scope\n"), "1/status": file("Uid:\t0\t0\t0\t0\n"),
		"1/stat":                file("1 (init)" + statTail),
		"2/ns/mnt":              link("mnt:[11]"),
		"2/cmdline":             file(""),
		"2/comm":                file("two\nlines\n"),
		"3/stat":                file(strings.Replace("3 (dead)"+statTail, "S 7", "Z 7", 1)),
		"4/stat":                file("4 (bare)" + statTail),
		"5/ns/mnt":              link("net:[12]"), // a link that lies
		"6/ns/mnt":              link("mnt:[13]"),
		"6/ns/pid_for_children": link("pid:[14]"),
		"6/task/6/ns/mnt":       link("mnt:[13]"),
		"6/task/7/ns/mnt":       link("mnt:[15]"),
		"6/fd/0":                link("/dev/null"),
		"6/fd/3":                link("net:[16]"),
		"6/fd/x":                link("net:[17]"),
		"self/ns/mnt":           link("mnt:[18]"),
		"+8/ns/mnt":             link("mnt:[19]"),
		"08/ns/mnt":             link("mnt:[20]"),
		"99999999999/ns/mnt":    link("mnt:[21]"),
		"sys/kernel/hostname":   file("box\n"), "sys/kernel/osrelease": file("6.1.0\n"), "uptime": file("12.34 5.6\n"), "sys/fs/mount-max": file("100000\n"),
	}, "saved")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLinks: each process is visited once, in order; one that shows nothing
// with the reason.
func TestLinks(t *testing.T) {
	var got []string
	err := saved(t).Links(t.Context(), snapshot.Types(snapshot.Mnt, snapshot.Net), func(pid int, links *[snapshot.NumTypes]uint64, err error) {
		got = append(got, fmt.Sprint(pid, links[snapshot.Mnt], links[snapshot.Net], err))
	})
	want := []string{
		"1 11 12 <nil>", "2 11 0 <nil>", "3 0 0 the process is a zombie", "4 0 0 not in the saved copy", "5 0 0 not in the saved copy", "6 13 0 <nil>",
		"8 0 0 not in the saved copy",
	}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%v\n%s", err, strings.Join(got, "\n"))
	}
}

func TestProcessFields(t *testing.T) {
	p := saved(t)
	one := snapshot.Process{PID: 1}
	if err := p.Process(&one, snapshot.AllFields); err != nil || one.Read != snapshot.AllFields ||
		one.Cmdline != "/sbin/init -a" || one.Cgroup != "0::/init.scope\n" || one.Root != "/" || one.Threads != 3 {
		t.Errorf("%+v, %v", one, err)
	}
	two := snapshot.Process{PID: 2}
	err := p.Process(&two, snapshot.FieldCommand|snapshot.FieldStat|snapshot.FieldRoot)
	if two.Comm != "two\nlines" || two.Read != snapshot.FieldCommand {
		t.Errorf("%+v", two)
	}
	if err == nil || !strings.Contains(err.Error(), "read stat of pid 2: file does not exist") || !strings.Contains(err.Error(), "read root of pid 2") {
		t.Errorf("what could not be read: %v", err)
	}
}

func TestHolds(t *testing.T) {
	leader := [snapshot.NumTypes]uint64{snapshot.Mnt: 13, snapshot.PID: 1}
	var got []string
	err := saved(t).Holds(6, &leader, func(typ snapshot.Type, ino uint64, h snapshot.Hold) {
		got = append(got, fmt.Sprintf("%v:[%d] %s %d/%d:%d", typ, ino, h.Kind, h.PID, h.TID, h.FD))
	})
	want := []string{"pid:[14] child-of 6/0:0", "mnt:[15] thread 6/7:0", "net:[16] fd 6/0:3"}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%v\n%s", err, strings.Join(got, "\n"))
	}
	if err := saved(t).Holds(404, &leader, nil); err != nil {
		t.Errorf("a process that is gone holds something: %v", err)
	}
}

func TestHost(t *testing.T) {
	if h := saved(t).Host(); h.Name != "box" || h.Kernel != "6.1.0" || h.Uptime != 1234 || h.MaxMnts != 100000 {
		t.Errorf("%+v", h)
	}
	if r, err := saved(t).Reader(); err != nil || r.PID != 0 || r.UID != -1 || r.Src != "saved" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := New(fstest.MapFS{"cpuinfo": file("")}, "x"); err == nil || err.Error() != "read x: no process in it: is proc mounted there?" {
		t.Errorf("a directory without processes: %v", err)
	}
}

func TestHidepid(t *testing.T) {
	for options, want := range map[string]string{
		"rw": "", "rw,hidepid=2": "hidepid=2", "rw,gid=7,hidepid=invisible": "hidepid=invisible", "rw,hidepid=0": "", "hidepid=off": "",
		"rw,hidepid=ptraceable,subset=pid": "hidepid=ptraceable",
	} {
		if got := hidepid(options); got != want {
			t.Errorf("hidepid(%q) = %q, want %q", options, got, want)
		}
	}
}
