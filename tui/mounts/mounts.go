// Package mounts is the pane that shows the mount tree of one namespace.
package mounts

import (
	"cmp"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/mark"
	"github.com/nsview/nsview/tui/names"
	"github.com/nsview/nsview/tui/preview"
	"github.com/nsview/nsview/tui/scroll"
)

// Styles are the looks of the pane.
type Styles struct {
	Heading, Chosen, ChosenAway, Quiet, Hidden ansi.Style
	States                                     mark.StateStyles
	Marks                                      mark.Styles
	Changes                                    preview.Styles
}

// Model is the pane.
type Model struct {
	Keys   scroll.TreeKeyMap
	Styles Styles

	view *world.View
	// preview is what would be other than it is, nil for nothing.
	preview *preview.Preview
	note    string // what there is to say when there is no view
	rows    []row
	hidden  int
	folded  map[snapshot.MountID]bool
	filter  string

	window              scroll.Window
	width               int
	marks               mark.Set
	propagation, fstype int // widths of the widest cells
	most                int // peers that a mount has
	focus               bool
}

// New is an empty pane.
func New(s Styles) Model {
	return Model{Keys: scroll.NewTreeKeyMap("fold, or go to the parent", "unfold, or go to the first child"), Styles: s, folded: map[snapshot.MountID]bool{}}
}

// SetView shows a tree. The same mount stays chosen when the view is a newer
// one of the same namespace.
func (m *Model) SetView(v *world.View) {
	if v == m.view && m.note == "" {
		return
	}
	same := m.view != nil && m.view.Table.NS.Ino == v.Table.NS.Ino
	if !same {
		m.folded, m.window.Cursor, m.window.Top = map[snapshot.MountID]bool{}, 0, 0
	}
	was := m.Selected()
	m.view, m.note = v, ""
	m.measure()
	m.sift()
	switch {
	case same && was != nil:
		m.Select(was.ID)
	case !same:
		m.ToChange(0)
	}
}

// ToChange chooses the next mount that a preview is about, from a row on, and
// says whether there is one.
func (m *Model) ToChange(from int) bool {
	if m.preview == nil {
		return false
	}
	for i := from; i < len(m.rows); i++ {
		if m.preview.KindOf(m.rows[i].mount) != preview.Same {
			m.window.To(i)
			return true
		}
	}
	return false
}

// Cursor is the row that is chosen.
func (m *Model) Cursor() int { return m.window.Cursor }

// SetPreview shows, in the views that follow, what would change.
func (m *Model) SetPreview(v *preview.Preview) { m.preview = v }

// SetMarks says which mounts stand out.
func (m *Model) SetMarks(s mark.Set) { m.marks = s }

// Shown is the view whose tree is shown, nil for a note.
func (m *Model) Shown() *world.View { return m.view }

// SetNote says something in place of a tree.
func (m *Model) SetNote(text string) {
	m.view, m.note, m.rows, m.hidden = nil, text, nil, 0
	m.window.Resize(0, m.window.Height)
}

// SetFilter shows only mounts in whose mount point, source, type or
// propagation the text occurs, as a list.
func (m *Model) SetFilter(text string) {
	was := m.Selected()
	m.filter = strings.ToLower(text)
	m.sift()
	if was != nil {
		m.Select(was.ID)
	}
}

// sift makes the rows anew.
func (m *Model) sift() {
	m.rows = m.rows[:0:0]
	switch {
	case m.view == nil:
	case m.filter != "":
		for _, x := range slices.Concat(m.view.Mounts, m.preview.Gone(m.view.Table.NS.Ino)) {
			if names.Match(m.filter, x.Point, x.Source, x.FSType, x.Propagation()) {
				m.rows = append(m.rows, row{mount: x})
			}
		}
	default:
		m.rows = make([]row, 0, len(m.view.Mounts))
		m.grow(m.preview.Roots(m.view), "", 0)
	}
	m.window.Resize(len(m.rows), m.window.Height)
}

// Select chooses a mount by its 32-bit id, unfolding what is above it, and says
// whether it is there.
func (m *Model) Select(id snapshot.MountID) bool {
	if m.view == nil {
		return false
	}
	x := cmp.Or(m.view.ByID(id), m.preview.Find(m.view.Table.NS.Ino, id))
	if x == nil {
		return false
	}
	for up := x.Parent; up != nil; up = up.Parent {
		if m.folded[up.ID] && m.filter == "" {
			delete(m.folded, up.ID)
			m.sift()
		}
	}
	for i := range m.rows {
		if m.rows[i].mount == x {
			m.window.To(i)
			return true
		}
	}
	return false
}

// Selected is the chosen mount, nil when there is none.
func (m *Model) Selected() *world.Mount {
	if m.window.Cursor >= len(m.rows) {
		return nil
	}
	return m.rows[m.window.Cursor].mount
}

// Counts are how many mounts are shown, there, and hidden by others.
func (m *Model) Counts() (shown, all, hidden int) {
	if m.view == nil {
		return 0, 0, 0
	}
	return len(m.rows), len(m.view.Mounts), m.hidden
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

// Update moves the chosen row, and folds.
func (m Model) Update(msg tea.Msg) (Model, tea.Cmd) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return m, nil
	}
	switch {
	case key.Matches(press, m.Keys.Fold):
		m.fold()
	case key.Matches(press, m.Keys.Unfold):
		m.unfold()
	default:
		m.window.To(m.window.Cursor + m.Keys.Step(press, m.window))
	}
	return m, nil
}
