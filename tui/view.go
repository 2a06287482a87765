package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/tui/cell"
)

// View draws the screen.
func (m Model) View() tea.View {
	var lines []string
	switch {
	case m.pager != nil:
		lines = m.over(m.pager.Title, m.pager.More(), m.pager.View())
	case m.choice != nil:
		lines = m.over(m.choice.Title, 0, m.choice.View())
	default:
		lines = m.body()
	}
	if m.layout.Footer.W > 0 {
		lines = append(lines, m.footer())
	}
	v := tea.NewView(strings.Join(lines[:min(len(lines), max(m.height, 0))], "\n"))
	v.AltScreen, v.MouseMode, v.WindowTitle = true, tea.MouseModeCellMotion, "nsview"
	return v
}

// over is a text or list that covers all but the last line.
func (m *Model) over(title string, more int, view []string) []string {
	if more > 0 {
		title += fmt.Sprintf(" · %d more lines", more)
	}
	lines := append([]string{m.titled(m.width, segment{title, m.theme.Title})}, view...)
	for len(lines) < m.layout.Footer.Y {
		lines = append(lines, "")
	}
	return lines[:max(m.layout.Footer.Y, 0)]
}

// body is all but the last line: the panes, each below its title.
func (m *Model) body() []string {
	lines := make([]string, m.layout.Footer.Y)
	if m.layout.Footer.W == 0 {
		lines = make([]string, m.height)
	}
	for f := range Focus(panes) { // those beside each other are in order
		r := m.layout.Panes[f]
		if r.W == 0 {
			continue
		}
		for i, l := range m.pane(r, f) {
			y := r.Y - 1 + i
			if y < 0 || y >= len(lines) {
				continue
			}
			if r.X > 0 {
				bar := "│"
				if i == 0 {
					bar = m.corner(r)
				}
				lines[y] += m.theme.Rule.Styled(bar)
			}
			lines[y] += l
		}
	}
	return lines
}

// corner joins the rule above a pane with the bar at its left.
func (m *Model) corner(r Rect) string {
	if r.Y > 1 && m.layout.Panes[OnMounts].X == r.X {
		return "┼"
	}
	return "┬"
}

// pane is a title and exactly as many lines as the place has.
func (m *Model) pane(r Rect, f Focus) []string {
	lines := append(make([]string, 0, r.H+1), m.footed(m.titled(r.W, m.tabs(f)...), r))
	lines = append(lines, m.paneView(f)...)
	lines = lines[:min(len(lines), r.H+1)]
	for len(lines) < r.H+1 {
		lines = append(lines, cell.Fit("", r.W))
	}
	return lines
}

func (m *Model) paneView(f Focus) []string {
	switch f {
	case OnSpaces:
		return m.spaces.View()
	case OnMounts:
		return m.mounts.View()
	case OnGroups:
		return m.peers.View()
	case OnDetails:
		return m.details.View()
	}
	return m.events.View()
}

// segment is a title on a rule.
type segment struct {
	text  string
	style ansi.Style
}

// tabs are the title of a pane, among the names of those that share its place
// as far as there is room for them.
func (m *Model) tabs(f Focus) []segment {
	style := m.theme.TitleAway
	if m.focus == f {
		style = m.theme.Title
	}
	own := segment{m.title(f), style}
	room := m.layout.Panes[f].W - cell.Width(own.text) - 4
	for _, other := range m.layout.Tabs[f] {
		if other != f {
			room -= cell.Width(paneNames[other]) + 3
		}
	}
	if len(m.layout.Tabs[f]) == 0 || room < 0 {
		return []segment{own}
	}
	var list []segment
	for _, other := range m.layout.Tabs[f] {
		if other == f {
			list = append(list, own)
		} else {
			list = append(list, segment{paneNames[other], m.theme.Tab})
		}
	}
	return list
}

// tabAt is the pane whose title is at a column of a rule.
func (m *Model) tabAt(f Focus, x int) Focus {
	list := m.tabs(f)
	if len(list) < 2 {
		return f
	}
	at := 1
	for i, s := range list {
		if at += cell.Width(s.text) + 3; x < at {
			return m.layout.Tabs[f][i]
		}
	}
	return f
}

// titled is a rule with titles on it.
func (m *Model) titled(width int, titles ...segment) string {
	if width < 4 {
		return m.theme.Rule.Styled(strings.Repeat("─", max(width, 0)))
	}
	line, rest := m.theme.Rule.Styled("─"), width-1
	for i, t := range titles {
		if i > 0 {
			line += m.theme.Rule.Styled("─")
			rest--
		}
		text := cell.Cut(" "+t.text+" ", rest)
		line += t.style.Styled(text)
		rest -= cell.Width(text)
	}
	return line + m.theme.Rule.Styled(strings.Repeat("─", max(rest, 0)))
}

// footed joins the rule above a pane as wide as the screen with the bar that
// ends there.
func (m *Model) footed(line string, r Rect) string {
	for f := range Focus(panes) {
		above := m.layout.Panes[f]
		if r.X > 0 || above.X == 0 || above.Y+above.H != r.Y-1 || r.W < m.width {
			continue
		}
		if at := above.X - 1; strings.HasSuffix(ansi.Strip(ansi.TruncateWc(line, at+1, "")), "──") {
			return ansi.TruncateWc(line, at, "") + m.theme.Rule.Styled("┴"+strings.Repeat("─", r.W-above.X))
		}
	}
	return line
}
