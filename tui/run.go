package tui

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/watch"
)

// Options say what is shown, and where.
type Options struct {
	Look  Look
	Place Place
	// Watch begins to follow the host; nil for a saved one, where nothing
	// happens. It is called in a command, and so is what it returns.
	Watch func(ctx context.Context) (Watcher, error)
	// Recording is shown in place of a host; Look and Watch are not used then.
	Recording *watch.Recording
	// Note is said at the beginning, "" for nothing.
	Note string
	// Holders asks the host what keeps a TARGET:PATH busy; nil where that
	// cannot be asked. It is called in a command.
	Holders func(ctx context.Context, target string) (query.Holders, error)
	// Foresee predicts operations; nil where that cannot be done. It is called
	// in a command.
	Foresee Foresee
	// Starts lists what can be started here; nil for nothing.
	Starts func() ([]Start, error)
	// Save writes a file as a whole.
	Save func(name string, write func(io.Writer) error) error

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
	reading, stop := context.WithCancel(ctx) // what is read when the user leaves is not waited for
	defer stop()
	var p *tea.Program
	p = tea.NewProgram(sleeper{Model: New(reading, o), ticker: func() *time.Ticker { return tickerOf(p) }},
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
