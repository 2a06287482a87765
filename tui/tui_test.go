package tui

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

var update = flag.Bool("update", false, "rewrite the golden screens")

// fakeHost is a host of three namespaces: the first, a container with an
// overlay and a mount hidden by another, and one that is kept by a file.
func fakeHost() *snapshot.Snapshot {
	const first, container, kept = 4026531832, 4026532177, 4026532999
	process := func(pid int, ns uint64, command, cgroup string) snapshot.Process {
		return snapshot.Process{
			PID: pid, NS: [snapshot.NumTypes]uint64{snapshot.Mnt: ns},
			Read: snapshot.AllFields, Cmdline: command, Cgroup: cgroup, Root: "/",
		}
	}
	mount := func(id, parent snapshot.MountID, point, fstype, source string) snapshot.Mount {
		return snapshot.Mount{
			ID: id, Parent: parent, Point: point, Root: "/", FSType: fstype, Source: source,
			VFSOptions: "rw,relatime", FSOptions: "rw", Dev: snapshot.Dev{Minor: uint32(id)},
		}
	}
	shared := func(m snapshot.Mount, group, master snapshot.GroupID) snapshot.Mount {
		m.PeerGroup, m.Master = group, master
		return m
	}
	overlay := shared(mount(51, 40, "/", "overlay", "overlay"), 0, 1)
	overlay.FSOptions = `rw,lowerdir=/layers/base:/layers/app,upperdir=/layers/up,workdir=/layers/work`
	mapped := mount(54, 51, "/data/資料", "ext4", "/dev/vdb")
	mapped.UIDMap, mapped.GIDMap = []string{"0 100000 65536"}, []string{"0 100000 65536"}
	mapped.Root = "/volumes/data"
	hidden, over := mount(55, 51, "/opt", "tmpfs", "below"), mount(56, 51, "/opt", "tmpfs", "above")
	over.Unbindable = true
	docker := "0::/system.slice/docker-" + strings.Repeat("ba54f3f7", 8) + ".scope\n"
	count := 3
	return &snapshot.Snapshot{
		Version: snapshot.FormatVersion,
		Reader:  snapshot.Reader{PID: 900, MNT: snapshot.NSID{Ino: first}},
		Users:   map[uint32]string{0: "root"},
		Namespaces: []snapshot.Namespace{
			{ID: snapshot.NSID{Ino: first}, Type: snapshot.Mnt, UniqueID: 4},
			{ID: snapshot.NSID{Ino: container}, Type: snapshot.Mnt, UniqueID: 4105},
			{ID: snapshot.NSID{Ino: kept}, Type: snapshot.Mnt, NrMounts: &count, Holds: []snapshot.Hold{
				{Kind: snapshot.HoldBind, Path: "/run/keep/it", In: snapshot.NSID{Ino: first}},
			}},
		},
		Processes: []snapshot.Process{
			process(1, first, "/sbin/init", "0::/init.scope\n"),
			process(812, first, "/usr/sbin/chronyd -F 1", "0::/system.slice/chronyd.service\n"),
			process(4711, container, "nginx: master process", docker),
			process(4712, container, "nginx: worker process", docker),
		},
		Containers: []snapshot.Container{{Engine: "docker", ID: strings.Repeat("ba54f3f7", 8), Name: "web"}},
		Tables: []snapshot.Table{
			{NS: snapshot.NSID{Ino: first}, Via: "mountinfo", Whole: true, Mounts: []snapshot.Mount{
				shared(mount(21, 1, "/", "ext4", "/dev/vda1"), 1, 0),
				shared(mount(22, 21, "/proc", "proc", "proc"), 2, 0),
				shared(mount(23, 21, "/sys", "sysfs", "sysfs"), 3, 0),
				shared(mount(24, 23, "/sys/fs/cgroup", "cgroup2", "cgroup2"), 4, 0),
				mount(25, 21, "/run/keep", "tmpfs", "keep"),
			}},
			{NS: snapshot.NSID{Ino: container}, Via: "mountinfo", Whole: true, Mounts: []snapshot.Mount{
				overlay, mount(52, 51, "/proc", "proc", "proc"), shared(mount(53, 51, "/shared", "ext4", "/dev/vda1"), 9, 1), mapped, hidden, over,
			}},
		},
		Gaps: []snapshot.Gap{{Subject: "pid 77", Op: "read namespace links", Error: "permission denied"}},
	}
}

