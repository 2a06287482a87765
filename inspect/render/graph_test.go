package render

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// hostOf is a host of so many namespaces, each with a slave of each of the first
// one's groups and a group of its own. Names come from the caller.
func hostOf(spaces, groups int, name func(i int) string) *world.World {
	s := &snapshot.Snapshot{}
	for ns := range spaces {
		id := snapshot.NSID{Ino: uint64(4026532000 + ns)}
		s.Namespaces = append(s.Namespaces, snapshot.Namespace{ID: id, Type: snapshot.Mnt})
		s.Processes = append(s.Processes, snapshot.Process{
			PID: ns + 1, NS: [snapshot.NumTypes]uint64{id.Ino}, Comm: name(ns), Cmdline: name(ns),
		})
		table := snapshot.Table{NS: id, Via: "mountinfo", Whole: true}
		for g := range groups {
			m := snapshot.Mount{
				ID: snapshot.MountID(1000*ns + g + 2), Parent: snapshot.MountID(1000*ns + 1),
				Root: "/", Point: "/" + name(g), FSType: name(g + 1), Source: name(g + 2), Master: snapshot.GroupID(g + 1),
			}
			if ns == 0 {
				m.PeerGroup, m.Master = m.Master, 0
			} else if g == 0 {
				m.PeerGroup = snapshot.GroupID(10000 + ns)
			}
			table.Mounts = append(table.Mounts, m)
		}
		s.Tables = append(s.Tables, table)
	}
	return world.Build(s)
}

func draw(t interface{ Fatal(...any) }, w *world.World, format string) string {
	groups, err := query.PeerGroups(w, query.GroupsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Graphs[format](&out, query.Propagation(w, groups)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func wellFormed(text string) error {
	for in := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := in.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// Whatever a host calls its things, the picture is well formed and has nothing
// in it that a terminal or a browser would act on.
func TestGraphOfAnyNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"</text><script>", `"];x="`, "\x1b[31m", "a\nb", "\xff\xfe", `\n\l`, "]]>", "end", "\u202e", "<!--", "&amp;", `\x1b`,
		}))
		names := rapid.SliceOfN(name, 1, 8).Draw(t, "names")
		w := hostOf(3, 3, func(i int) string { return names[i%len(names)] })
		for format := range Graphs {
			text := draw(t, w, format)
			if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !printable(r) }) {
				t.Fatalf("%s has what is not to be printed: %q", format, text)
			}
			if format == "svg" {
				if err := wellFormed(text); err != nil || strings.Contains(text, "<script") {
					t.Fatalf("SVG: %v in %s", err, text)
				}
			}
		}
	})
}

func plainName(i int) string { return fmt.Sprintf("name%d", i) }

func TestGraphFolds(t *testing.T) {
	for _, c := range []struct {
		spaces, groups, boxes, hubs int
		notes                       []string
	}{
		{5, 3, 5, 7, nil},
		{30, 3, 30, 32, nil},
		{31, 3, 2, 3, []string{"31 namespaces are folded into 2: ", "33 peer groups"}},
		{300, 60, 2, 3, []string{"300 namespaces are folded into 2: ", "359 peer groups are drawn as 3: "}},
	} {
		w := hostOf(c.spaces, c.groups, plainName)
		groups, err := query.PeerGroups(w, query.GroupsQuery{})
		if err != nil {
			t.Fatal(err)
		}
		g := query.Propagation(w, groups)
		if len(g.Boxes) != c.boxes || len(g.Hubs) != c.hubs {
			t.Errorf("%d namespaces, %d groups: %d boxes and %d hubs, want %d and %d", c.spaces, c.groups, len(g.Boxes), len(g.Hubs), c.boxes, c.hubs)
		}
		notes := strings.Join(g.Notes, "\n")
		for _, want := range c.notes {
			if !strings.Contains(notes, want) {
				t.Errorf("%d namespaces: notes %q, want %q in them", c.spaces, notes, want)
			}
		}
	}
}

// Mermaid refuses what is larger than its limits: the picture ends before, and
// says so.
func TestMermaidLimits(t *testing.T) {
	text := draw(t, hostOf(20, 21, func(i int) string { return fmt.Sprintf("name%d%s", i, strings.Repeat("_", 30)) }), "mmd")
	edges := strings.Count(text, " --- ") + strings.Count(text, " -.-> ") + strings.Count(text, " ==> ")
	if edges > mermaidEdges || len(text) > mermaidText {
		t.Errorf("%d edges, %d characters", edges, len(text))
	}
	if !strings.Contains(text, `cut["left out: `) {
		t.Error("what was left out is not said")
	}
}

func TestSameHostSamePicture(t *testing.T) {
	for format := range Graphs {
		first := draw(t, hostOf(40, 50, plainName), format)
		for range 10 {
			if draw(t, hostOf(40, 50, plainName), format) != first {
				t.Errorf("%s: another picture of the same host", format)
			}
		}
	}
}

// apart keeps the order and the distance, and moves nothing that has room.
func TestApart(t *testing.T) {
	for _, c := range []struct{ wish, want []float64 }{
		{[]float64{0, 100}, []float64{0, 100}},
		{[]float64{50, 50}, []float64{45, 55}},
		{[]float64{0, 50, 50, 52, 200}, []float64{0, 40.666, 50.666, 60.666, 200}},
		{nil, nil},
	} {
		got := apart(c.wish, 10)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return a-b < 0.01 && b-a < 0.01 }) {
			t.Errorf("apart(%v) = %v, want %v", c.wish, got, c.want)
		}
	}
}
