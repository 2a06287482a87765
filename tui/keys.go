package tui

import "charm.land/bubbles/v2/key"

// KeyMap are the keys that work in every pane.
type KeyMap struct {
	Next, Back, Open, Filter, Reread, Help, Suspend, Quit key.Binding
}

// DefaultKeyMap is the one of nsview.
func DefaultKeyMap() KeyMap {
	return KeyMap{
		Open:    key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "open")),
		Next:    key.NewBinding(key.WithKeys("tab", "shift+tab"), key.WithHelp("tab", "next pane")),
		Back:    key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "back")),
		Filter:  key.NewBinding(key.WithKeys("/"), key.WithHelp("/", "filter")),
		Reread:  key.NewBinding(key.WithKeys("r", "ctrl+l"), key.WithHelp("r", "re-read")),
		Help:    key.NewBinding(key.WithKeys("?", "f1"), key.WithHelp("?", "help")),
		Suspend: key.NewBinding(key.WithKeys("ctrl+z"), key.WithHelp("ctrl+z", "suspend")),
		Quit:    key.NewBinding(key.WithKeys("q", "ctrl+c"), key.WithHelp("q", "quit")),
	}
}

// Bindings lists the keys for help.
func (k KeyMap) Bindings() []key.Binding {
	return []key.Binding{k.Open, k.Next, k.Back, k.Filter, k.Reread, k.Help, k.Suspend, k.Quit}
}

// group is a part of the help.
type group struct {
	title string
	keys  []key.Binding
}

// groups are all keys there are.
func (m *Model) groups() []group {
	tree := m.mounts.Keys
	return []group{
		{"Everywhere", m.Keys.Bindings()},
		{"In lists", m.spaces.Keys.Bindings()},
		{"In the tree", []key.Binding{tree.Fold, tree.Unfold}},
	}
}

// short are the keys that the last line names.
func (m *Model) short() []key.Binding {
	k := m.Keys
	k.Back.SetEnabled(m.focus != OnSpaces || m.filters[m.focus] != "")
	k.Open.SetEnabled(m.focus != OnDetails)
	k.Filter.SetEnabled(m.focus != OnDetails)
	return []key.Binding{k.Help, k.Quit, k.Open, k.Next, k.Filter, k.Back, k.Reread}
}
