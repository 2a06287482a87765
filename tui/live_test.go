package tui

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/inspect/world"
)

// errDry: nothing more happens on a host that a test follows.
var errDry = errors.New("nothing more happens")

// followed is a host on which the steps happen that a test gives it.
type followed struct {
	first *snapshot.Snapshot
	steps []watch.Step
	err   error
}

func (f *followed) First() *snapshot.Snapshot { return f.first }
func (f *followed) Close() error              { return nil }

func (f *followed) Next(ctx context.Context) (watch.Step, error) {
	if len(f.steps) > 0 {
		s := f.steps[0]
		f.steps = f.steps[1:]
		return s, nil
	}
	if f.err != nil {
		return watch.Step{}, f.err
	}
	if _, short := ctx.Deadline(); short {
		return watch.Step{}, context.DeadlineExceeded
	}
	return watch.Step{}, errDry
}

// happen lets steps happen at once.
func (s *screen) happen(f *followed, steps ...watch.Step) *screen {
	f.steps = append(f.steps, steps...)
	m := s.m.(Model)
	s.do(m.next())
	return s
}

const first, web = 4026531832, 4026532177

// usb is a mount made in the first namespace that travels to the container, and
// its umount.
func usb() (mounted, gone watch.Step) {
	at := func(ns uint64, id, parent snapshot.MountID) *snapshot.Mount {
		return &snapshot.Mount{
			ID: id, Parent: parent, UniqueID: 1<<31 + id, Root: "/", Point: "/mnt/usb", FSType: "ext4", Source: "/dev/sdb1",
			VFSOptions: "rw,relatime", FSOptions: "rw", Dev: snapshot.Dev{Major: 8, Minor: 17},
		}
	}
	a, b := at(first, 60, 21), at(web, 61, 51)
	a.PeerGroup, b.Master = 7, 7
	place := func(ns uint64, m *snapshot.Mount) watch.Place {
		return watch.Place{NS: ns, Target: m.Point, MountID: m.ID, UniqueID: m.UniqueID}
	}
	mounted.Event = watch.Event{
		Time: time.Date(2026, 11, 22, 12, 3, 4, 0, time.UTC), Seq: 1, Kind: watch.Mount,
		Origin:    watch.Origin{Place: place(first, a), PID: 977, Comm: "mount", Owner: "udisks2.service"},
		Receivers: []watch.Receiver{{Place: place(web, b), Via: watch.Slave}}, FSType: "ext4", Source: "/dev/sdb1", Root: "/",
	}
	gone.Event = mounted.Event
	gone.Event.Time, gone.Event.Seq, gone.Event.Kind = mounted.Event.Time.Add(time.Minute), 2, watch.Umount
	gone.Event.Origin.PID, gone.Event.Origin.Comm = 981, "umount"
	mounted.Mounts = []watch.MountChange{{NS: first, After: a}, {NS: web, After: b}}
	gone.Mounts = []watch.MountChange{{NS: first, Before: a}, {NS: web, Before: b}}
	return mounted, gone
}

// born is a namespace that comes, with its root mount and the process in it.
func born() watch.Step {
	const ns = 4026533333
	s := watch.Step{Event: watch.Event{
		Time: time.Date(2026, 11, 22, 12, 5, 0, 0, time.UTC), Seq: 3, Kind: watch.NSNew,
		Origin: watch.Origin{Place: watch.Place{NS: ns}, PID: 5000, Comm: "unshare"}, Below: 1,
	}}
	lead := &snapshot.Process{PID: 5000, NS: [snapshot.NumTypes]uint64{snapshot.Mnt: ns}, Read: snapshot.AllFields, Cmdline: "unshare -m", Root: "/"}
	s.Spaces = []watch.SpaceChange{{After: &snapshot.Namespace{ID: snapshot.NSID{Ino: ns}, Type: snapshot.Mnt}, Lead: lead}}
	s.Mounts = []watch.MountChange{{NS: ns, After: &snapshot.Mount{ID: 90, Parent: 90, Root: "/", Point: "/", FSType: "ext4", Source: "/dev/vda1"}}}
	return s
}

// openLive is a host that is followed.
func openLive(t *testing.T, width, height int) (*screen, *followed) {
	t.Helper()
	f := &followed{first: fakeHost()}
	l := &lazy{host: fakeHost()}
	return openWith(t, Options{
		Look: l.look, Watch: func(context.Context) (Watcher, error) { return f, nil },
	}, width, height), f
}

func TestLive(t *testing.T) {
	mounted, gone := usb()
	for _, size := range []struct{ w, h int }{{80, 24}, {160, 50}} {
		s, f := openLive(t, size.w, size.h)
		name := func(what string) string { return what + "-" + sizeName(size.w, size.h) }
		s.wants("run/keep", "live")
		s.happen(f, mounted).wants("mnt/usb", "+1")
		s.golden(name("live"))
		s.press("5", "up").golden(name("event"))
		s.press("[").lacks("─mnt/usb").wants("PAST · after event 0 of 1")
		s.happen(f, gone)
		s.press("]").wants("─mnt/usb", "PAST · after event 1 of 2")
		s.golden(name("past"))
		s.press("]").lacks("─mnt/usb").wants("live")
		s.press("t").wants("PAST · after event 2 of 2")
		s.press("n").wants("live")
		s.happen(f, born()).wants("ns-new", "4026533333")
	}
}

