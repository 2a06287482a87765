package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/tui/cell"
)

// View draws the screen.
func (m Model) View() tea.View {
	lines := m.body()
	if m.manual != nil {
		lines = m.manualView()
	}
	if m.layout.Footer.W > 0 {
		lines = append(lines, m.footer())
	}
	v := tea.NewView(strings.Join(lines[:min(len(lines), max(m.height, 0))], "\n"))
	v.AltScreen, v.MouseMode, v.WindowTitle = true, tea.MouseModeCellMotion, "nsview"
	return v
}

// body is all but the last line: each pane below its title.
func (m *Model) body() []string {
	l := m.layout
	spaces := m.pane(l.Spaces, OnSpaces, m.spacesTitle(), m.spaces.View)
	mounts := m.pane(l.Mounts, OnMounts, m.mountsTitle(), m.mounts.View)
	lines := append(mounts, m.pane(l.Details, OnDetails, m.detailsTitle(), m.details.View)...)
	if len(mounts) == 0 {
		return append(spaces, lines...)
	}
	for i := range spaces {
		bar := "│"
		if i == 0 {
			bar = "┬"
		}
		lines[i] = spaces[i] + m.theme.Rule.Styled(bar) + lines[i]
	}
	return lines
}

// pane is a title and exactly as many lines as the place has.
func (m *Model) pane(r Rect, f Focus, title string, view func() []string) []string {
	if r.W == 0 || r.H == 0 {
		return nil
	}
	style := m.theme.TitleAway
	if m.focus == f {
		style = m.theme.Title
	}
	lines := append(make([]string, 0, r.H+1), m.titled(title, r.W, style))
	lines = append(lines, view()...)
	lines = lines[:min(len(lines), r.H+1)]
	for len(lines) < r.H+1 {
		lines = append(lines, cell.Fit("", r.W))
	}
	return lines
}

// titled is a rule with a title on it.
func (m *Model) titled(title string, width int, style ansi.Style) string {
	if width < 4 {
		return m.theme.Rule.Styled(strings.Repeat("─", max(width, 0)))
	}
	title = cell.Cut(" "+title+" ", width-2)
	rest := strings.Repeat("─", width-1-cell.Width(title))
	return m.theme.Rule.Styled("─") + style.Styled(title) + m.theme.Rule.Styled(rest)
}

func (m *Model) spacesTitle() string {
	shown, all := m.spaces.Counts()
	title := "Namespaces" + m.filterText(OnSpaces) + count(shown, all)
	if m.world != nil && len(m.world.Gaps) > 0 {
		title += " · incomplete" // the details say what could not be read
	}
	return title
}

func (m *Model) mountsTitle() string {
	n := m.spaces.Selected()
	if n == nil {
		return "Mounts"
	}
	title := query.NSName(n)
	if n.Inferred {
		title = "Mounts" // its number is made up
	}
	title += m.filterText(OnMounts)
	if t := m.tables[n.ID.Ino]; t.view != nil && t.view.PID != 0 && t.view.Root != "/" {
		title += fmt.Sprintf(" as process %d sees it", t.view.PID)
	}
	shown, all, hidden := m.mounts.Counts()
	if m.filters[OnMounts] == "" {
		shown = all // folded ones are not left out
	}
	if all > 0 {
		title += count(shown, all) + " mounts"
	}
	if hidden > 0 {
		title += fmt.Sprintf(" · %d hidden", hidden)
	}
	return title
}

// count is how many there are and, when others are left out, how many are
// shown.
func count(shown, all int) string {
	if shown != all {
		return fmt.Sprintf(" · %d of %d", shown, all)
	}
	return fmt.Sprintf(" · %d", all)
}

func (m *Model) detailsTitle() string {
	title := "Namespace"
	if x := m.mounts.Selected(); x != nil && m.focus != OnSpaces {
		title = render.Safe(x.Point)
	}
	if more := m.details.More(); more > 0 {
		title += fmt.Sprintf(" · %d more lines", more)
	}
	return title
}

func (m *Model) filterText(f Focus) string {
	if m.filters[f] == "" {
		return ""
	}
	return " /" + render.Safe(m.filters[f])
}

// footer is what is typed, what happened, or which keys there are.
func (m *Model) footer() string {
	switch {
	case m.typing:
		text := " filter: " + render.Safe(m.filters[m.focus])
		return m.theme.Message.Styled(cell.Cut(text, m.width-1)) + m.theme.Title.Styled(cell.Fit("", min(m.width, 1)))
	case m.message != "":
		return m.theme.Message.Styled(cell.Cut(" "+m.message, m.width))
	case m.rereading:
		return m.theme.Message.Styled(cell.Cut(" reading the host", m.width))
	}
	// The help's own cut leaves room for an ellipsis or cuts nothing.
	return ansi.TruncateWc(" "+m.help.ShortHelpView(m.short()), m.width, cell.Ellipsis)
}

// manualLines are the help: every key and what it does.
func (m *Model) manualLines() []string {
	var lines []string
	for i, g := range m.groups() {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, " "+m.theme.TitleAway.Styled(g.title))
		for _, b := range g.keys {
			if b.Enabled() {
				lines = append(lines, "   "+m.theme.HelpKey.Styled(cell.Fit(b.Help().Key, 14))+b.Help().Desc)
			}
		}
	}
	return append(lines, "", " "+m.theme.TitleAway.Styled("Mouse"), "   "+cell.Fit("click", 14)+"choose", "   "+cell.Fit("wheel", 14)+"scroll")
}

func (m *Model) manualView() []string {
	lines := []string{m.titled("Keys", m.width, m.theme.Title)}
	all := m.manualLines()
	from, to := m.manual.Visible()
	for _, l := range all[from:to] {
		lines = append(lines, ansi.TruncateWc(l, max(m.width, 0), cell.Ellipsis))
	}
	for len(lines) < m.layout.Footer.Y {
		lines = append(lines, "")
	}
	return lines[:min(len(lines), max(m.height-1, 0))]
}
