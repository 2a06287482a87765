package tui

import (
	"fmt"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/preview"
)

// largeHost has so many namespaces of so many mounts, all of which are peers of
// those of the first.
func largeHost(spaces, mounts int) *snapshot.Snapshot {
	s := &snapshot.Snapshot{Version: snapshot.FormatVersion, Reader: snapshot.Reader{PID: 1000, MNT: snapshot.NSID{Ino: first}}}
	for i := range spaces {
		ns := snapshot.NSID{Ino: first + uint64(i)}
		s.Namespaces = append(s.Namespaces, snapshot.Namespace{ID: ns, Type: snapshot.Mnt})
		s.Processes = append(s.Processes, snapshot.Process{
			PID: 1000 + i, NS: [snapshot.NumTypes]uint64{snapshot.Mnt: ns.Ino}, Read: snapshot.AllFields, Root: "/",
			Cmdline: "worker", Cgroup: fmt.Sprintf("0::/system.slice/worker-%04d.service\n", i),
		})
		t := snapshot.Table{NS: ns, Via: "statmount", Whole: true}
		root := snapshot.MountID(i*mounts + 1)
		for j := range mounts {
			t.Mounts = append(t.Mounts, snapshot.Mount{
				ID: root + snapshot.MountID(j), Parent: root, Root: "/", Point: fmt.Sprintf("/srv/%03d", j), FSType: "tmpfs", Source: "tmpfs",
				VFSOptions: "rw", FSOptions: "rw", PeerGroup: snapshot.GroupID(j + 1),
			})
		}
		t.Mounts[0].Point = "/"
		s.Tables = append(s.Tables, t)
	}
	return s
}

// wideScreen shows a host on 160x50.
func wideScreen(b *testing.B, s *snapshot.Snapshot) tea.Model {
	b.Helper()
	var m tea.Model = New(b.Context(), Options{Place: Place{NS: first}})
	m, _ = m.Update(tabled{tables: tablesOf(world.Build(s))})
	m, _ = m.Update(tea.WindowSizeMsg{Width: 160, Height: 50})
	return m
}

// BenchmarkKey is a key and the frame after it, in each list of a host of 1,000
// namespaces of 100 mounts.
func BenchmarkKey(b *testing.B) {
	m := wideScreen(b, largeHost(1000, 100))
	for f := range Focus(panes) {
		b.Run(paneNames[f], func(b *testing.B) {
			m, _ := m.Update(tea.KeyPressMsg{Code: rune('1' + f), Text: string(rune('1' + f))})
			for b.Loop() {
				m, _ = m.Update(named["down"])
				_ = m.View()
			}
		})
	}
}

// BenchmarkEvent is what the arrival of an event costs the screen, when the host
// after it is there.
func BenchmarkEvent(b *testing.B) {
	host := largeHost(1000, 100)
	m := wideScreen(b, host)
	t := tablesOf(world.Build(host))
	model := m.(Model)
	model.live = &live{rec: watch.NewRecording(host)}
	m = model
	for i := 0; b.Loop(); i++ {
		m, _ = m.Update(happened{tables: t, events: []watch.Event{{Seq: uint64(i + 1), Kind: watch.Mount, Origin: watch.Origin{Place: watch.Place{NS: first, Target: "/srv/001"}}}}})
		_ = m.View()
	}
}

func BenchmarkKeyIn50000(b *testing.B) {
	m := wideScreen(b, largeHost(1, 50_000))
	m, _ = m.Update(tea.KeyPressMsg{Code: '2', Text: "2"})
	for b.Loop() {
		m, _ = m.Update(named["down"])
		_ = m.View()
	}
}

// BenchmarkPreview is a prediction laid over the tables, from the answer of the
// predictor to the frame: a mount that reaches all of 1,000 namespaces, and the end
// of all 50,000 mounts of one.
func BenchmarkPreview(b *testing.B) {
	for _, c := range []struct {
		name, line     string
		spaces, mounts int
	}{
		{"1000 spaces", "mount tmpfs /x", 1000, 100},
		{"50000 mounts", "make-rprivate /; umount -lR /srv", 1, 50_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			host := largeHost(c.spaces, c.mounts)
			for i := range host.Tables {
				host.Tables[i].Mounts[1].Point = "/srv"
				for j := 2; j < len(host.Tables[i].Mounts); j++ {
					host.Tables[i].Mounts[j].Parent = host.Tables[i].Mounts[1].ID
				}
			}
			asks, err := predict.Parse(c.line)
			if err != nil {
				b.Fatal(err)
			}
			shown := wideScreen(b, host)
			p, err := foretell(host)(b.Context(), nil, Place{NS: first}, asks)
			if err != nil {
				b.Fatal(err)
			}
			b.Run("command", func(b *testing.B) {
				for b.Loop() {
					v := preview.Of(c.line, p)
					tablesOf(v.After)
				}
			})
			v := preview.Of(c.line, p)
			if all, _ := v.Total(); all.New+all.Gone < 1000 {
				b.Fatalf("%+v", all)
			}
			msg := foreseen{preview: v, by: Place{NS: first}, tables: tablesOf(v.After)}
			b.Run("update", func(b *testing.B) {
				for b.Loop() {
					m, _ := shown.Update(msg)
					_ = m.View()
				}
			})
		})
	}
}
