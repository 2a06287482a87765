package query

import (
	"fmt"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/world"
)

// ruleTexts say in plain words why an effect happens: %[1]d is the group that
// it comes through.
var ruleTexts = map[predict.Rule]string{
	predict.Asked:          "asked for",
	predict.SharedParent:   "what it is mounted on is shared, so it becomes shared",
	predict.ToPeer:         "its parent is a peer in group %[1]d",
	predict.ToSlave:        "its parent receives from group %[1]d",
	predict.WithParent:     "comes along with what it is mounted on",
	predict.Tucked:         "was there already: the new one goes beneath it",
	predict.SlidesBack:     "slides down, as what it was on goes away",
	predict.ChildKeeps:     "stays, as a mount inside it stays",
	predict.LockKeeps:      "stays, as it is locked to what it is mounted on",
	predict.PlaceRemoved:   "the directory that it is mounted on is removed",
	predict.LastOfGroup:    "its peer group ends, and its slaves go to the group above",
	predict.JoinsGroup:     "joins the peer group",
	predict.ClonedAsPeer:   "a clone of a namespace has peers of its shared mounts",
	predict.ClonedAsSlave:  "a less privileged namespace gets slaves of shared mounts",
	predict.ClonedPrivate:  "copied with the namespace",
	predict.ClonedLocked:   "locked, as it came with the namespace",
	predict.UnbindableLost: "this kernel's clones of namespaces lose unbindable",
	predict.UnbindableSkip: "not copied: it is unbindable",
	predict.NamespaceSkip:  "not copied: it shows a mount namespace",
}

// Why says which rule makes an effect, and through which group.
func (e StepEffect) Why() string {
	switch {
	case e.Kind == predict.Hide:
		return "another mount covers it now"
	case e.Kind == predict.Show:
		return "nothing covers it any more"
	case e.Kind == predict.Change && e.Rule != predict.Asked && e.Was.Master != 0 && e.Was.Master != e.Mount.Master:
		return fmt.Sprintf("group %d, which it received from, has no member any more", e.Was.Master)
	}
	text, ok := ruleTexts[e.Rule]
	switch {
	case ok:
	case e.Rule != "":
		text = string(e.Rule)
	case e.Kind == predict.Attach:
		text = "copied with the namespace"
	}
	group := predict.ID(0)
	if n := len(e.Through); n > 0 {
		group = e.Through[n-1]
	}
	if e.Rule == predict.ToPeer || e.Rule == predict.ToSlave {
		if group == 0 {
			text = "received from where it was asked for"
		} else {
			text = fmt.Sprintf(text, group)
		}
	}
	if e.Kind == predict.Attach && e.Beneath != 0 {
		text += "; goes beneath what is mounted there, which stays in sight"
	}
	return text
}

// Propagation is the state of the mount; of one that changes, both.
func (e StepEffect) Propagation() string {
	now := propagationOf(e.Mount)
	if was := propagationOf(e.Was); e.Kind == predict.Change && was != now {
		return was + " -> " + now
	}
	return now
}

func propagationOf(r predict.Row) string {
	m := mountOf(r)
	return (&world.Mount{Mount: &m}).Propagation()
}

// Place is the mount point; of one that moves, both.
func (e StepEffect) Place() string {
	if e.Kind == predict.MoveTo && e.Was.Point != e.Mount.Point {
		return e.Was.Point + " -> " + e.Mount.Point
	}
	return e.Mount.Point
}

// Way says how it comes there: "origin" for what was asked for.
func (e StepEffect) Way() string {
	if e.Via == predict.Self || e.Via == "" {
		return "origin"
	}
	return string(e.Via)
}
