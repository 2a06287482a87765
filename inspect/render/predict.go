package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/world"
)

// EffectColumns are the columns of predict.
var EffectColumns = Columns[query.StepEffect]{
	Defaults: []string{"EFFECT", "NAMESPACE", "TARGET", "FSTYPE", "SOURCE", "PROPAGATION", "VIA", "OWNER", "WHY"},
	All: []Column[query.StepEffect]{
		{Name: "EFFECT", Help: "what happens to the mount: attach, detach, move, propagation, flags, stay, hide, show, ...", Text: func(e query.StepEffect) string { return string(e.Kind) }},
		{Name: "NAMESPACE", Help: "mount namespace; below zero for one that is not yet made", Text: effectSpace},
		{Name: "TARGET", Help: "mount point, before and after where it moves", Shrink: 1, Text: effectTarget},
		{Name: "FSTYPE", Help: "file system type", Text: func(e query.StepEffect) string { return e.Mount.FSType }},
		{Name: "SOURCE", Help: "source of the file system", Shrink: 2, Text: func(e query.StepEffect) string { return e.Mount.Source }},
		{Name: "ROOT", Help: "directory of the file system that is mounted", Shrink: 2, Text: func(e query.StepEffect) string { return e.Mount.Root }},
		{Name: "PROPAGATION", Help: "peer group and master; groups not yet born are below zero", Text: query.StepEffect.Propagation},
		{Name: "VIA", Help: "how it comes there: origin, peer or slave", Text: query.StepEffect.Way},
		{Name: "OWNER", Help: "container, pod or unit of the namespace", Shrink: 2, Text: effectOwner},
		{Name: "WHY", Help: "the rule, and the group it comes through", Shrink: 3, Text: query.StepEffect.Why},
		{Name: "ID", Help: "mount id, below zero for one that is not yet made", Right: true, Text: func(e query.StepEffect) string { return numberText(uint64(e.Mount.ID)) }},
		{Name: "PARENT", Help: "id of the mount it is on", Right: true, Text: func(e query.StepEffect) string { return numberText(uint64(e.Mount.Parent)) }},
		{Name: "MAJ:MIN", Help: "device number of the file system", Text: func(e query.StepEffect) string { return e.Mount.Dev.String() }},
	},
}

// futureNS names a namespace, which perhaps an operation makes.
func futureNS(ns predict.ID) string {
	if ns.New() {
		return fmt.Sprintf("new (%d)", ns)
	}
	return spaceName(uint64(ns), false)
}

func effectSpace(e query.StepEffect) string {
	if e.NS != nil && e.NS.Inferred {
		return spaceName(uint64(e.Mount.NS), true)
	}
	return futureNS(e.Mount.NS)
}

func effectTarget(e query.StepEffect) string {
	if e.Place() == "" {
		return "(out of reach)"
	}
	if e.Hidden && e.Kind != predict.Hide {
		return e.Place() + " (hidden)"
	}
	return e.Place()
}

func effectOwner(e query.StepEffect) string {
	if e.NS == nil {
		return ""
	}
	return e.World.OwnerOf(e.NS.Lead()).String()
}

// Prediction prints what each operation would do: warnings first, then a line
// that says whether it succeeds, then its effects. Without headings, or raw, it
// is the effects alone.
func Prediction(w io.Writer, p query.Prediction, cols []Column[query.StepEffect], style Style) error {
	for i, s := range p.Steps {
		if !style.NoHeadings && !style.Raw {
			if _, err := io.WriteString(w, stepHead(p, i)); err != nil {
				return err
			}
		}
		if len(s.Effects) == 0 {
			continue
		}
		if err := printRows(w, s.Effects, cols, style, func(e query.StepEffect) bool { return e.Hidden }); err != nil {
			return err
		}
	}
	return nil
}

// stepHead is the warning and the verdict of one operation.
func stepHead(p query.Prediction, i int) string {
	var b strings.Builder
	s := p.Steps[i]
	if i > 0 {
		b.WriteString("\n")
	}
	b.WriteString(loadsText(p, s))
	if len(p.Steps) > 1 {
		fmt.Fprintf(&b, "%d. ", i+1)
	}
	switch r := s.Result.Refusal; {
	case r != nil:
		fmt.Fprintf(&b, "%s would fail: %s: %s (%s)\n", Safe(s.Text), r.Errno, Safe(r.Text), r.Reason)
	case len(s.Effects) == 0:
		fmt.Fprintf(&b, "%s would succeed, and change nothing\n", Safe(s.Text))
	default:
		fmt.Fprintf(&b, "%s would succeed\n", Safe(s.Text))
	}
	return b.String()
}

// maxLoads is how many namespaces a warning lists.
const maxLoads = 20

// loadsText counts the mounts before harm is done.
func loadsText(p query.Prediction, s query.Step) string {
	if len(s.Loads) == 0 {
		return ""
	}
	var b strings.Builder
	total := 0
	for _, l := range s.Loads {
		total += l.Comes
	}
	fmt.Fprintf(&b, "WARNING: %s would make %s in %s", Safe(s.Text), counted(total, "mount"), counted(len(s.Loads), "namespace"))
	if p.Limit > 0 {
		fmt.Fprintf(&b, " (fs.mount-max is %d)", p.Limit)
	}
	b.WriteString("\n")
	for _, l := range s.Loads[:min(maxLoads, len(s.Loads))] {
		full := ""
		if p.Limit > 0 && uint64(l.Have+l.Comes) > p.Limit {
			full = ", more than fs.mount-max"
		}
		fmt.Fprintf(&b, "  %s has %s and would have %d%s\n", futureNS(l.NS), counted(l.Have, "mount"), l.Have+l.Comes, full)
	}
	if more := len(s.Loads) - maxLoads; more > 0 {
		fmt.Fprintf(&b, "  and %d more (JSON lists them)\n", more)
	}
	return b.String()
}

// FutureTables prints every table as it would be.
func FutureTables(w io.Writer, trees []query.Tree, cols []Column[*world.Mount], style TreeStyle) error {
	for _, t := range trees {
		if _, err := fmt.Fprintf(w, "\n%s afterwards\n", futureNS(predict.ID(t.View.Table.NS.Ino))); err != nil {
			return err
		}
		if err := Tree(w, t, cols, style); err != nil {
			return err
		}
	}
	return nil
}
