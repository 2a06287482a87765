package tui

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/inspect/world"
)

// foretell predicts on a host in memory; of paths it knows nothing, and of
// TARGETs the container.
func foretell(host *snapshot.Snapshot) Foresee {
	return func(_ context.Context, from *snapshot.Snapshot, by Place, asks []predict.Ask) (query.Prediction, error) {
		if from == nil {
			from = host
		}
		w := world.Build(from)
		s := predict.New(w, predict.Rules{})
		actors := map[string]predict.Actor{}
		for _, name := range []string{"", strconv.Itoa(web)} {
			ns := by.NS
			if name != "" {
				ns = web
			}
			actor, err := s.EnterNamespace(predict.ID(ns))
			if err != nil {
				return query.Prediction{}, err
			}
			actors[name] = actor
		}
		return query.Predict(w, s, asks, func(i int) (predict.Result, error) {
			op := asks[i].Op
			op.By = actors[asks[i].Target]
			return s.Apply(op), nil
		})
	}
}

// withPeers is the fake host with a directory of the container that shows what is
// mounted on the first namespace's root.
func withPeers() *snapshot.Snapshot {
	h := fakeHost()
	h.Tables[1].Mounts[2].Dev = h.Tables[0].Mounts[0].Dev
	return h
}

func openForetold(t *testing.T, o Options, width, height int) *screen {
	t.Helper()
	l := &lazy{host: withPeers()}
	if o.Recording == nil {
		o.Look = l.look
	}
	o.Foresee = foretell(withPeers())
	return openWith(t, o, width, height)
}

// A mount that would travel is shown where it would arrive, and Esc ends it.
func TestPreview(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {160, 50}} {
		name := func(what string) string { return what + "-" + sizeName(size.w, size.h) }
		s := openForetold(t, Options{Place: Place{NS: first}}, size.w, size.h)
		s.press("P").wants("if in init.scope: unshare")
		s.press("ctrl+u", "mount tmpfs /mnt").golden(name("ask"))
		s.press("enter").wants("if: mount tmpfs /mnt", "IF: ok", "+ └─mnt", "+1").golden(name("if-mount"))
		s.press("1", "j").wants("docker:web", "+ │ └─mnt").golden(name("if-received"))
		s.press(".").wants("─ /mnt ", "· mnt:[4026531832").press(".").wants("─ /shared/mnt ", "· mnt:[4026532177")
		s.press("2", "/", "mnt", "enter", "4").wants("if so", "it is new, as slave", "its parent receives from group 1")
		if s.press("3", "end"); size.w == 160 { // where details stand beside the groups
			s.wants("─ Peer group -2 ", "-2: what is mounted")
		}
		s.press("esc").wants("? help").lacks("if: ", "IF", "+1")
	}
}

// What would go stays in its place, marked.
func TestPreviewGone(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {160, 50}} {
		s := openForetold(t, Options{Place: Place{NS: first}}, size.w, size.h)
		s.press("down", "down", "P").wants("if in init.scope: umount /sys").press("enter")
		s.wants("Prediction", "umount /sys would fail: EBUSY", "has-submounts").press("esc").lacks("if: ")
		s.press("P", "down", "enter").wants("if: umount -l /sys", "- ├─sys (gone)", "- │ └─fs/cgroup (gone)", "-2")
		s.golden("if-umount-" + sizeName(size.w, size.h))
		s.press("4").wants("if so        it is gone", "why          asked for")
		s.press("v").wants("umount -l /sys would succeed", "detach").press("esc").wants("IF: ok")
		s.press("n").lacks("(gone)", "IF:")
	}
}

func TestPreviewChanges(t *testing.T) {
	s := openForetold(t, Options{Place: Place{NS: first}}, 160, 50)
	ask := func(line string) *screen { return s.press("P", "ctrl+u", line, "enter") }
	ask("make-rprivate /").wants("~ /", "~ ├─proc", "~4", "IF: ok · +0 -0 ~6 in 2 namespaces")
	ask("move /proc /mnt").wants("would fail: EINVAL", "parent-shared")
	s.press("esc")
	ask("umount /nowhere; mount tmpfs /mnt").wants("1. umount /nowhere would fail", "2. mount tmpfs /mnt would succeed")
	s.press("esc").wants("IF: ", "in step 1", "└─mnt").press("esc")
	ask("mount tmpfs /run/keep").wants("↧ └─run/keep (hidden)", "+   └─/run/keep")
	s.press("esc")
	ask("mount tmpfs /sys/fs").wants("↧", "fs/cgroup (hidden)").press("esc").lacks("↧")
	ask("@4026532177 mount tmpfs /shared/mnt; mount tmpfs /mnt").wants("IF: ok · +3 -0 ~0 in 2 namespaces")
	s.press("1", "j").wants("+ │ └─mnt (beneath)", "+ │   └─/shared/mnt").press("k", "2", "esc")
	ask("unshare").wants("would be new · 1", "-1 ", "not yet made", "+5")
	s.press("1", "j").wants("─ if: unshare · mnt:[-1] · 5 mounts")
	ask("unshare; mount tmpfs /mnt").wants("+6")
	s.press("esc").lacks("not yet made").wants("Namespaces · 3")
	s.wants("─ mnt:[4026531832]").press("2")
	ask("mount tmpfs").wants(`column 12 of "mount tmpfs": too few words: mount TYPE DST`)
	s.press("P").wants("if in init.scope: mount tmpfs").press(" /mnt", "enter").wants("+ └─mnt")
	s.press("P").wants("if in init.scope: mount tmpfs /mnt").press("esc").wants("IF: ")
	s.press("o").wants("the host cannot be asked").press("r").wants("this is a prediction")
}

