package tui

import (
	"strconv"

	"charm.land/bubbles/v2/key"

	"github.com/nsview/nsview/tui/pager"
)

// KeyMap are the keys that work in every pane.
type KeyMap struct {
	Open, Next, Previous, Back, Filter, Search key.Binding
	Panes                                      [panes]key.Binding
	Peer, Master, Slave                        key.Binding
	Mark, Explain, Holders, Export, Start      key.Binding
	Predict, Effects, Change                   key.Binding
	Pause, Earlier, Later, Then, Now           key.Binding
	Reread, Help, Suspend, Quit                key.Binding
}

// DefaultKeyMap is the one of nsview.
func DefaultKeyMap() KeyMap {
	bind := func(help string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(keys[0], help))
	}
	k := KeyMap{
		Open:     bind("open", "enter"),
		Next:     bind("next pane", "tab"),
		Previous: bind("previous pane", "shift+tab"),
		Back:     bind("back", "esc"),
		Filter:   bind("filter", "/"),
		Search:   bind("search all namespaces", "s"),
		Peer:     bind("go to a peer of the mount", "p"),
		Master:   bind("go up to what it receives from", "u"),
		Slave:    bind("go down to what receives from it", "d"),
		Mark:     bind("mark A, then B", "m"),
		Explain:  bind("explain: does B see what is mounted at A", "e"),
		Holders:  bind("what holds the mount", "o"),
		Export:   bind("draw the peer groups into a file", "x"),
		Start:    bind("start a lab or a container", "c"),
		Predict:  bind("what if: predict an operation here", "P"),
		Effects:  bind("all effects of what is predicted", "v"),
		Change:   bind("next mount that would change", "."),
		Pause:    bind("pause the live list", "space"),
		Earlier:  bind("an event back in time", "[", "ctrl+left"),
		Later:    bind("an event forth", "]", "ctrl+right"),
		Then:     bind("see the tables as after the event", "t"),
		Now:      bind("back to now", "n"),
		Reread:   bind("re-read", "r", "ctrl+l"),
		Help:     bind("help", "?", "f1"),
		Suspend:  bind("suspend", "ctrl+z"),
		Quit:     bind("quit", "q", "ctrl+c"),
	}
	for i := range k.Panes {
		k.Panes[i] = bind(paneNames[i], strconv.Itoa(i+1))
	}
	return k
}

// group is a part of the help.
type group struct {
	title string
	keys  []key.Binding
}

// groupsOfKeys are all keys there are.
func (m *Model) groupsOfKeys() []group {
	k, tree, peers := m.Keys, m.mounts.Keys, m.peers.Keys
	return []group{
		{"Everywhere", []key.Binding{k.Open, k.Back, k.Next, k.Previous, k.Filter, k.Search, k.Reread, k.Help, k.Suspend, k.Quit}},
		{"Panes", k.Panes[:]},
		{"On a mount", []key.Binding{k.Peer, k.Master, k.Slave, k.Mark, k.Explain, k.Holders}},
		{"What if", []key.Binding{k.Predict, k.Effects, k.Change, shortly(k.Back, "back to the present")}},
		{"In time", []key.Binding{k.Earlier, k.Later, k.Then, k.Now, k.Pause}},
		{"Besides", []key.Binding{k.Start, k.Export}},
		{"In lists", m.spaces.Keys.Bindings()},
		{"In the tree", []key.Binding{tree.Fold, tree.Unfold}},
		{"In the peer groups", []key.Binding{peers.Fold, peers.Unfold}},
	}
}

// short are the keys that the last line names.
func (m *Model) short() []key.Binding {
	k := m.Keys
	switch {
	case m.pager != nil:
		return []key.Binding{shortly(k.Back, "close"), shortly(m.pager.Keys.Down, "down"), shortly(m.pager.Keys.PageDown, "page down")}
	case m.choice != nil:
		return []key.Binding{shortly(k.Open, "go there"), shortly(k.Back, "close"), shortly(m.choice.Keys.Down, "down"), shortly(m.choice.Keys.PageDown, "page down")}
	case m.preview != nil:
		return []key.Binding{shortly(k.Back, "to the present"), shortly(k.Effects, "effects"), shortly(k.Change, "next"), shortly(k.Predict, "another"), k.Help, k.Quit}
	case m.inPast():
		return []key.Binding{shortly(k.Earlier, "back"), shortly(k.Later, "forth"), shortly(k.Now, "now"), k.Help, k.Quit}
	}
	list := []key.Binding{k.Help, k.Quit, k.Open, k.Next, k.Filter}
	switch m.focus {
	case OnMounts, OnGroups:
		list = append(list, shortly(k.Mark, "mark"), shortly(k.Explain, "explain"), shortly(k.Predict, "what if"), shortly(k.Holders, "holders"), shortly(k.Peer, "peers"))
	case OnEvents:
		list = append(list, shortly(k.Then, "as it was then"), shortly(k.Earlier, "back in time"), shortly(k.Pause, "pause"))
	default:
		list = append(list, shortly(k.Search, "search"), shortly(k.Earlier, "back in time"))
	}
	return list
}

// shortly is a key with fewer words.
func shortly(b key.Binding, help string) key.Binding {
	b.SetHelp(b.Help().Key, help)
	return b
}

// openManual shows every key and what it does, and what the symbols mean.
func (m *Model) openManual() {
	var lines []pager.Line
	for i, g := range m.groupsOfKeys() {
		if i > 0 {
			lines = append(lines, pager.Line{})
		}
		lines = append(lines, pager.Line{Text: g.title, Heading: true})
		for _, b := range g.keys {
			lines = append(lines, pager.Line{Name: "  " + b.Help().Key, Text: b.Help().Desc})
		}
	}
	lines = append(lines, pager.Line{}, pager.Line{Text: "Mouse", Heading: true},
		pager.Line{Name: "  click", Text: "choose, or show the pane of a tab"}, pager.Line{Name: "  wheel", Text: "scroll"},
		pager.Line{}, pager.Line{Text: "Symbols", Heading: true})
	for _, s := range legend {
		lines = append(lines, pager.Line{Name: "  " + s.Name, Text: s.Text})
	}
	p := pager.New("Keys", lines, m.theme.Pager)
	m.pager = &p
	m.resize(m.width, m.height)
}
