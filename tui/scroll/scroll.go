// Package scroll keeps which rows of a long list are on the screen, and which
// of them is chosen. It knows no rows: a list of 50,000 costs as much as one of
// ten.
package scroll

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// Window is a place in a list: the rows from Top on are visible, Cursor is the
// chosen one.
type Window struct {
	Len, Height int
	Top, Cursor int
}

// Resize sets how many rows there are and how many fit, and keeps the chosen
// one visible.
func (w *Window) Resize(rows, height int) {
	w.Len, w.Height = max(rows, 0), max(height, 0)
	w.To(w.Cursor)
}

// To chooses a row, the nearest one there is.
func (w *Window) To(row int) {
	w.Cursor = max(0, min(row, w.Len-1))
	w.Top = max(w.Cursor-w.Height+1, min(w.Top, w.Cursor))
	w.Top = max(0, min(w.Top, w.Len-w.Height))
}

// Wheel moves what is visible; the chosen row follows when it would leave.
func (w *Window) Wheel(rows int) {
	w.Top = max(0, min(w.Top+rows, w.Len-w.Height))
	w.Cursor = max(w.Top, min(w.Cursor, w.Top+w.Height-1))
	w.Cursor = max(0, min(w.Cursor, w.Len-1))
}

// Click chooses the row at a line of those visible, and says whether there is one.
func (w *Window) Click(line int) bool {
	from, to := w.Visible()
	if line < 0 || from+line >= to {
		return false
	}
	w.To(from + line)
	return true
}

// Visible is the range of visible rows.
func (w *Window) Visible() (from, to int) { return w.Top, min(w.Top+w.Height, w.Len) }

// KeyMap are the keys that move in a list.
type KeyMap struct{ Up, Down, PageUp, PageDown, Top, Bottom key.Binding }

// DefaultKeyMap has the arrows and the keys of vi.
func DefaultKeyMap() KeyMap {
	return KeyMap{
		Up:       key.NewBinding(key.WithKeys("up", "k", "ctrl+p"), key.WithHelp("↑/k", "up")),
		Down:     key.NewBinding(key.WithKeys("down", "j", "ctrl+n"), key.WithHelp("↓/j", "down")),
		PageUp:   key.NewBinding(key.WithKeys("pgup", "ctrl+b", "ctrl+u"), key.WithHelp("pgup/ctrl+b", "page up")),
		PageDown: key.NewBinding(key.WithKeys("pgdown", "ctrl+f", "ctrl+d"), key.WithHelp("pgdn/ctrl+f", "page down")),
		Top:      key.NewBinding(key.WithKeys("home", "g"), key.WithHelp("home/g", "first")),
		Bottom:   key.NewBinding(key.WithKeys("end", "G"), key.WithHelp("end/G", "last")),
	}
}

// TreeKeyMap are the keys of a list of which parts can be folded away.
type TreeKeyMap struct {
	KeyMap
	Fold, Unfold key.Binding
}

// NewTreeKeyMap has those of any list, and those that fold, with what they do for
// help.
func NewTreeKeyMap(fold, unfold string) TreeKeyMap {
	return TreeKeyMap{
		KeyMap: DefaultKeyMap(),
		Fold:   key.NewBinding(key.WithKeys("left", "h", "-"), key.WithHelp("←/h", fold)),
		Unfold: key.NewBinding(key.WithKeys("right", "l", "+"), key.WithHelp("→/l", unfold)),
	}
}

// Bindings lists the keys for help.
func (k KeyMap) Bindings() []key.Binding {
	return []key.Binding{k.Up, k.Down, k.PageUp, k.PageDown, k.Top, k.Bottom}
}

// Step is how far a key goes in a list of this place: 0 for a key of another
// purpose.
func (k KeyMap) Step(msg tea.KeyPressMsg, w Window) int {
	page := max(w.Height-1, 1)
	switch {
	case key.Matches(msg, k.Up):
		return -1
	case key.Matches(msg, k.Down):
		return 1
	case key.Matches(msg, k.PageUp):
		return -page
	case key.Matches(msg, k.PageDown):
		return page
	case key.Matches(msg, k.Top):
		return -w.Len
	case key.Matches(msg, k.Bottom):
		return w.Len
	}
	return 0
}
