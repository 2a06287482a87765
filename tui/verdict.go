package tui

import (
	"bytes"
	"fmt"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
)

// alarming: one step would fail, or make a great many mounts.
func alarming(p query.Prediction) bool {
	for _, s := range p.Steps {
		if !s.Result.OK() || len(s.Loads) > 0 {
			return true
		}
	}
	return false
}

// openEffects tells in words what is predicted.
func (m *Model) openEffects() {
	if m.preview == nil {
		m.message = "nothing is predicted; P predicts an operation"
		return
	}
	m.read("If: "+render.Safe(m.preview.Line), m.effects)
}

// verdict is the prediction in a few words.
func (m *Model) verdict() string {
	p := m.preview.Prediction
	text := "ok"
	if len(p.Doubts()) > 0 {
		text = "ok, not certain"
	}
	for i, s := range p.Steps {
		if r := s.Result.Refusal; r != nil {
			text = string(r.Errno)
			if len(p.Steps) > 1 {
				text += fmt.Sprintf(" in step %d", i+1)
			}
			break
		}
	}
	all, spaces := m.preview.Total()
	text += fmt.Sprintf(" · +%d -%d ~%d in %d namespace", all.New, all.Gone, all.Changed, spaces)
	if spaces != 1 {
		text += "s"
	}
	return "IF: " + text
}

// maxEffects is how many effects of an operation are told one by one.
const maxEffects = 500

// effectColumns leaves out on a narrow screen what the trees tell too.
func effectColumns(width int) string {
	if width < wideWidth {
		return "EFFECT,NAMESPACE,TARGET,VIA,WHY"
	}
	return ""
}

// effectsText is the verdict on each operation with its effects, then what is
// not certain and what could not be seen.
func effectsText(p query.Prediction, width int) (string, error) {
	var b bytes.Buffer
	cols, err := render.EffectColumns.Choose(effectColumns(width))
	if err != nil {
		return "", err
	}
	short, left := p, 0
	short.Steps = append([]query.Step(nil), p.Steps...)
	for i := range short.Steps {
		s := &short.Steps[i]
		left += max(0, len(s.Effects)-maxEffects)
		s.Effects = s.Effects[:min(len(s.Effects), maxEffects)]
	}
	if err := render.Prediction(&b, short, cols, render.Style{Width: width}); err != nil {
		return "", err
	}
	if left > 0 {
		fmt.Fprintf(&b, "\nand %d more effects (nsview predict lists them)\n", left)
	}
	for _, part := range []struct {
		title string
		list  []string
	}{{"Not certain:", p.Doubts()}, {"Not among the effects:", p.Unseen}} {
		if len(part.list) > 0 {
			fmt.Fprintf(&b, "\n%s\n", part.title)
		}
		for i, text := range part.list {
			if i == maxEffects {
				fmt.Fprintf(&b, "  and %d more\n", len(part.list)-i)
				break
			}
			fmt.Fprintf(&b, "  %s\n", render.Safe(text))
		}
	}
	return b.String(), nil
}
