// Package spaces is the pane that lists the mount namespaces.
package spaces

import (
	"path"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/cell"
	"github.com/nsview/nsview/tui/scroll"
)

// KeyMap are the keys of the pane.
type KeyMap struct{ scroll.KeyMap }

// DefaultKeyMap has those of any list.
func DefaultKeyMap() KeyMap { return KeyMap{scroll.DefaultKeyMap()} }

// Bindings lists the keys for help.
func (k KeyMap) Bindings() []key.Binding { return k.KeyMap.Bindings() }

// Styles are the looks of the pane.
type Styles struct{ Heading, Number, Owner, Quiet, Chosen, ChosenAway ansi.Style }

// Model is the pane.
type Model struct {
	Keys   KeyMap
	Styles Styles

	all, shown []row
	filter     string
	window     scroll.Window
	width      int
	focus      bool
}

// row is a namespace with its cells, harmless for a terminal.
type row struct {
	ns                    *world.Namespace
	number, who           string
	owned                 bool
	procs, mounts, search string
}

// New is an empty pane.
func New(s Styles) Model { return Model{Keys: DefaultKeyMap(), Styles: s} }

// SetWorld shows the mount namespaces of a world; the one that was chosen
// stays so when it is still there.
func (m *Model) SetWorld(w *world.World) {
	m.all = nil
	for _, n := range w.Namespaces {
		if n.Type == snapshot.Mnt {
			m.all = append(m.all, newRow(w, n))
		}
	}
	m.sift()
}

func newRow(w *world.World, n *world.Namespace) row {
	r := row{ns: n, number: strconv.FormatUint(n.ID.Ino, 10), procs: strconv.Itoa(len(n.Processes))}
	if n.Inferred {
		r.number = "~" + r.number // made up: it names nothing in the kernel
	}
	if n.NrMounts != nil {
		r.mounts = strconv.Itoa(*n.NrMounts)
	}
	if owner := w.OwnerOf(n.Lead()).String(); owner != "" {
		r.who, r.owned = render.Safe(owner), true
	} else {
		r.who = render.Safe(program(n))
	}
	r.search = strings.ToLower(r.number + " " + r.who)
	return r
}

// program stands for a namespace that no container or unit owns.
func program(n *world.Namespace) string {
	p := n.Lead()
	switch {
	case p == nil && n.Inferred:
		return "" // a table alone does not tell whose it is
	case p == nil:
		return "no process"
	}
	if name, _, _ := strings.Cut(p.Cmdline, " "); name != "" {
		return path.Base(name)
	}
	return p.Comm
}

// SetMounts says how many mounts a namespace has, for kernels that do not
// count them.
func (m *Model) SetMounts(ino uint64, mounts int) {
	for _, list := range [][]row{m.all, m.shown} {
		for i := range list {
			if list[i].ns.ID.Ino == ino && list[i].ns.NrMounts == nil {
				list[i].mounts = strconv.Itoa(mounts)
			}
		}
	}
}

// SetFilter shows only namespaces in whose number or owner the text occurs.
func (m *Model) SetFilter(text string) {
	m.filter = strings.ToLower(text)
	m.sift()
}

// sift picks the rows to show, with the same one chosen.
func (m *Model) sift() {
	was := m.Selected()
	m.shown = nil
	for _, r := range m.all {
		if strings.Contains(r.search, m.filter) {
			m.shown = append(m.shown, r)
		}
	}
	m.window.Resize(len(m.shown), m.window.Height)
	if was != nil {
		m.Select(was.ID.Ino)
	}
}

// Select chooses a namespace by number, and says whether it is shown.
func (m *Model) Select(ino uint64) bool {
	for i, r := range m.shown {
		if r.ns.ID.Ino == ino {
			m.window.To(i)
			return true
		}
	}
	return false
}

// Selected is the chosen namespace, nil when none is shown.
func (m *Model) Selected() *world.Namespace {
	if m.window.Cursor >= len(m.shown) {
		return nil
	}
	return m.shown[m.window.Cursor].ns
}

// Counts are how many namespaces are shown, and how many there are.
func (m *Model) Counts() (shown, all int) { return len(m.shown), len(m.all) }

// SetSize sets the place of the pane on the screen.
func (m *Model) SetSize(width, height int) {
	m.width = width
	m.window.Resize(len(m.shown), height-1)
}

// SetFocus says whether keys go to the pane.
func (m *Model) SetFocus(focus bool) { m.focus = focus }

// Click chooses the row at a line of the pane.
func (m *Model) Click(line int) {
	if row := m.window.Top + line - 1; line >= 1 && row < len(m.shown) {
		m.window.To(row)
	}
}

// Wheel scrolls.
func (m *Model) Wheel(rows int) { m.window.Wheel(rows) }

// Update moves the chosen row.
func (m Model) Update(msg tea.Msg) (Model, tea.Cmd) {
	if msg, ok := msg.(tea.KeyPressMsg); ok {
		if step := m.Keys.Step(msg, m.window); step != 0 {
			m.window.To(m.window.Cursor + step)
		}
	}
	return m, nil
}

// View draws the heading and the visible rows, a line each.
func (m Model) View() []string {
	c := m.columns()
	lines := []string{m.Styles.Heading.Styled(c.line("NS", "OWNER", "PROCS", "MNTS"))}
	from, to := m.window.Visible()
	for i := from; i < to; i++ {
		lines = append(lines, m.line(m.shown[i], c, i == m.window.Cursor))
	}
	return lines
}

func (m Model) line(r row, c columns, chosen bool) string {
	switch {
	case chosen && m.focus:
		return m.Styles.Chosen.Styled(c.line(r.number, r.who, r.procs, r.mounts))
	case chosen:
		return m.Styles.ChosenAway.Styled(c.line(r.number, r.who, r.procs, r.mounts))
	}
	owner := m.Styles.Quiet
	if r.owned {
		owner = m.Styles.Owner
	}
	number, who, rest := c.cells(r.number, r.who, r.procs, r.mounts)
	return cell.Line(nil, cell.Span{Text: number, Style: m.Styles.Number}, cell.Span{Text: who, Style: owner}, cell.Span{Text: rest})
}

// columns are the widths of the cells. When there is little room the counts
// go first, then the owner.
type columns struct{ number, who, procs, mounts, width int }

func (m Model) columns() columns {
	c := columns{number: 12, procs: 6, mounts: 7, width: m.width}
	if m.width < 30 {
		c.number, c.procs, c.mounts = min(c.number, m.width), 0, 0
	}
	c.who = max(m.width-c.number-c.procs-c.mounts, 0)
	return c
}

func (c columns) cells(number, who, procs, mounts string) (a, b, rest string) {
	return cell.Fit(" "+number, c.number), cell.Fit(who, c.who), cell.FitRight(procs, c.procs) + cell.FitRight(mounts+" ", c.mounts)
}

func (c columns) line(number, who, procs, mounts string) string {
	a, b, rest := c.cells(number, who, procs, mounts)
	return cell.Fit(a+b+rest, c.width)
}