// What happens while the list is paused is shown when it goes on.
func TestPause(t *testing.T) {
	mounted, gone := usb()
	s, f := openLive(t, 160, 50)
	s.press("space").wants("paused")
	s.happen(f, mounted).lacks("─mnt/usb").wants("Propagations · 1 held back")
	s.press("space").wants("mnt/usb", "Propagations · 1 ", "live")
	s.happen(f, gone).lacks("─mnt/usb")
}

// A source that fails is said, and what was seen stays.
func TestWatchFails(t *testing.T) {
	mounted, _ := usb()
	s, f := openLive(t, 160, 50)
	f.err = errors.New("read notices: \x1b[2Jno space")
	s.happen(f, mounted).wants("mnt/usb", `not live any more: read notices: \x1b[2Jno space`, "not live")

	l := &lazy{host: fakeHost()}
	refused := func(context.Context) (Watcher, error) { return nil, errors.New("watch /proc: not permitted") }
	openWith(t, Options{Look: l.look, Watch: refused}, 160, 50).wants("not live: watch /proc: not permitted", "run/keep")
}

// A recording is browsed without a host.
func TestRecording(t *testing.T) {
	mounted, gone := usb()
	rec := watch.NewRecording(fakeHost())
	rec.Add(mounted)
	rec.Add(gone)
	s := openWith(t, Options{Recording: rec}, 160, 50)
	s.wants("recording", "Propagations · 2", "init.scope:/mnt/usb", "umount")
	s.lacks("├─mnt/usb", "└─mnt/usb").press("[").wants("└─mnt/usb", "PAST · after event 1 of 2")
	s.press("[").lacks("─mnt/usb").press("[").wants("nothing is known of before")
	s.press("space").wants("nothing is followed live here")
	s.press("r", "esc").wants("recording").lacks("─mnt/usb")
}

// Enter on an event goes where it started, and Esc back.
func TestEventsLeadToTheirOrigin(t *testing.T) {
	mounted, _ := usb()
	s, f := openLive(t, 160, 50)
	s.press("j").happen(f, mounted)
	s.press("5", "enter").wants("─ /mnt/usb ", "sends to", "docker:web:/mnt/usb")
	s.press("esc").wants("● ", "by           mount[977] of udisks2.service", "reached      docker:web:/mnt/usb (slave)")
}

func TestJumps(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{NS: first}, 160, 50)
	s.press("d").wants("What receives from init.scope:/ · 2", "docker:web:/shared")
	s.press("down", "enter").wants("─ /shared ")
	s.press("u").wants("─ / ", "─ mnt:[4026531832]")
	s.press("p").wants("init.scope:/ is alone in its peer group")
	s.press("esc").wants("─ /shared ").press("esc").wants("─ mnt:[4026531832]")
	s.press("s", "vdb", "enter", "enter").wants("─ /data/資料 ")
	s.press("d").wants("sends to no slave")
}

func TestExplain(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{NS: first}, 160, 50)
	s.press("m").wants("A is marked").press("1", "j", "m").wants("B is marked")
	s.press("e").wants("Explain init.scope:/ → docker:web:/", "YES:", "Seen in mountinfo:")
	s.golden("explain-160x50")
	s.press("esc", "m", "2", "down", "e").wants("Explain init.scope:/ → docker:web:/proc", "NO:")
	s.press("esc", "1", "k", "2", "g", "m", "e").wants("Explain init.scope:/ ─")
}

func TestHolders(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{NS: first}, 160, 50)
	s.press("o").wants("a saved host cannot be asked what holds a mount")
	asked := ""
	s = openWith(t, Options{Look: l.look, Place: Place{NS: web}, Holders: func(_ context.Context, target string) (query.Holders, error) {
		asked = target
		return query.Holders{}, errors.New("find it: \agone")
	}}, 160, 50)
	s.press("down", "o").wants(`find it: \x07gone`)
	if asked != "mnt:[4026532177]:/proc" {
		t.Errorf("asked about %s", asked)
	}
	w := world.Build(fakeHost())
	proc := w.View(web, 0).Mounts[1]
	s = openWith(t, Options{Look: l.look, Place: Place{NS: web}, Holders: func(context.Context, string) (query.Holders, error) {
		target := query.TargetAt(w, asked, predict.Place{Mount: proc, Path: proc.Point})
		return query.HoldersOf(w, query.HoldersQuery{Target: target}), nil
	}}, 160, 50)
	s.press("down", "o").wants("Holders of docker:web:/proc", "target   mnt:[4026532177]:/proc", "KIND", "To be rid of it, in order:", "umount")
	s.press("esc").wants("docker:web").lacks("Holders of")
}

func TestExport(t *testing.T) {
	l := &lazy{host: fakeHost()}
	written := map[string]string{}
	s := openWith(t, Options{Look: l.look, Save: saveIn(written)}, 160, 50)
	file := filepath.Join("somewhere", "groups.dot")
	s.press("x").wants("draw the peer groups into (.svg, .dot, .mmd): groups.svg")
	s.press("ctrl+u", file, "enter").wants("drew " + file)
	if got := written[file]; len(got) < 100 {
		t.Errorf("%q", got)
	}
	s.press("x", "ctrl+u", "groups.png", "enter").wants("must end in")
	s.press("x", "esc").wants("? help")
}
