package tui

import (
	"image/color"

	"charm.land/bubbles/v2/help"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/tui/choice"
	"github.com/nsview/nsview/tui/details"
	"github.com/nsview/nsview/tui/events"
	"github.com/nsview/nsview/tui/groups"
	"github.com/nsview/nsview/tui/mark"
	"github.com/nsview/nsview/tui/mounts"
	"github.com/nsview/nsview/tui/pager"
	"github.com/nsview/nsview/tui/preview"
	"github.com/nsview/nsview/tui/prompt"
	"github.com/nsview/nsview/tui/spaces"
)

// Theme is every look of the screen. It uses the sixteen colours that a
// terminal's own palette fits to its background, and says nothing by colour
// alone: without colours attributes, symbols and words remain.
type Theme struct {
	Spaces  spaces.Styles
	Mounts  mounts.Styles
	Groups  groups.Styles
	Details details.Styles
	Events  events.Styles
	Pager   pager.Styles
	Choice  choice.Styles
	Prompt  prompt.Styles
	Help    help.Styles

	Rule, Title, TitleAway, Tab, Message, Busy, Live, Past ansi.Style
}

// NewTheme is the theme for a dark or a light background.
func NewTheme(dark bool) Theme {
	pick := lipgloss.LightDark(dark)
	paint := func(light, dark string) ansi.Style {
		return ansi.Style{}.ForegroundColor(pick(lipgloss.Color(light), lipgloss.Color(dark)))
	}
	accent, green, amber, red, blue := paint("4", "14"), paint("2", "10"), paint("5", "11"), paint("1", "9"), paint("4", "12")
	quiet, bold := ansi.Style{}.Faint(), ansi.Style{}.Bold()
	chosen, away := ansi.Style{}.Reverse(true), bold.Underline(true)
	states := mark.StateStyles{mark.Private: quiet, mark.Shared: green, mark.Slaved: amber, mark.SharedSlave: blue, mark.Unbindable: red}
	marks := mark.Styles{
		mark.Slave: amber, mark.Master: blue, mark.Peer: green, mark.Receiver: red, mark.Origin: red.Bold(),
		mark.From: bold.Reverse(true), mark.To: bold.Reverse(true),
	}
	changes := preview.Styles{
		preview.New: green.Bold(), preview.Gone: red.Strikethrough(true), preview.Changed: amber.Bold(),
		preview.Hidden: quiet.Italic(true), preview.Shown: green, preview.Stays: amber,
	}
	return Theme{
		Spaces: spaces.Styles{
			Heading: quiet, Section: quiet, Number: accent, Owner: nil, Quiet: quiet, Active: amber.Bold(),
			Chosen: chosen, ChosenAway: away, Marks: marks,
		},
		Mounts:  mounts.Styles{Heading: quiet, Chosen: chosen, ChosenAway: away, Quiet: quiet, Hidden: quiet.Italic(true), States: states, Marks: marks, Changes: changes},
		Groups:  groups.Styles{Heading: quiet, Chosen: chosen, ChosenAway: away, Quiet: quiet, States: states, Marks: marks, Changes: changes},
		Details: details.Styles{Name: accent},
		Events: events.Styles{
			Heading: quiet, Chosen: chosen, ChosenAway: away, Quiet: quiet, Later: quiet.Italic(true),
			Came: green, Went: amber, Changed: blue, Lost: red.Bold(),
		},
		Pager:  pager.Styles{Heading: bold, Name: accent},
		Choice: choice.Styles{Name: nil, Text: quiet, Chosen: chosen},
		Prompt: prompt.Styles{Label: accent.Bold(), Cursor: chosen},
		Help:   helpStyles(pick(lipgloss.Color("4"), lipgloss.Color("14"))),
		Rule:   quiet, Title: accent.Bold().Reverse(true), TitleAway: bold, Tab: quiet,
		Message: amber, Busy: quiet, Live: green, Past: amber.Bold().Reverse(true),
	}
}

func helpStyles(keys color.Color) help.Styles {
	quiet, k := lipgloss.NewStyle().Faint(true), lipgloss.NewStyle().Foreground(keys)
	return help.Styles{
		Ellipsis: quiet, ShortKey: k, ShortDesc: quiet, ShortSeparator: quiet,
		FullKey: k, FullDesc: quiet, FullSeparator: quiet,
	}
}