// lazy is a Look that gives the tables asked for and no others, and counts.
type lazy struct {
	host  *snapshot.Snapshot
	calls []string
	fail  error
}

func (l *lazy) look(_ context.Context, want snapshot.Want) (*world.World, error) {
	l.calls = append(l.calls, fmt.Sprint(want.Tables.NS, want.Tables.PIDs))
	if l.fail != nil {
		return nil, l.fail
	}
	s := *l.host
	s.Tables = nil
	for _, t := range l.host.Tables {
		if slices.Contains(want.Tables.NS, t.NS.Ino) || slices.Contains(want.Tables.PIDs, t.PID) && t.PID != 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	return world.Build(&s), nil
}

// screen is a model with its commands done at once, one after another.
type screen struct {
	t *testing.T
	m tea.Model
}

func open(t *testing.T, look Look, place Place, width, height int) *screen {
	t.Helper()
	m := New(t.Context(), look, place)
	s := &screen{t, m}
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	s.do(m.readList())
	return s
}

func (s *screen) send(msg tea.Msg) {
	var cmd tea.Cmd
	s.m, cmd = s.m.Update(msg)
	s.do(cmd)
}

func (s *screen) do(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			s.do(c)
		}
	case nil:
	default:
		s.send(msg)
	}
}

var named = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "down": {Code: tea.KeyDown},
	"up": {Code: tea.KeyUp}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight}, "end": {Code: tea.KeyEnd},
	"pgdown": {Code: tea.KeyPgDown}, "backspace": {Code: tea.KeyBackspace},
	"ctrl+u": {Code: 'u', Mod: tea.ModCtrl}, "ctrl+w": {Code: 'w', Mod: tea.ModCtrl},
}

// press presses keys: names of keys, or texts that are typed.
func (s *screen) press(keys ...string) *screen {
	for _, k := range keys {
		if msg, ok := named[k]; ok {
			s.send(msg)
			continue
		}
		for _, r := range k {
			s.send(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	return s
}

func (s *screen) styled() string { return s.m.View().Content }

// text is the screen without colours and without blanks at the ends.
func (s *screen) text() string {
	lines := strings.Split(ansi.Strip(s.styled()), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (s *screen) golden(name string) {
	s.t.Helper()
	file := filepath.Join("testdata", name+".txt")
	got := s.text()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		s.t.Errorf("%s (-update rewrites it):\n%s", file, d)
	}
}

func (s *screen) wants(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if !strings.Contains(s.text(), text) {
			s.t.Errorf("%q is not on the screen:\n%s", text, s.text())
		}
	}
}

func TestScreens(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {160, 50}} {
		l := &lazy{host: fakeHost()}
		s := open(t, l.look, Place{}, size.w, size.h)
		name := func(what string) string { return fmt.Sprintf("%s-%dx%d", what, size.w, size.h) }
		s.golden(name("start"))
		s.press("j", "enter").golden(name("container"))
		s.press("?").golden(name("help"))
		s.press("esc", "esc", "j").golden(name("kept"))
		s.press("k", "tab", "down", "down", "down", "tab").golden(name("idmap"))
	}
}

// The namespaces are read first, each table when it is chosen, and no table
// twice.
func TestTablesAreReadWhenChosen(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{}, 80, 24)
	s.press("j", "k", "j", "k")
	want := []string{"[] []", "[4026531832] []", "[4026532177] []"}
	if d := cmp.Diff(want, l.calls); d != "" {
		t.Error(d)
	}
	s.press("r")
	if d := cmp.Diff(append(want, "[] []", "[4026531832] []"), l.calls); d != "" {
		t.Error(d)
	}
}

func TestPlaceOfAProcess(t *testing.T) {
	h := fakeHost()
	own := h.Tables[1]
	own.PID, own.Root, own.Mounts = 4712, "/jail", own.Mounts[:2]
	h.Tables = append(h.Tables, own)
	l := &lazy{host: h}
	s := open(t, l.look, Place{NS: own.NS.Ino, PID: 4712}, 160, 50)
	s.wants("as process 4712 sees it · 2 mounts", "upper layer", "docker:web")
	open(t, l.look, Place{NS: 77}, 80, 24).wants("is not there any more")
}

// A saved host has its tables from the beginning: nothing more is read.
func TestSavedHost(t *testing.T) {
	calls := 0
	w := world.Build(fakeHost())
	s := open(t, func(context.Context, snapshot.Want) (*world.World, error) { calls++; return w, nil }, Place{}, 80, 24)
	s.press("j").wants("· 6 mounts · 1 hidden")
	if calls != 1 {
		t.Errorf("read %d times", calls)
	}
	s.press("j").wants("or it", "is gone")
}

func TestFilter(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{}, 80, 24)
	s.press("/", "WEB").wants("filter: WEB", "Namespaces /WEB · 1 of 3 · inco", "docker:web", "─ mnt:[4026532177]")
	s.press("enter", "enter", "/", "TMPFSX", "backspace").wants(" /TMPFS · 2 of 6 mounts", "/opt (hidden)")
	s.press("esc").wants("] · 6 mounts · 1 hidden ", "Namespaces /WEB · 1 of 3")
	s.press("/", "資", "enter").wants("/資 · 1 of 6 mounts", "/data/資料")
	s.press("esc", "esc", "esc").wants("Namespaces · 3 ")
	s.press("/", "no such").wants("Namespaces /no such · 0 of 3", "Mounts ─")
	s.press("ctrl+w").wants("filter: no")
	s.press("ctrl+u").wants("Namespaces · 3 ")
	s.press("backspace").wants("? help")
}

