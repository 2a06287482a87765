// Package groups is the pane that shows the peer groups of the host, masters
// above the groups that receive from them.
package groups

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/mark"
	"github.com/nsview/nsview/tui/names"
	"github.com/nsview/nsview/tui/preview"
	"github.com/nsview/nsview/tui/scroll"
)

// Styles are the looks of the pane.
type Styles struct {
	Heading, Chosen, ChosenAway, Quiet ansi.Style
	States                             mark.StateStyles
	Marks                              mark.Styles
	Changes                            preview.Styles
}

// Model is the pane.
type Model struct {
	Keys   scroll.TreeKeyMap
	Styles Styles

	book   names.Book
	note   string // what there is to say in place of groups
	groups []query.GroupRow
	// preview is what would be other than it is, nil for nothing.
	preview *preview.Preview
	rows    []row
	count   int // of the groups shown
	total   int
	open    map[snapshot.GroupID]bool
	filter  string
	marks   mark.Set
	window  scroll.Window
	width   int
	focus   bool
}

// row is a group, or one of its mounts.
type row struct {
	lines  string
	group  query.GroupRow
	spaces int          // that have a member, 0 until it is drawn
	mount  *world.Mount // nil for the group itself
}

// New is an empty pane.
func New(s Styles) Model {
	return Model{Keys: scroll.NewTreeKeyMap("hide the group's mounts", "show the group's mounts"), Styles: s, open: map[snapshot.GroupID]bool{}}
}

// SetGroups shows groups as a tree; what was chosen stays so.
func (m *Model) SetGroups(b names.Book, g query.Groups) {
	was := m.at()
	m.book, m.groups, m.note, m.total = b, m.preview.Groups(g.Rows), "", count(g.Rows)
	m.sift()
	m.again(was)
}

// SetNote says something in place of groups.
func (m *Model) SetNote(text string) {
	m.groups, m.note, m.total = nil, text, 0
	m.sift()
}

// SetPreview shows, in the groups that follow, what would change.
func (m *Model) SetPreview(v *preview.Preview) { m.preview = v }

// SetMarks says which mounts stand out.
func (m *Model) SetMarks(s mark.Set) { m.marks = s }

// SetFilter shows only groups with a mount in whose mount point, source, type
// or namespace the text occurs, as a list.
func (m *Model) SetFilter(text string) {
	was := m.at()
	m.filter = strings.ToLower(text)
	m.sift()
	m.again(was)
}

// at is the chosen row, the zero row for none.
func (m *Model) at() row {
	if m.window.Cursor < len(m.rows) {
		return m.rows[m.window.Cursor]
	}
	return row{}
}

// again chooses the row of the same group or mount in the new rows.
func (m *Model) again(was row) {
	for i, r := range m.rows {
		if was.group.PeerGroup == nil || r.group.ID != was.group.ID || (r.mount == nil) != (was.mount == nil) {
			continue
		}
		if r.mount == nil || r.mount.ID == was.mount.ID {
			m.window.To(i)
			return
		}
	}
}

// Follow chooses a group by number where it is shown: that of what is chosen in
// another pane.
func (m *Model) Follow(id snapshot.GroupID) {
	if at := m.at(); at.group.PeerGroup != nil && at.group.ID == id {
		return
	}
	for i, r := range m.rows {
		if r.group.ID == id && r.mount == nil {
			m.window.To(i)
			return
		}
	}
}

// Selected are the chosen group and, when that is chosen, one of its mounts.
func (m *Model) Selected() (*world.PeerGroup, *world.Mount) {
	r := m.at()
	return r.group.PeerGroup, r.mount
}

// Counts are how many groups are shown, and how many there are.
func (m *Model) Counts() (shown, all int) { return m.count, m.total }

func count(rows []query.GroupRow) int {
	n := len(rows)
	for _, r := range rows {
		n += count(r.Under)
	}
	return n
}

// Toggle shows or hides the chosen group's mounts.
func (m *Model) Toggle() {
	if r := m.at(); r.group.PeerGroup != nil && r.mount == nil {
		m.setOpen(r.group.ID, !m.open[r.group.ID])
	}
}

func (m *Model) setOpen(id snapshot.GroupID, open bool) {
	was := m.at()
	if was.mount != nil && !open {
		was.mount = nil
	}
	m.open[id] = open
	m.sift()
	m.again(was)
}

// SetSize sets the place of the pane on the screen.
func (m *Model) SetSize(width, height int) {
	m.width = width
	m.window.Resize(len(m.rows), height-1)
}

// SetFocus says whether keys go to the pane.
func (m *Model) SetFocus(focus bool) { m.focus = focus }

// Click chooses the row at a line of the pane.
func (m *Model) Click(line int) { m.window.Click(line - 1) }

// Wheel scrolls.
func (m *Model) Wheel(rows int) { m.window.Wheel(rows) }

// Update moves the chosen row, and unfolds groups.
func (m Model) Update(msg tea.Msg) (Model, tea.Cmd) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return m, nil
	}
	r := m.at()
	switch {
	case key.Matches(press, m.Keys.Fold) && r.group.PeerGroup != nil:
		m.setOpen(r.group.ID, false)
	case key.Matches(press, m.Keys.Unfold) && r.group.PeerGroup != nil:
		m.setOpen(r.group.ID, true)
	default:
		m.window.To(m.window.Cursor + m.Keys.Step(press, m.window))
	}
	return m, nil
}