func TestPreviewCompletes(t *testing.T) {
	s := openForetold(t, Options{Place: Place{NS: first}}, 160, 50)
	s.press("P", "ctrl+u", "umo", "tab").wants("scope: umount")
	s.press("/s", "tab").wants("umount /sys").press("tab").wants("umount /sys/fs/cgroup").press("tab").wants("scope: umount /sys")
	s.press("; un", "tab").wants("umount /sys; unshare").press("esc")
	s.press("P", "down").wants("make-rprivate /").press("up", "up").wants("remount ro /").press("esc")
	s.press("v").wants("nothing is predicted")
	openWith(t, Options{Look: (&lazy{host: fakeHost()}).look}, 160, 50).press("P").wants("nothing can be predicted here")
}

func TestPreviewFails(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := openWith(t, Options{Look: l.look, Foresee: func(context.Context, *snapshot.Snapshot, Place, []predict.Ask) (query.Prediction, error) {
		return query.Prediction{}, errors.New("find x: \x1bgone")
	}}, 160, 50)
	s.press("P", "enter").wants(`find x: \x1bgone`).lacks("predicting")
}

// What happens while a prediction is shown is seen after it, and the past has a
// future too.
func TestPreviewLive(t *testing.T) {
	mounted, gone := usb()
	f := &followed{first: fakeHost()}
	s := openForetold(t, Options{Place: Place{NS: first}, Watch: func(context.Context) (Watcher, error) { return f, nil }}, 160, 50)
	s.press("P", "ctrl+u", "umount -l /sys", "enter").wants("sys (gone)")
	s.happen(f, mounted).wants("Propagations · 1", "sys (gone)").lacks("─mnt/usb")
	s.press("esc").wants("─mnt/usb", "live").lacks("gone")
	s.press("space", "P", "ctrl+u", "umount -l /sys", "enter").happen(f, gone).wants("sys (gone)", "1 held back")
	s.press("esc").wants("─mnt/usb", "paused").lacks("gone").press("space").lacks("─mnt/usb")
	s.press("5", "[", "2").wants("─mnt/usb", "PAST · after event 1 of 2")
	s.press("P", "ctrl+u", "umount /mnt/usb", "enter").wants("mnt/usb (gone)", "-1", "IF: ok")
	s.press("esc").wants("─mnt/usb", "PAST · after event 1 of 2").press("n").wants("live")
	s.press("P", "ctrl+u", "umount -l /sys", "enter", "[").wants("PAST").lacks("(gone)", "IF:")
}

func TestPreviewOfARecording(t *testing.T) {
	mounted, _ := usb()
	rec := watch.NewRecording(fakeHost())
	rec.Add(mounted)
	s := openForetold(t, Options{Recording: rec}, 160, 50)
	s.press("P", "ctrl+u", "umount /mnt/usb", "enter").wants("mnt/usb (gone)", "IF: ok · +0 -1 ~1 in 2 namespaces")
	s.press("esc").wants("recording").lacks("(gone)")
}

// What moves is shown where it would be, and marked where it is.
func TestPreviewMoves(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {160, 50}} {
		s := openForetold(t, Options{Place: Place{NS: first}}, size.w, size.h)
		s.press("P", "ctrl+u", "make-rprivate /; move /sys /mnt", "enter")
		s.golden("if-move-" + sizeName(size.w, size.h))
		s.press("g", ".", ".").wants("─ /sys").press("4").wants("it moves: /sys -> /mnt").press("2")
		s.press(".").wants("─ /mnt").press("left").wants("~ ├─mnt [+1]").lacks("fs/cgroup  ")
		s.press("right", "right", "left").wants("─ /mnt", "└─fs/cgroup")
		s.press("/", "sys", "enter").wants("- /sys (moved)", "~ /mnt")
	}
}

// What goes can be folded as what stays.
func TestPreviewFoldsWhatGoes(t *testing.T) {
	s := openForetold(t, Options{Place: Place{NS: first}}, 160, 50)
	s.press("P", "ctrl+u", "umount -l /sys", "enter").wants("─ /sys ")
	s.press("left").wants("- ├─sys (gone) [+1]").lacks("fs/cgroup (gone)").press("right", "right").wants("─ /sys/fs/cgroup")
}

// Peer groups show what joins them, what leaves them, and which come and go.
func TestPreviewGroups(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {160, 50}} {
		s := openForetold(t, Options{Place: Place{NS: first}}, size.w, size.h)
		s.press("P", "ctrl+u", "mount tmpfs /mnt; make-private /proc", "enter", "3", "g", "right")
		s.golden("if-groups-" + sizeName(size.w, size.h))
		s.press("G", "right", "j").wants("- ⇄ 2 ", "-   ⇄ init.scope:/proc").press("esc").lacks("⇄ -1", "- ⇄ 2")
	}
	s := openForetold(t, Options{Place: Place{NS: first}}, 160, 50)
	ask := func(line string) *screen { return s.press("P", "ctrl+u", line, "enter", "3", "g") }
	ask("@4026532177 make-private /").wants("~ ⇄ 1 ", "if so        mounts: 1 gone").press("right").wants("-   ↓ docker:web:/")
	ask("make-rprivate /").wants("~ ⇄ 9 ", "- ⇄ 1 ", "Peer groups · 1 ", "if so        its master changes")
	s.press("j").wants("if so        it is gone")
	ask("mount tmpfs /mnt").press("G").wants("+ └─⇅ -2 ", "if so        it is new")
}