func TestTreeFolds(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{NS: 4026531832}, 100, 30)
	s.press("down", "down", "left").wants("sys [+1]")
	s.press("left").wants("─ / ")
	s.press("left").wants("/ [+4]")
	s.press("r").wants("/ [+4]") // and stays folded
	s.press("right", "right").wants("├─proc", "─ /proc ")
	s.press("down", "right", "right").wants("─ /sys/fs/cgroup ")
}

func TestMouse(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{}, 80, 24)
	s.send(tea.MouseClickMsg{X: 3, Y: 3, Button: tea.MouseLeft})
	s.wants("─ mnt:[4026532177]")
	s.send(tea.MouseClickMsg{X: 50, Y: 4, Button: tea.MouseLeft})
	s.wants("─ /shared ")
	s.send(tea.MouseWheelMsg{X: 50, Y: 20, Button: tea.MouseWheelDown})
	s.wants("it receives from group 1")
	s.send(tea.MouseWheelMsg{X: 50, Y: 4, Button: tea.MouseWheelUp})
	s.send(tea.MouseWheelMsg{X: 5, Y: 4, Button: tea.MouseWheelDown})
}

func TestErrorsAreShown(t *testing.T) {
	l := &lazy{host: fakeHost(), fail: errors.New("look at \x1b[31m/proc: gone")}
	s := open(t, l.look, Place{}, 80, 24)
	s.wants(`look at \x1b[31m/proc: gone`)
	l.fail = nil
	s.press("r").wants("Namespaces · 3", "docker:web")
	l.fail = errors.New("no more")
	s.press("j").wants(" no more")
}

// No byte of the host may steer the terminal, whatever it is called.
func TestHostileNames(t *testing.T) {
	h := fakeHost()
	evil := "/a\x1b]0;pwned\a\x1b[2J\r\n\u202e\xff\u200b" + strings.Repeat("é資👩‍👩‍👧", 9)
	for i := range h.Tables {
		for j := range h.Tables[i].Mounts {
			x := &h.Tables[i].Mounts[j]
			x.Point, x.Source, x.FSType, x.Root, x.VFSOptions, x.FSOptions = evil+x.Point, evil, evil, evil, evil, "lowerdir="+evil
			x.Tags, x.UIDMap = []string{evil}, []string{evil}
		}
	}
	for i := range h.Processes {
		h.Processes[i].Cmdline, h.Processes[i].Cgroup = evil, "0::/system.slice/"+evil+".service\n"
	}
	h.Gaps[0].Error, h.Users[0] = evil, evil
	h.Namespaces[2].Holds[0].Path = evil
	l := &lazy{host: h}
	for _, size := range [][2]int{{80, 24}, {160, 50}, {20, 5}, {30, 18}} {
		s := open(t, l.look, Place{}, size[0], size[1])
		for _, k := range []string{"", "j", "tab", "down", "tab", "pgdown", "/", evil, "enter", "r"} {
			s.press(k)
			harmless(t, s.styled(), size[0], size[1])
		}
	}
}

