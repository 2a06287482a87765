package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/tui/choice"
)

// Start is something that can be started and watched: a lab, a container.
// One of Screen and Run is set.
type Start struct {
	Name, Text string
	// Screen gives the terminal to a program until it ends, which done is told.
	Screen func(done func(error) tea.Msg) tea.Cmd
	// Run runs a program to its end, or that of the context, and returns what
	// it printed. It is called in a command.
	Run func(ctx context.Context) (string, error)
}

// started says that a program begun here has ended.
type started struct {
	name, text string
	err        error
}

// openStarts lists what can be started here.
func (m *Model) openStarts() {
	if m.options.Starts == nil {
		m.message = "nothing can be started on a saved host"
		return
	}
	all, err := m.options.Starts()
	if err != nil {
		m.message = render.Safe(err.Error())
		return
	}
	rows := make([]choice.Row, len(all))
	for i, s := range all {
		rows[i] = choice.Row{Name: render.Safe(s.Name), Text: render.Safe(s.Text), Value: s}
	}
	m.offerRows("Start, and see what happens", rows)
}

// start starts something. What it mounts shows as it happens.
func (m *Model) start(s Start) tea.Cmd {
	if s.Screen != nil {
		return s.Screen(func(err error) tea.Msg { return started{name: s.Name, err: err} })
	}
	m.message = s.Name + " is started"
	ctx := m.ctx
	return func() tea.Msg {
		text, err := s.Run(ctx)
		return started{s.Name, text, err}
	}
}

// takeStarted shows what a program printed, unless the user is at something
// else.
func (m *Model) takeStarted(msg started) {
	switch idle := m.prompt == nil && m.pager == nil && m.choice == nil; {
	case m.ctx.Err() != nil:
	case msg.text != "" && idle:
		m.read(render.Safe(msg.name), safeLines(msg.text))
	case msg.err != nil:
		m.message = render.Safe(fmt.Sprintf("%s: %v", msg.name, msg.err))
	default:
		m.message = render.Safe(msg.name) + " has ended"
	}
}
