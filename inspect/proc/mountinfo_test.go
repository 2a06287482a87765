package proc

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/nsview/nsview/inspect/snapshot"
)

// one parses a text of one line.
func one(t *testing.T, line string) snapshot.Mount {
	t.Helper()
	mounts, err := ParseMountinfo([]byte(line + "\n"))
	if err != nil || len(mounts) != 1 {
		t.Fatalf("%.200q: %d mounts, %v", line, len(mounts), err)
	}
	return mounts[0]
}

// TestMountinfoTroubles: lines that real hosts have written and that parsers of
// others fell over.
func TestMountinfoTroubles(t *testing.T) {
	base := snapshot.Mount{ID: 36, Parent: 35, Dev: snapshot.Dev{Major: 98}, Root: "/", Point: "/m", FSType: "tmpfs", Source: "tmpfs", VFSOptions: "rw", FSOptions: "rw"}
	for what, c := range map[string]struct {
		line string
		want func(m *snapshot.Mount)
	}{
		"no optional field": {`36 35 98:0 / /m rw - tmpfs tmpfs rw`, func(*snapshot.Mount) {}},
		"all propagation": {`36 35 98:0 / /m rw shared:3 master:1 propagate_from:7 unbindable - tmpfs tmpfs rw`, func(m *snapshot.Mount) {
			m.PeerGroup, m.Master, m.PropagateFrom, m.Unbindable = 3, 1, 7, true
		}},
		"an optional field of a later kernel": {`36 35 98:0 / /m rw shared:3 brandnew:9 flag - tmpfs tmpfs rw`, func(m *snapshot.Mount) {
			m.PeerGroup, m.Tags = 3, []string{"brandnew:9", "flag"}
		}},
		"an empty source":                     {`36 35 98:0 / /m rw - tmpfs  rw`, func(m *snapshot.Mount) { m.Source = "" }},
		"a source that is the separator":      {`36 35 98:0 / /m rw - tmpfs - rw`, func(m *snapshot.Mount) { m.Source = "-" }},
		"a mount point that is the separator": {`36 35 98:0 / - rw - tmpfs tmpfs rw`, func(m *snapshot.Mount) { m.Point = "-" }},
		"blanks in options, as old cifs wrote them": {`36 35 98:0 / /m rw - cifs //srv/docs rw,unc=//srv/My Docs`, func(m *snapshot.Mount) {
			m.FSType, m.Source, m.FSOptions = "cifs", "//srv/docs", "rw,unc=//srv/My"
		}},
		"escapes": {`36 35 98:0 /a\040b /x\011y\012z\134w\043 rw - fuse.a\040b s\040t rw,x=\054`, func(m *snapshot.Mount) {
			m.Root, m.Point, m.FSType, m.Source, m.FSOptions = "/a b", "/x\ty\nz\\w#", "fuse.a b", "s t", `rw,x=\054`
		}},
		"an escaped backslash before digits": {`36 35 98:0 / /\134040 rw - tmpfs tmpfs rw`, func(m *snapshot.Mount) { m.Point = `/\040` }},
		"a deleted mount point": {`36 35 98:0 /old//deleted /m//deleted rw - tmpfs tmpfs rw`, func(m *snapshot.Mount) {
			m.Root, m.Point = "/old//deleted", "/m//deleted"
		}},
		"bytes that are not UTF-8":      {"36 35 98:0 / /caf\xe9 rw - tmpfs \xff rw", func(m *snapshot.Mount) { m.Point, m.Source = "/caf\xe9", "\xff" }},
		"a namespace's file":            {`36 35 98:0 mnt:[4026532177] /m rw - nsfs nsfs rw`, func(m *snapshot.Mount) { m.Root, m.FSType, m.Source = "mnt:[4026532177]", "nsfs", "nsfs" }},
		"a carriage return at the end":  {"36 35 98:0 / /m rw - tmpfs tmpfs rw\r", func(m *snapshot.Mount) { m.FSOptions = "rw\r" }},
		"no options of the file system": {`36 35 98:0 / /m rw - tmpfs tmpfs `, func(m *snapshot.Mount) { m.FSOptions = "" }},
		"a large device number": {`2147483647 35 98:1048575 / /m rw - tmpfs tmpfs rw`, func(m *snapshot.Mount) {
			m.ID, m.Dev.Minor = 1<<31-1, 1048575
		}},
	} {
		want := base
		c.want(&want)
		if diff := cmp.Diff(want, one(t, c.line)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func TestMountinfoRefuses(t *testing.T) {
	good := "36 35 98:0 / /m rw - tmpfs tmpfs rw\n"
	for what, text := range map[string]string{
		"an empty line between":  good + "\n" + good,
		"a line cut short":       good + "37 36 0:5 / /dev rw - dev",
		"no separator":           "36 35 98:0 / /m rw shared:1 tmpfs tmpfs rw rw rw\n",
		"an id that is none":     "x 35 98:0 / /m rw - tmpfs tmpfs rw\n",
		"an id of 32 bits":       "2147483648 35 98:0 / /m rw - tmpfs tmpfs rw\n",
		"a negative parent":      "36 -1 98:0 / /m rw - tmpfs tmpfs rw\n",
		"no device":              "36 35 98 / /m rw - tmpfs tmpfs rw\n",
		"group 0":                "36 35 98:0 / /m rw shared:0 - tmpfs tmpfs rw\n",
		"a group that is none":   "36 35 98:0 / /m rw master:x - tmpfs tmpfs rw\n",
		"a group without number": "36 35 98:0 / /m rw shared - tmpfs tmpfs rw\n",
		"/proc/mounts":           "tmpfs /m tmpfs rw 0 0\n",
	} {
		_, err := ParseMountinfo([]byte(text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want a SyntaxError of one line", what, err)
		}
		guard, err := guardLines([]byte(text))
		if err == nil {
			_, err = parsePortable(guard)
		}
		if err == nil {
			t.Errorf("%s: the portable parser takes it", what)
		}
	}
	if mounts, err := ParseMountinfo(nil); err != nil || len(mounts) != 0 {
		t.Errorf("an empty table: %v, %v", mounts, err)
	}
}

// TestMountinfoLongLines: an overlay of hundreds of layers has a line longer
// than the library's scanner takes. Nothing of it, or of its neighbours, is lost.
func TestMountinfoLongLines(t *testing.T) {
	for _, size := range []int{longLine - 1, longLine, 64 << 10, 100 << 10, 1 << 20} {
		options := "rw,lowerdir=" + strings.Repeat("/var/lib/l/ABCDEFGH:", size/20) + "/end,upperdir=/u"
		text := "1 1 0:1 / / rw - tmpfs a rw\n" +
			"2 1 0:2 / /m rw shared:5 - overlay overlay " + options + "\n" +
			"3 1 0:3 / /n rw - tmpfs b rw,x\n" +
			"4 1 0:4 / /o rw - overlay overlay " + options
		mounts, err := ParseMountinfo([]byte(text))
		if err != nil || len(mounts) != 4 {
			t.Fatalf("options of %d bytes: %d mounts, %v", len(options), len(mounts), err)
		}
		if mounts[1].FSOptions != options || mounts[3].FSOptions != options || mounts[2].FSOptions != "rw,x" || mounts[1].PeerGroup != 5 {
			t.Errorf("options of %d bytes are lost: %d, %d", len(options), len(mounts[1].FSOptions), len(mounts[3].FSOptions))
		}
	}
}

// escaped writes a name as mangle_path of the kernel does.
func escaped(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if strings.IndexByte(" \t\n\\#", c) >= 0 {
			fmt.Fprintf(&b, `\%03o`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// printed is a mount as show_mountinfo of the kernel prints it.
func printed(m *snapshot.Mount) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d %v %s %s %s", m.ID, m.Parent, m.Dev, escaped(m.Root), escaped(m.Point), m.VFSOptions)
	for _, tag := range []struct {
		name  string
		group snapshot.GroupID
	}{{"shared", m.PeerGroup}, {"master", m.Master}, {"propagate_from", m.PropagateFrom}} {
		if tag.group != 0 {
			fmt.Fprintf(&b, " %s:%d", tag.name, tag.group)
		}
	}
	if m.Unbindable {
		b.WriteString(" unbindable")
	}
	for _, tag := range m.Tags {
		b.WriteString(" " + tag)
	}
	fmt.Fprintf(&b, " - %s %s %s\n", escaped(m.FSType), escaped(m.Source), m.FSOptions)
	return b.String()
}

// anyMount is a mount that a kernel could have: names of any bytes but NUL.
func anyMount() *rapid.Generator[snapshot.Mount] {
	name := rapid.Map(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]byte(" \t\n\\#-0:,\r\xff\x1b")), rapid.ByteRange(1, 255)), 0, 12),
		func(b []byte) string { return string(b) })
	options := rapid.StringMatching(`r[wo](,[a-z]{1,6}(=[!-~]{0,9})?){0,4}`)
	number := rapid.Uint64Range(0, 1<<31-1)
	return rapid.Custom(func(t *rapid.T) snapshot.Mount {
		return snapshot.Mount{
			ID: snapshot.MountID(number.Draw(t, "id")), Parent: snapshot.MountID(number.Draw(t, "parent")),
			Dev:  snapshot.Dev{Major: uint32(rapid.Uint32Range(0, 1<<12-1).Draw(t, "major")), Minor: rapid.Uint32Range(0, 1<<20-1).Draw(t, "minor")},
			Root: "/" + name.Draw(t, "root"), Point: "/" + name.Draw(t, "point"),
			FSType: name.Draw(t, "fstype"), Source: name.Draw(t, "source"),
			VFSOptions: options.Draw(t, "vfs"), FSOptions: options.Draw(t, "fs"),
			PeerGroup: snapshot.GroupID(number.Draw(t, "shared")), Master: snapshot.GroupID(number.Draw(t, "master")),
			PropagateFrom: snapshot.GroupID(number.Draw(t, "from")), Unbindable: rapid.Bool().Draw(t, "unbindable"),
			Tags: rapid.SliceOfN(rapid.StringMatching(`tag[0-9](:[0-9]{1,3})?`), 0, 2).Draw(t, "tags"),
		}
	})
}

// TestMountinfoRoundTrip: what the kernel prints of a table is read as the
// table, by both parsers.
func TestMountinfoRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(anyMount(), 0, 5).Draw(t, "mounts")
		var text strings.Builder
		for i := range want {
			text.WriteString(printed(&want[i]))
		}
		got, err := ParseMountinfo([]byte(text.String()))
		if err != nil {
			t.Fatalf("%q: %v", text.String(), err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", text.String(), diff)
		}
		guard, err := guardLines([]byte(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		if portable, err := parsePortable(guard); err != nil || cmp.Diff(got, portable, cmpopts.EquateEmpty()) != "" {
			t.Fatalf("%q: the portable parser says %v, %v", text.String(), portable, err)
		}
	})
}

// FuzzMountinfo: no text makes a panic, both parsers say the same of it, and
// what they take is printed back and read as itself.
func FuzzMountinfo(f *testing.F) {
	f.Add([]byte("36 35 98:0 /a\\040b /m rw shared:1 master:2 - ext4 /dev/sda1 rw,x=y\n1 1 0:1 / / rw - tmpfs - rw"))
	f.Add([]byte("1 1 0:1 / / rw unbindable z:1 - tmpfs  rw\r\n"))
	f.Add([]byte("1 1 0:1 / /\\1347\\400\\08 rw - a\\777 b rw"))
	f.Fuzz(func(t *testing.T, text []byte) {
		mounts, err := ParseMountinfo(bytes.Clone(text))
		guard, guardErr := guardLines(text)
		if guardErr != nil {
			if err == nil {
				t.Errorf("the guard refuses what is parsed: %v", guardErr)
			}
			return
		}
		portable, portableErr := parsePortable(guard)
		if (err == nil) != (portableErr == nil) {
			t.Fatalf("%q: %v, but the portable parser %v", text, err, portableErr)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(mounts, portable, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%q (-library +portable):\n%s", text, diff)
		}
		var back strings.Builder
		for i := range mounts {
			back.WriteString(printed(&mounts[i]))
		}
		again, err := ParseMountinfo([]byte(back.String()))
		if err != nil || cmp.Diff(mounts, again, cmpopts.EquateEmpty()) != "" {
			t.Fatalf("%q is printed as %q, which is not the same (%v):\n%s", text, back.String(), err, cmp.Diff(mounts, again))
		}
	})
}