// harmless: nothing but colours and text, no line too wide, none too many.
func harmless(t *testing.T, styled string, width, height int) {
	t.Helper()
	lines := strings.Split(styled, "\n")
	if len(lines) > height {
		t.Errorf("%d lines on a screen of %d", len(lines), height)
	}
	for _, l := range lines {
		if w := ansi.StringWidthWc(l); w > width {
			t.Errorf("a line of %d columns on a screen of %d: %q", w, width, l)
		}
		for part := range strings.SplitSeq(l, "\x1b") {
			if i := strings.IndexFunc(part, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x202e || r == 0xfffd }); i >= 0 {
				t.Errorf("a control character in %q", part)
			}
		}
		for _, esc := range strings.Split(l, "\x1b")[1:] {
			if end := strings.IndexAny(esc, "mJHK]"); end < 0 || esc[end] != 'm' {
				t.Errorf("an escape sequence that is no colour in %q", l)
			}
		}
	}
}

func TestAnySizeIsDrawn(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{}, 80, 24)
	for _, keys := range []string{"", "tab", "tab", "?"} {
		s.press(keys)
		for w := range 90 {
			for _, h := range []int{0, 1, 2, 3, 5, 8, 13, 14, 15, 24, 60} {
				s.send(tea.WindowSizeMsg{Width: w, Height: h})
				harmless(t, s.styled(), w, max(h, 1))
			}
		}
	}
	s.press("?")
	s.send(tea.WindowSizeMsg{Width: 20, Height: 5})
	s.golden("small-20x5")
}

func TestThemes(t *testing.T) {
	l := &lazy{host: fakeHost()}
	s := open(t, l.look, Place{NS: 4026532177}, 100, 30)
	dark := s.styled()
	m := s.m.(Model)
	m.dress(NewTheme(false))
	if light := m.View().Content; light == dark || ansi.Strip(light) != ansi.Strip(dark) {
		t.Error("a light background changes nothing, or more than colours")
	}
	for l := range strings.Lines(dark) {
		if strings.Contains(l, "(hidden)") && !strings.Contains(l, "\x1b[2;3m") {
			t.Errorf("a hidden mount is not dimmed: %q", l)
		}
	}
	if strings.Contains(dark, "38;5;") || strings.Contains(dark, "38;2;") {
		t.Error("a colour outside of the sixteen")
	}
}

// Fifty thousand mounts scroll by drawing what is visible only.
func TestLargeTable(t *testing.T) {
	h := fakeHost()
	root := h.Tables[0].Mounts[0]
	for i := range 50_000 {
		x := root
		x.ID, x.Parent, x.Point = snapshot.MountID(1000+i), 21, fmt.Sprintf("/mnt/%05d", i)
		h.Tables[0].Mounts = append(h.Tables[0].Mounts, x)
	}
	l := &lazy{host: h}
	s := open(t, l.look, Place{NS: 4026531832}, 160, 50)
	s.press("end").wants("mnt/49999")
	allocs := testing.AllocsPerRun(20, func() {
		s.press("k")
		_ = s.styled()
	})
	if allocs > 5000 {
		t.Errorf("%v allocations for a key in a table of 50,000 mounts", allocs)
	}
}

func BenchmarkKeyIn50000(b *testing.B) {
	h := fakeHost()
	for i := range 50_000 {
		x := h.Tables[0].Mounts[0]
		x.ID, x.Parent, x.Point = snapshot.MountID(1000+i), 21, fmt.Sprintf("/mnt/%05d", i)
		h.Tables[0].Mounts = append(h.Tables[0].Mounts, x)
	}
	w := world.Build(h)
	var m tea.Model = New(context.Background(), nil, Place{NS: 4026531832})
	m, _ = m.Update(listed{world: w})
	m, _ = m.Update(tea.WindowSizeMsg{Width: 160, Height: 52})
	for b.Loop() {
		m, _ = m.Update(named["down"])
		_ = m.View()
	}
}
