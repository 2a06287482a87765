package tui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/names"
	"github.com/nsview/nsview/tui/pager"
	"github.com/nsview/nsview/tui/prompt"
)

// answered is a text to show, or what was done, or why it was not.
type answered struct {
	title, text string
	mounts      []*world.Mount // to choose from
	done        string
	err         error
}

func (m *Model) takeAnswer(msg answered) {
	m.busy = ""
	switch {
	case msg.err != nil:
		m.message = render.Safe(msg.err.Error())
	case msg.done != "":
		m.message = msg.done
	case msg.mounts != nil:
		m.offer(msg.title, msg.mounts)
	default:
		m.read(msg.title, msg.text)
	}
}

// read shows a text, which is harmless already, over the screen.
func (m *Model) read(title, text string) {
	var lines []pager.Line
	for l := range strings.Lines(strings.TrimRight(text, "\n")) {
		l = strings.TrimRight(l, "\n")
		lines = append(lines, pager.Line{Text: l, Heading: strings.HasSuffix(l, ":") && !strings.HasPrefix(l, " ")})
	}
	p := pager.New(title, lines, m.theme.Pager)
	m.pager = &p
	m.resize(m.width, m.height)
}

// holders asks the host what keeps the chosen mount busy.
func (m *Model) holders() tea.Cmd {
	x := m.chosen()
	switch {
	case x == nil:
		m.message = "choose a mount first"
		return nil
	case m.preview != nil:
		m.message = "this is a prediction: the host cannot be asked; Esc goes back to the present"
		return nil
	case m.options.Holders == nil:
		m.message = "a saved host cannot be asked what holds a mount"
		return nil
	case m.inPast():
		m.message = "what held a mount in the past is not recorded; go back to now first"
		return nil
	}
	m.busy = "asking what holds " + m.book.Mount(x)
	ctx, ask, width := m.ctx, m.options.Holders, max(m.width-2, 20)
	target, title := fmt.Sprintf("mnt:[%d]:%s", x.View.Table.NS.Ino, x.Point), "Holders of "+m.book.Mount(x)
	return func() tea.Msg {
		answer, err := ask(ctx, target)
		if err != nil {
			return answered{err: err}
		}
		var b bytes.Buffer
		cols, err := render.HolderColumns.Choose("")
		if err == nil {
			err = errors.Join(render.Holders(&b, answer, cols, render.Style{Width: width}), plan(&b, answer))
		}
		return answered{title: title, text: b.String(), err: err}
	}
}

// plan adds the commands that would release it, which the table cuts.
func plan(b *bytes.Buffer, answer query.Holders) error {
	if len(answer.Rows)+len(answer.Suspects) == 0 {
		return nil
	}
	b.WriteString("\nTo be rid of it, in order:\n")
	return render.Plan(b, answer)
}

// export asks for a file's name and draws the peer groups into it.
func (m *Model) export() {
	if !m.whole {
		m.message = "the mount tables are still being read"
		return
	}
	m.ask("draw the peer groups into (.svg, .dot, .mmd):", "groups.svg", func(m *Model, name string) tea.Cmd {
		draw := render.Graphs[strings.TrimPrefix(filepath.Ext(name), ".")]
		if draw == nil {
			m.message = "draw " + render.Safe(name) + ": the name must end in .svg, .dot or .mmd"
			return nil
		}
		w, save := m.world, m.options.Save
		return func() tea.Msg {
			groups, _ := query.PeerGroups(w, query.GroupsQuery{}) // fails for numbers that are asked for only
			if err := save(name, func(out io.Writer) error { return draw(out, query.Propagation(w, groups)) }); err != nil {
				return answered{err: fmt.Errorf("draw %s: %w", name, err)}
			}
			return answered{done: "drew " + render.Safe(name)}
		}
	})
}

// search asks for a text and lists the mounts of all namespaces in which it
// occurs.
func (m *Model) search() {
	if !m.whole {
		m.message = "the mount tables are still being read"
		return
	}
	m.ask("search all namespaces for:", "", func(m *Model, text string) tea.Cmd {
		w, lower := m.world, strings.ToLower(text)
		return func() tea.Msg {
			var found []*world.Mount
			for _, v := range w.Views {
				for _, x := range v.Mounts {
					if v.PID == 0 && names.Match(lower, x.Point, x.Source, x.FSType) {
						found = append(found, x)
					}
				}
			}
			if len(found) == 0 {
				return answered{done: "no mount of any namespace has " + render.Safe(text)}
			}
			return answered{title: "Mounts with " + render.Safe(text), mounts: found}
		}
	})
}

func mountText(x *world.Mount) string {
	return render.Safe(x.FSType + " " + x.Source + "  " + x.Propagation())
}

// question is what is done with the answer to a prompt.
type question struct {
	live bool // with every key
	do   func(*Model, string) tea.Cmd
}

// safeLines makes a text of several lines harmless for a terminal.
func safeLines(text string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		b.WriteString(render.Safe(strings.TrimRight(l, "\n")) + "\n")
	}
	return b.String()
}

// ask asks for a text on the last line.
func (m *Model) ask(label, text string, do func(*Model, string) tea.Cmd) {
	p := prompt.New(label, text, m.theme.Prompt)
	m.prompt, m.asked = &p, question{do: do}
	m.resize(m.width, m.height)
}
