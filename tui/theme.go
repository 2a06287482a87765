package tui

import (
	"image/color"

	"charm.land/bubbles/v2/help"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/nsview/nsview/tui/details"
	"github.com/nsview/nsview/tui/mounts"
	"github.com/nsview/nsview/tui/spaces"
)

// Theme is every look of the screen. It uses the sixteen colours that a
// terminal's own palette fits to its background, and says nothing by colour
// alone: without colours attributes and words remain.
type Theme struct {
	Spaces  spaces.Styles
	Mounts  mounts.Styles
	Details details.Styles
	Help    help.Styles

	Rule, Title, TitleAway, Message, HelpKey ansi.Style
}

// NewTheme is the theme for a dark or a light background.
func NewTheme(dark bool) Theme {
	pick := lipgloss.LightDark(dark)
	paint := func(light, dark string) ansi.Style {
		return ansi.Style{}.ForegroundColor(pick(lipgloss.Color(light), lipgloss.Color(dark)))
	}
	accent, green, amber, red := paint("4", "14"), paint("2", "10"), paint("5", "11"), paint("1", "9")
	quiet := ansi.Style{}.Faint()
	chosen, away := ansi.Style{}.Reverse(true), ansi.Style{}.Bold().Underline(true)
	heading := ansi.Style{}.Faint()
	return Theme{
		Spaces:  spaces.Styles{Heading: heading, Number: accent, Owner: nil, Quiet: quiet, Chosen: chosen, ChosenAway: away},
		Mounts:  mounts.Styles{Heading: heading, Chosen: chosen, ChosenAway: away, Quiet: quiet, Hidden: quiet.Italic(true), Shared: green, Slave: amber, Unbindable: red},
		Details: details.Styles{Name: accent},
		Help:    helpStyles(pick(lipgloss.Color("4"), lipgloss.Color("14"))),
		Rule:    quiet, Title: accent.Bold().Reverse(true), TitleAway: ansi.Style{}.Bold(), Message: amber, HelpKey: accent,
	}
}

func helpStyles(keys color.Color) help.Styles {
	quiet, k := lipgloss.NewStyle().Faint(true), lipgloss.NewStyle().Foreground(keys)
	return help.Styles{
		Ellipsis: quiet, ShortKey: k, ShortDesc: quiet, ShortSeparator: quiet,
		FullKey: k, FullDesc: quiet, FullSeparator: quiet,
	}
}
