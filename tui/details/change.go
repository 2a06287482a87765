package details

import (
	"fmt"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/tui/preview"
)

// changeFields are what would happen to the mount, and by which rule.
func changeFields(c *preview.Change) []field {
	if c == nil {
		return nil
	}
	var list []field
	for _, e := range c.Effects {
		list = append(list, field{"if so", effectText(e)}, field{"why", e.Why()})
	}
	return list
}

// effectText says what happens, where, and how it comes there.
func effectText(e query.StepEffect) string {
	var text string
	switch e.Kind {
	case predict.Attach:
		text = "it is new"
		switch {
		case e.Beneath != 0:
			text += ", beneath what is mounted there"
		case e.Hidden:
			text += ", and hidden"
		}
	case predict.Detach:
		text = "it is gone"
	case predict.MoveTo:
		if text = "it moves: " + e.Place(); e.Was.Point == e.Mount.Point {
			text = fmt.Sprintf("it moves onto mount %d", e.Mount.Parent)
		}
	case predict.Change:
		text = "propagation: " + e.Propagation()
	case predict.Reflag:
		text = "its flags change"
	case predict.Stay:
		text = "it stays"
	case predict.Pruned:
		text = "it is left out"
	case predict.Hide:
		text = "it is hidden"
	case predict.Show:
		text = "it is seen again"
	default:
		text = string(e.Kind)
	}
	if way := e.Way(); way != "origin" {
		text += ", as " + way
	}
	return text
}

// groupChangeFields are what would happen to a peer group.
func groupChangeFields(g *preview.Group) []field {
	if g == nil {
		return nil
	}
	switch g.Kind {
	case preview.New:
		return []field{{"if so", "it is new"}}
	case preview.Gone:
		return []field{{"if so", "it is gone"}}
	}
	if list := countFields(preview.Count{New: g.Came(), Gone: len(g.Left)}); list != nil {
		return list
	}
	return []field{{"if so", "its master changes"}}
}

// countFields are how many mounts a namespace or a group would gain and lose.
func countFields(c preview.Count) []field {
	var parts []string
	for _, p := range []struct {
		n    int
		text string
	}{{c.New, "more"}, {c.Gone, "gone"}, {c.Changed, "changed"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.text))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []field{{"if so", "mounts: " + strings.Join(parts, ", ")}}
}
