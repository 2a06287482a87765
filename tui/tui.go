package tui

import (
	"context"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/details"
	"github.com/nsview/nsview/tui/mounts"
	"github.com/nsview/nsview/tui/scroll"
	"github.com/nsview/nsview/tui/spaces"
)

// Focus is the pane that keys go to.
type Focus int

// The panes, in the order in which Tab visits them.
const (
	OnSpaces Focus = iota
	OnMounts
	OnDetails
	panes = 3
)

// Model is the whole screen.
type Model struct {
	Keys KeyMap

	ctx        context.Context // of the program: it ends readings
	look       Look
	place      Place
	generation int // of the last reading asked for; older answers are dropped
	rereading  bool
	world      *world.World
	tables     map[uint64]table
	reading    uint64 // the namespace whose table is being read, 0 for none
	shown      uint64 // the namespace whose tree is on the screen

	spaces  spaces.Model
	mounts  mounts.Model
	details details.Model
	help    help.Model
	manual  *scroll.Window // the place in the help when it is open
	filters [panes]string
	typing  bool // keys go to the filter
	message string

	focus         Focus
	layout        Layout
	theme         Theme
	width, height int
}

// New is the screen of a host before anything is read of it.
func New(ctx context.Context, look Look, place Place) Model {
	theme := NewTheme(true)
	m := Model{
		Keys: DefaultKeyMap(), ctx: ctx, look: look, place: place, rereading: true,
		tables: map[uint64]table{}, theme: theme,
		spaces: spaces.New(theme.Spaces), mounts: mounts.New(theme.Mounts), details: details.New(theme.Details),
		help: help.New(),
	}
	if place != (Place{}) {
		m.focus = OnMounts
	}
	m.dress(theme)
	m.resize(80, 24)
	return m
}

// Init reads the namespaces, and asks the terminal for its background.
func (m Model) Init() tea.Cmd { return tea.Batch(m.readList(), tea.RequestBackgroundColor) }

// Update routes a message to whom it concerns.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.resize(msg.Width, msg.Height)
	case tea.BackgroundColorMsg:
		m.dress(NewTheme(msg.IsDark()))
	case listed:
		cmd = m.takeList(msg)
	case tabled:
		cmd = m.takeTable(msg)
	case tea.PasteMsg:
		if m.typing {
			cmd = m.setFilter(m.filters[m.focus] + msg.Content)
		}
	case tea.KeyPressMsg:
		cmd = m.press(msg)
	case tea.MouseClickMsg:
		cmd = m.click(msg.X, msg.Y)
	case tea.MouseWheelMsg:
		cmd = m.wheel(msg)
	}
	return m, cmd
}

// dress puts on a theme.
func (m *Model) dress(t Theme) {
	m.theme = t
	m.spaces.Styles, m.mounts.Styles, m.details.Styles, m.help.Styles = t.Spaces, t.Mounts, t.Details, t.Help
}

// resize gives every pane its place.
func (m *Model) resize(width, height int) {
	m.width, m.height = width, height
	m.layout = Arrange(width, height, m.focus)
	m.spaces.SetSize(m.layout.Spaces.W, m.layout.Spaces.H)
	m.mounts.SetSize(m.layout.Mounts.W, m.layout.Mounts.H)
	m.details.SetSize(m.layout.Details.W, m.layout.Details.H)
	m.spaces.SetFocus(m.focus == OnSpaces)
	m.mounts.SetFocus(m.focus == OnMounts)
	m.help.SetWidth(width - 1)
	if m.manual != nil {
		m.manual.Resize(len(m.manualLines()), height-2)
	}
}

// setFocus gives the keys to a pane; on a small screen that is the one shown.
func (m *Model) setFocus(f Focus) {
	m.focus = f
	m.resize(m.width, m.height)
	m.tell()
}

// takeList shows the namespaces read. The first time it goes to the place asked
// for, or to the reader's own.
func (m *Model) takeList(msg listed) tea.Cmd {
	if msg.generation != m.generation {
		return nil
	}
	m.rereading = false
	if msg.err != nil {
		m.message = render.Safe(msg.err.Error())
		return nil
	}
	first := m.world == nil
	m.world, m.tables = msg.world, map[uint64]table{}
	m.spaces.SetWorld(m.world)
	for _, v := range m.world.Views { // those of a saved host
		if v.PID == 0 {
			m.spaces.SetMounts(v.Table.NS.Ino, len(v.Mounts))
		}
	}
	if first {
		m.begin()
	}
	return m.follow()
}

func (m *Model) begin() {
	if p := m.world.Process(m.place.PID); p != nil && m.place.NS == 0 {
		m.place.NS = p.NS[snapshot.Mnt]
	}
	switch {
	case m.place == Place{}:
		m.spaces.Select(m.world.Reader.MNT.Ino)
	case !m.spaces.Select(m.place.NS):
		m.message = "the namespace asked for is not there any more"
	}
}

// takeTable keeps a table read, and goes on with the one wanted by now.
func (m *Model) takeTable(msg tabled) tea.Cmd {
	m.reading = 0
	if msg.generation == m.generation {
		m.tables[msg.ino] = msg.table
		if v := msg.table.view; v != nil {
			m.spaces.SetMounts(msg.ino, len(v.Mounts))
		}
	}
	return m.follow()
}

// follow shows the tree of the chosen namespace, and has it read when it is
// not there. One table is read at a time: who scrolls through a thousand
// namespaces reads those where he rests.
func (m *Model) follow() tea.Cmd {
	defer m.tell()
	n := m.spaces.Selected()
	if n == nil {
		m.shown = 0
		m.mounts.SetNote("")
		return nil
	}
	ino := n.ID.Ino
	if t, ok := m.tableOf(ino); ok {
		m.shown = ino
		if t.view == nil {
			m.mounts.SetNote(render.Safe(t.note))
		} else {
			m.mounts.SetView(t.view)
		}
		return nil
	}
	if m.shown != ino {
		m.shown = ino
		m.mounts.SetNote("reading its mount table")
	}
	if m.reading != 0 || m.rereading {
		return nil
	}
	m.reading = ino
	return m.readTable(n)
}

// tableOf is a table that was read; a saved host has all of them from the
// beginning.
func (m *Model) tableOf(ino uint64) (table, bool) {
	if t, ok := m.tables[ino]; ok {
		return t, true
	}
	pid := 0
	if ino == m.place.NS {
		pid = m.place.PID
	}
	if v := m.world.View(ino, pid); v != nil {
		m.tables[ino] = table{world: m.world, view: v}
	}
	t, ok := m.tables[ino]
	return t, ok
}

// tell has the details tell of what is chosen.
func (m *Model) tell() {
	s := details.Subject{List: m.world, NS: m.spaces.Selected()}
	if s.NS != nil {
		s.Table = m.tables[s.NS.ID.Ino].world
		if m.focus != OnSpaces {
			s.Mount = m.mounts.Selected()
		}
	}
	m.details.SetSubject(s)
}

// reread reads everything anew; what is on the screen stays until then.
func (m *Model) reread() tea.Cmd {
	m.generation++
	m.rereading, m.message = true, ""
	return m.readList()
}
