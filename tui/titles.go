package tui

import (
	"fmt"

	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/tui/cell"
)

var paneNames = [panes]string{"Namespaces", "Mounts", "Peer groups", "Details", "Propagations"}

// title is what a pane shows, and how much of it.
func (m *Model) title(f Focus) string {
	switch f {
	case OnSpaces:
		return m.spacesTitle()
	case OnMounts:
		return m.mountsTitle()
	case OnGroups:
		shown, all := m.peers.Counts()
		return m.counted(f, shown, all)
	case OnDetails:
		return m.detailsTitle()
	}
	shown, all := m.events.Counts()
	title := m.counted(f, shown, all)
	if len(m.held) > 0 {
		title += fmt.Sprintf(" · %d held back", len(m.held))
	}
	return title
}

// counted is a pane's name with its filter and how many there are.
func (m *Model) counted(f Focus, shown, all int) string {
	title := paneNames[f] + m.filterText(f)
	if all > 0 {
		title += count(shown, all)
	}
	return title
}

func (m *Model) spacesTitle() string {
	shown, all := m.spaces.Counts()
	title := paneNames[OnSpaces] + m.filterText(OnSpaces) + count(shown, all)
	if m.world != nil && len(m.world.Gaps) > 0 {
		title += " · incomplete" // the details say what could not be read
	}
	return title
}

func (m *Model) mountsTitle() string {
	n := m.spaces.Selected()
	if n == nil {
		return paneNames[OnMounts]
	}
	title := query.NSName(n)
	if n.Inferred {
		title = paneNames[OnMounts] // its number is made up
	}
	if m.preview != nil {
		title = "if: " + render.Safe(m.preview.Line) + " · " + title
	}
	title += m.filterText(OnMounts)
	if v := m.mounts.Shown(); v != nil && v.PID != 0 && v.Root != "/" {
		title += fmt.Sprintf(" as process %d sees it", v.PID)
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
	title := paneNames[OnDetails]
	if m.world != nil {
		switch s := m.subject(); {
		case s.Event != nil:
			title = "Propagation"
		case s.Group != nil:
			title = fmt.Sprintf("Peer group %v", s.Group.ID)
		case s.Mount != nil:
			title = render.Safe(s.Mount.Point)
		case s.NS != nil:
			title = "Namespace"
		}
	}
	if more := m.details.More(); more > 0 && m.layout.Panes[OnDetails].W > 0 {
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

// footer is what is asked, what happened, or which keys there are; at its right
// end, what moment the screen shows.
func (m *Model) footer() string {
	if m.prompt != nil {
		return m.prompt.View()
	}
	state, style := m.state()
	state = cell.Cut(" "+state+" ", m.width)
	if cell.Width(state) > m.width/2 && m.width < 40 {
		state = ""
	}
	room := m.width - cell.Width(state)
	left := ""
	switch {
	case m.message != "":
		left = m.theme.Message.Styled(cell.Cut(" "+m.message, room))
	case m.busy != "":
		left = m.theme.Busy.Styled(cell.Cut(" "+m.busy, room))
	default:
		// The help's own cut leaves room for an ellipsis or cuts nothing.
		left = ansi.TruncateWc(" "+m.help.ShortHelpView(m.short()), max(room, 0), cell.Ellipsis)
	}
	return left + cell.Fit("", room-ansi.StringWidthWc(left)) + style.Styled(state)
}

// state says what moment the screen shows.
func (m *Model) state() (string, ansi.Style) {
	_, all := m.events.Counts()
	switch {
	case m.preview != nil:
		return m.verdict(), m.theme.Past
	case m.inPast():
		return fmt.Sprintf("PAST · after event %d of %d", m.events.Place(m.moment), all), m.theme.Past
	case m.live == nil:
		return "", nil
	case m.options.Recording != nil:
		return "recording", m.theme.Busy
	case m.live.watcher == nil:
		return "not live", m.theme.Past
	case m.paused:
		return "paused", m.theme.Past
	}
	return "live", m.theme.Live
}
