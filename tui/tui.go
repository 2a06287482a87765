package tui

import (
	"context"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/choice"
	"github.com/nsview/nsview/tui/details"
	"github.com/nsview/nsview/tui/events"
	"github.com/nsview/nsview/tui/groups"
	"github.com/nsview/nsview/tui/mounts"
	"github.com/nsview/nsview/tui/names"
	"github.com/nsview/nsview/tui/pager"
	"github.com/nsview/nsview/tui/prompt"
	"github.com/nsview/nsview/tui/spaces"
)

// Focus is the pane that keys go to.
type Focus int

// The panes, in the order in which Tab visits them.
const (
	OnSpaces Focus = iota
	OnMounts
	OnGroups
	OnDetails
	OnEvents
	panes = 5
)

// Model is the whole screen.
type Model struct {
	Keys KeyMap

	ctx        context.Context // of the program: it ends readings
	options    Options
	place      Place
	generation int // of the last tables asked for; older answers are dropped
	listing    int // of the last list asked for

	list   *world.World      // the namespaces and processes as last read
	world  *world.World      // what is shown: its tables, at now or a moment of the past
	groups query.Groups      // of world
	whole  bool              // the tables of world were read
	book   names.Book        // what namespaces are called
	known  map[uint64]string // what namespaces were called that may be gone
	live   *live             // nil when nothing is followed
	moment uint64            // the event up to which the host is shown, or now
	held   []watch.Event     // that came while the list was paused
	paused bool
	busy   string // what is going on, "" for nothing

	whatIf

	linked *world.Mount // whose links are kept
	links  *details.Links

	spaces  spaces.Model
	mounts  mounts.Model
	peers   groups.Model
	details details.Model
	events  events.Model
	help    help.Model

	pager   *pager.Model  // a text over the screen, nil for none
	choice  *choice.Model // a list over the screen, nil for none
	prompt  *prompt.Model // a question on the last line, nil for none
	asked   question      // what is done with its answer
	filters [panes]string
	from    *spot // the places that were marked
	to      *spot
	trail   []station // where jumps came from
	message string

	focus, lower  Focus // lower is the one of the lower panes that had the keys last
	layout        Layout
	theme         Theme
	width, height int
}

// New is the screen of a host before anything is read of it.
func New(ctx context.Context, o Options) Model {
	theme := NewTheme(true)
	m := Model{
		Keys: DefaultKeyMap(), ctx: ctx, options: o, place: o.Place, theme: theme, lower: OnDetails, moment: now, busy: "reading the host", known: map[uint64]string{},
		spaces: spaces.New(theme.Spaces), mounts: mounts.New(theme.Mounts), peers: groups.New(theme.Groups),
		details: details.New(theme.Details), events: events.New(theme.Events), help: help.New(),
	}
	if o.Recording != nil {
		m.live = &live{rec: o.Recording}
		m.events.Add(o.Recording.Events())
	}
	m.events.SetMoment(now)
	m.events.SetNote(quietText(o))
	m.message = render.Safe(o.Note)
	m.peers.SetNote("reading the mount tables")
	if o.Place != (Place{}) {
		m.focus = OnMounts
	}
	m.dress(theme)
	m.resize(80, 24)
	return m
}

// Init reads the host, and asks the terminal for its background.
func (m Model) Init() tea.Cmd { return tea.Batch(m.begin(), tea.RequestBackgroundColor) }

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
		cmd = m.takeTables(msg)
	case watching:
		cmd = m.takeWatch(msg)
	case happened:
		cmd = m.takeEvents(msg)
	case answered:
		m.takeAnswer(msg)
	case foreseen:
		m.takeForeseen(msg)
	case started:
		m.takeStarted(msg)
	case tea.PasteMsg:
		if m.prompt != nil {
			m.prompt.Paste(msg.Content)
			cmd = m.typing()
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
	m.spaces.Styles, m.mounts.Styles, m.peers.Styles = t.Spaces, t.Mounts, t.Groups
	m.details.Styles, m.events.Styles, m.help.Styles = t.Details, t.Events, t.Help
}

// resize gives every pane its place.
func (m *Model) resize(width, height int) {
	m.width, m.height = width, height
	m.layout = Arrange(width, height, m.focus, m.lower)
	size := func(f Focus, set func(width, height int)) { set(m.layout.Panes[f].W, m.layout.Panes[f].H) }
	size(OnSpaces, m.spaces.SetSize)
	size(OnMounts, m.mounts.SetSize)
	size(OnGroups, m.peers.SetSize)
	size(OnDetails, m.details.SetSize)
	size(OnEvents, m.events.SetSize)
	m.spaces.SetFocus(m.focus == OnSpaces)
	m.mounts.SetFocus(m.focus == OnMounts)
	m.peers.SetFocus(m.focus == OnGroups)
	m.events.SetFocus(m.focus == OnEvents)
	m.help.SetWidth(width - 1)
	body := max(m.layout.Footer.Y-1, 0)
	if m.pager != nil {
		m.pager.SetSize(width, body)
	}
	if m.choice != nil {
		m.choice.SetSize(width, body)
	}
	if m.prompt != nil {
		m.prompt.SetWidth(width)
	}
}

// setFocus gives the keys to a pane, which is shown for it.
func (m *Model) setFocus(f Focus) {
	m.focus = f
	if f >= OnGroups {
		m.lower = f
	}
	m.resize(m.width, m.height)
	m.tell()
}
