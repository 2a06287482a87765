package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/tui/names"
	"github.com/nsview/nsview/tui/preview"
)

// Foresee says what operations would do, each as by a place unless it names
// another TARGET: on the host as it is now, or with from as it was then.
type Foresee func(ctx context.Context, from *snapshot.Snapshot, by Place, asks []predict.Ask) (query.Prediction, error)

// whatIf is the prediction that is shown.
type whatIf struct {
	preview    *preview.Preview // nil for what is
	before     tables           // what it is of: the tables as they are
	by         Place            // who does it
	effects    string           // what it does, in words
	tried      string           // the operations last asked for
	foreseeing bool
	foresight  int // of the last prediction asked for; older answers are dropped
}

// foreseen is the answer of a prediction.
type foreseen struct {
	foresight int
	by        Place
	preview   *preview.Preview
	tables
	text string // the verdict with all effects
	err  error
}

// askPredict asks for operations to predict, as by who is in the chosen
// namespace; in a preview as by the same as before.
func (m *Model) askPredict() {
	n := m.spaces.Selected()
	switch {
	case m.options.Foresee == nil:
		m.message = "nothing can be predicted here"
		return
	case !m.whole:
		m.message = "the mount tables are still being read"
		return
	case n == nil:
		m.message = "choose a namespace first"
		return
	}
	x, by := m.chosen(), Place{NS: n.ID.Ino}
	if x != nil {
		by.NS = x.View.Table.NS.Ino
	}
	if by.NS == m.place.NS {
		by.PID = m.place.PID
	}
	list := operationsAt(x)
	if m.preview != nil {
		by, list = m.by, append([]string{m.preview.Line}, list...)
	}
	m.askOperations(by, list)
}

// askOperations asks with what is offered. A line that was no operation can be
// mended; another that was tried comes first on the way up.
func (m *Model) askOperations(by Place, offers []string) {
	if m.tried != "" {
		if _, err := predict.Parse(m.tried); err != nil {
			offers = append([]string{m.tried}, offers...)
		} else {
			offers = append(offers, m.tried)
		}
	}
	m.ask("if in "+m.book.Short(by.NS)+":", offers[0], func(m *Model, line string) tea.Cmd { return m.foresee(by, line) })
	m.prompt.Offers = offers
	v := m.world.View(by.NS, by.PID)
	m.prompt.Complete = func(text string) []string { return completions(text, v) }
}

// foresee has operations predicted.
func (m *Model) foresee(by Place, line string) tea.Cmd {
	m.tried = line
	asks, err := predict.Parse(line)
	if err != nil {
		m.message = render.Safe(err.Error())
		return nil
	}
	m.foresight++
	m.foreseeing, m.busy = true, "predicting "+render.Safe(line)
	ctx, ask, width, foresight := m.ctx, m.options.Foresee, max(m.width-2, 20), m.foresight
	var rec *watch.Recording
	seq := m.moment
	if m.live != nil && (m.inPast() || m.options.Recording != nil) {
		rec = m.live.rec
	}
	return func() tea.Msg {
		var from *snapshot.Snapshot
		if rec != nil {
			from = rec.Snapshot(seq)
		}
		p, err := ask(ctx, from, by, asks)
		if err != nil {
			return foreseen{foresight: foresight, err: err}
		}
		text, err := effectsText(p, width)
		if err != nil {
			return foreseen{foresight: foresight, err: err}
		}
		v := preview.Of(line, p)
		return foreseen{foresight: foresight, by: by, preview: v, tables: tablesOf(v.After), text: text}
	}
}

// takeForeseen shows the tables as they would be. What would change nothing, or
// needs a warning, is told in words.
func (m *Model) takeForeseen(msg foreseen) {
	if msg.foresight != m.foresight || m.ctx.Err() != nil {
		return
	}
	m.foreseeing, m.busy = false, ""
	if msg.err != nil {
		m.message = render.Safe(msg.err.Error())
		return
	}
	if msg.preview.Empty() {
		m.endPreview()
		m.read("Prediction", msg.text)
		return
	}
	if m.preview == nil {
		m.before = tables{m.world, m.groups}
	}
	m.preview, m.by, m.effects = msg.preview, msg.by, msg.text
	m.world, m.groups = msg.world, msg.groups
	m.showSpaces()
	m.follow()
	m.toFirstEffect()
	if alarming(msg.preview.Prediction) && m.prompt == nil && m.pager == nil && m.choice == nil {
		m.openEffects()
	}
}

// toFirstEffect chooses the mount that it begins with, where its namespace is
// shown.
func (m *Model) toFirstEffect() {
	n := m.spaces.Selected()
	if n == nil || n.ID.Ino != m.by.NS {
		return
	}
	for _, s := range m.preview.Prediction.Steps {
		for _, e := range s.Effects {
			if uint64(e.Mount.NS) == m.by.NS && m.mounts.Select(snapshot.MountID(e.Mount.ID)) {
				m.tell()
				return
			}
		}
	}
}

// toNextChange goes to the next mount that would change, in this namespace or the
// next.
func (m *Model) toNextChange() {
	if m.preview == nil {
		m.message = "nothing is predicted; P predicts an operation"
		return
	}
	if !m.mounts.ToChange(m.mounts.Cursor()+1) && m.spaces.ToChange() {
		m.follow()
		m.mounts.ToChange(0)
	}
	m.setFocus(OnMounts)
}

// endPreview shows what is again, as it was when the preview began, and gives up
// a prediction that is under way.
func (m *Model) endPreview() {
	m.foresight++
	if m.foreseeing {
		m.foreseeing, m.busy = false, ""
	}
	if m.preview == nil {
		return
	}
	if n := m.spaces.Selected(); n != nil && names.Unborn(n.ID.Ino) {
		m.spaces.Select(m.by.NS)
	}
	m.world, m.groups = m.before.world, m.before.groups
	m.preview, m.before, m.effects = nil, tables{}, ""
	m.showSpaces()
	m.follow()
}

// toPresent leaves the preview. What happened meanwhile is shown, unless it is
// held back.
func (m *Model) toPresent() tea.Cmd {
	shown := m.preview != nil
	m.endPreview()
	if m.live == nil || m.paused || !shown {
		return nil
	}
	m.generation++
	return m.readMoment()
}
