package tui

import (
	"context"
	"fmt"
	"os"

	tea "charm.land/bubbletea/v2"
)

// Options say where the screen is and what is on it.
type Options struct {
	Look  Look
	Place Place
	// Out is the terminal, which Environ describes (TERM, COLORTERM). Keys
	// come from standard input, or from the terminal where that is none.
	Out     *os.File
	Environ []string
	// NoColor leaves attributes such as bold.
	NoColor bool
}

// Run shows the browser until the user leaves it. It ends with an error when
// ctx does, with the terminal as it was. Signals are the caller's business:
// two that listen to them would wait for each other.
func Run(ctx context.Context, o Options) error {
	environ := o.Environ
	if o.NoColor {
		// Spelled so that bubbletea understands it: of NO_COLOR it takes
		// boolean values only.
		environ = append(environ[:len(environ):len(environ)], "NO_COLOR=1")
	}
	p := tea.NewProgram(New(ctx, o.Look, o.Place),
		tea.WithContext(ctx), tea.WithoutSignalHandler(),
		tea.WithOutput(o.Out), tea.WithEnvironment(environ))
	if _, err := p.Run(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("show the tui: %w", cause)
		}
		return fmt.Errorf("show the tui: %w", err)
	}
	return nil
}
