// Package spaces is the pane that lists the mount namespaces, grouped by whose
// they are.
package spaces

import (
	"strings"

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
	Heading, Section, Number, Owner, Quiet, Active, Chosen, ChosenAway ansi.Style
	Marks                                                              mark.Styles
}

// Model is the pane.
type Model struct {
	Keys   scroll.KeyMap
	Styles Styles

	all, shown []row // shown has the headings too
	count      int   // of the namespaces shown
	filter     string
	active     map[uint64]int // propagations since the namespace was last chosen
	marks      mark.Set
	preview    *preview.Preview // what would change, nil for nothing
	window     scroll.Window
	width      int
	digits     int // of the largest number of mounts
	focus      bool
}

// New is an empty pane.
func New(s Styles) Model {
	return Model{Keys: scroll.DefaultKeyMap(), Styles: s, active: map[uint64]int{}}
}

// SetWorld shows the mount namespaces of a world, as a book knows them; the one
// that was chosen stays so when it is still there, else its place in the list
// does.
func (m *Model) SetWorld(w *world.World, b names.Book) {
	m.all, m.digits = m.all[:0:0], len("MNTS")
	for _, n := range w.Namespaces {
		if n.Type == snapshot.Mnt {
			r := newRow(w, n.ID.Ino, b)
			m.all, m.digits = append(m.all, r), max(m.digits, len(r.mounts))
		}
	}
	order(m.all)
	m.sift()
}

// Names adds what the namespaces with a process are called.
func (m *Model) Names(known map[uint64]string) {
	for i := range m.all {
		if r := &m.all[i]; len(r.ns.Processes) > 0 && r.who != "" {
			known[r.ns.ID.Ino] = r.who
		}
	}
}

// SetPreview has the badges say how many mounts would come, go and change.
func (m *Model) SetPreview(v *preview.Preview) { m.preview = v }

// SetMarks says which namespaces stand out.
func (m *Model) SetMarks(s mark.Set) { m.marks = s }

// Touch counts a propagation that concerned a namespace, for its badge. Choosing
// it takes the badge away.
func (m *Model) Touch(ino uint64) {
	m.active[ino]++
	m.seen()
}

// SetFilter shows only namespaces in whose number, owner or section the text
// occurs.
func (m *Model) SetFilter(text string) {
	m.filter = strings.ToLower(text)
	m.sift()
}

// sift picks the rows to show, with the same one chosen.
func (m *Model) sift() {
	was := m.Selected()
	var rows []row
	for _, r := range m.all {
		if strings.Contains(r.search, m.filter) {
			rows = append(rows, r)
		}
	}
	m.count, m.shown = len(rows), headed(rows)
	m.window.Resize(len(m.shown), m.window.Height)
	if was == nil || !m.Select(was.ID.Ino) {
		m.land(1)
	}
}

// Select chooses a namespace by number, and says whether it is shown.
func (m *Model) Select(ino uint64) bool {
	for i, r := range m.shown {
		if r.ns != nil && r.ns.ID.Ino == ino {
			m.window.To(i)
			m.land(1)
			return true
		}
	}
	return false
}

// ToChange chooses the next namespace that a preview is about, the first behind
// the last, and says whether there is one.
func (m *Model) ToChange() bool {
	for i := range m.shown {
		at := (m.window.Cursor + 1 + i) % len(m.shown)
		if n := m.shown[at].ns; n != nil && m.preview.OfSpace(n.ID.Ino) != (preview.Count{}) {
			m.window.To(at)
			m.land(1)
			return true
		}
	}
	return false
}

// land moves off a heading in a direction, or back where the list ends, and
// shows the heading of the first row with it.
func (m *Model) land(direction int) {
	w := &m.window
	if w.Cursor < len(m.shown) && m.shown[w.Cursor].ns == nil {
		if next := w.Cursor + direction; next >= 0 {
			w.To(next)
		} else {
			w.To(w.Cursor + 1)
		}
	}
	if w.Cursor == w.Top && w.Top > 0 && w.Height > 1 && m.shown[w.Top-1].ns == nil {
		w.Top--
	}
	m.seen()
}

// seen takes the badge from the chosen namespace.
func (m *Model) seen() {
	if n := m.Selected(); n != nil {
		delete(m.active, n.ID.Ino)
	}
}

// Selected is the chosen namespace, nil when none is shown.
func (m *Model) Selected() *world.Namespace {
	if m.window.Cursor >= len(m.shown) {
		return nil
	}
	return m.shown[m.window.Cursor].ns
}

// Counts are how many namespaces are shown, and how many there are.
func (m *Model) Counts() (shown, all int) { return m.count, len(m.all) }

// SetSize sets the place of the pane on the screen.
func (m *Model) SetSize(width, height int) {
	m.width = width
	m.window.Resize(len(m.shown), height-1)
	m.land(1)
}

// SetFocus says whether keys go to the pane.
func (m *Model) SetFocus(focus bool) { m.focus = focus }

// Click chooses the row at a line of the pane.
func (m *Model) Click(line int) {
	if m.window.Click(line - 1) {
		m.land(1)
	}
}

// Wheel scrolls.
func (m *Model) Wheel(rows int) {
	m.window.Wheel(rows)
	m.land(direction(rows))
}

// Update moves the chosen row.
func (m Model) Update(msg tea.Msg) (Model, tea.Cmd) {
	if msg, ok := msg.(tea.KeyPressMsg); ok {
		if step := m.Keys.Step(msg, m.window); step != 0 {
			m.window.To(m.window.Cursor + step)
			m.land(direction(step))
		}
	}
	return m, nil
}

func direction(step int) int {
	if step < 0 {
		return -1
	}
	return 1
}
