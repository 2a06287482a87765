package render

import (
	"io"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/world"
)

// PredictionJSON prints what operations would do; with trees, also every table
// as it would be, in the shape of tree.
func PredictionJSON(w io.Writer, p query.Prediction, trees []query.Tree, cols []Column[*world.Mount]) error {
	j := newJSON(w)
	return j.document(func() {
		j.field("steps", true)
		j.array(len(p.Steps), func(i int) { stepObject(j, p.Steps[i]) })
		if trees != nil {
			j.field("after", false)
			j.open("{")
			j.field("namespaces", true)
			j.array(len(trees), func(i int) {
				j.field("ns", true)
				j.value(viewNumber(trees[i].View))
				filesystems(j, trees[i], cols, false, false)
			})
			j.close("}")
		}
		j.field("unseen", false)
		j.value(p.Unseen)
		j.gaps(p.Gaps)
	})
}

func stepObject(j *jsonWriter, s query.Step) {
	j.field("op", true)
	j.value(s.Text)
	result, reason, text := any("ok"), any(nil), any(nil)
	if r := s.Result.Refusal; r != nil {
		result, reason, text = string(r.Errno), string(r.Reason), r.Text
	}
	j.field("result", false)
	j.value(result)
	j.field("reason", false)
	j.value(reason)
	j.field("text", false)
	j.value(text)
	j.field("doubts", false)
	j.value(s.Result.Doubts)
	j.field("loads", false)
	j.array(len(s.Loads), func(i int) {
		j.field("ns", true)
		j.value(int(s.Loads[i].NS))
		j.field("mounts", false)
		j.value(s.Loads[i].Have)
		j.field("more", false)
		j.value(s.Loads[i].Comes)
	})
	j.field("effects", false)
	j.array(len(s.Effects), func(i int) { effectObject(j, s.Effects[i]) })
}

func effectObject(j *jsonWriter, e query.StepEffect) {
	j.field("kind", true)
	j.value(string(e.Kind))
	for _, f := range []struct {
		key   string
		value any
	}{
		{"ns", spaceJSON(e)},
		{"target", orNull(e.Mount.Point)},
		{"fstype", orNull(e.Mount.FSType)},
		{"source", orNull(e.Mount.Source)},
		{"root", orNull(e.Mount.Root)},
		{"propagation", propagationJSON(e)},
		{"beneath", e.Beneath != 0},
		{"hidden", e.Hidden},
		{"via", e.Way()},
		{"why", e.Why()},
		{"rule", orNull(string(e.Rule))},
		{"mount_id", int(e.Mount.ID)},
		{"parent", int(e.Mount.Parent)},
		{"was", wasJSON(e)},
	} {
		j.field(f.key, false)
		j.value(f.value)
	}
}

// spaceJSON is the number of the namespace, null where it names nothing in the
// kernel.
func spaceJSON(e query.StepEffect) any {
	if e.NS != nil && e.NS.Inferred {
		return nil
	}
	return int(e.Mount.NS)
}

// propagationJSON is the state afterwards alone.
func propagationJSON(e query.StepEffect) string {
	e.Was = e.Mount
	return e.Propagation()
}

// wasJSON is what a mount was that stays: its mount point, or its propagation.
func wasJSON(e query.StepEffect) any {
	switch {
	case e.Was.Point != "" && e.Was.Point != e.Mount.Point:
		return e.Was.Point
	case e.Was.ID != 0 && e.Propagation() != propagationJSON(e):
		e.Mount = e.Was
		return e.Propagation()
	}
	return nil
}
