package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/world"
)

// Explain prints a verdict for a person: the answer, the way or the broken
// link, the lines it rests on, and what to type.
func Explain(w io.Writer, v query.Verdict, of *world.World) error {
	var b strings.Builder
	if v.To == nil {
		explainPlace(&b, v)
	} else {
		verdict(&b, v, of)
	}
	if v.Now != nil {
		b.WriteString("\nWhat is mounted there now: ")
		verdict(&b, *v.Now, of)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func verdict(b *strings.Builder, v query.Verdict, of *world.World) {
	fmt.Fprintf(b, "%s: %s (%s)\n", strings.ToUpper(string(v.Answer)), Safe(v.Text), v.Reason)
	if len(v.Hops) > 1 {
		b.WriteString("\nThe way it takes:\n")
		for _, h := range v.Hops {
			fmt.Fprintf(b, "  %s\n", Safe(hopText(h, of)))
		}
	}
	evidence(b, v.Evidence, of)
	fixes(b, v.Fix)
}

func fixes(b *strings.Builder, list []query.Fix) {
	if len(list) > 0 {
		b.WriteString("\nWhat changes it:\n")
	}
	for _, f := range list {
		fmt.Fprintf(b, "  %s\n    helps %s\n", Safe(f.Command), Safe(f.Helps))
	}
}

// evidence prints the lines of mountinfo that the answer rests on.
func evidence(b *strings.Builder, mounts []*world.Mount, of *world.World) {
	b.WriteString("\nSeen in mountinfo:\n")
	for _, m := range mounts {
		fmt.Fprintf(b, "  %s\n    %s\n", Safe(nsTitle(m.View, of)), Safe(m.Line()))
	}
}

func hopText(h query.Hop, of *world.World) string {
	if h.Mount == nil {
		return fmt.Sprintf("-> group %v, of which no namespace that was read has a member", h.Group)
	}
	text := fmt.Sprintf("%s in %s", h.Point, nsTitle(h.Mount.View, of))
	switch h.Via {
	case predict.Peer:
		return fmt.Sprintf("-> %s, a peer in group %v", text, h.Group)
	case predict.Slave:
		return fmt.Sprintf("-> %s, which receives from group %v", text, h.Group)
	}
	return text
}

// nsTitle names a view: its namespace and who owns it.
func nsTitle(v *world.View, of *world.World) string {
	title := viewName(v)
	if v.PID != 0 {
		title = fmt.Sprintf("process %d's view of %s", v.PID, title)
	}
	if v.NS != nil {
		if owner := of.OwnerOf(v.NS.Lead()).String(); owner != "" {
			title += " (" + owner + ")"
		}
	}
	return title
}

// explainPlace prints what a mount made at one place would do.
func explainPlace(b *strings.Builder, v query.Verdict) {
	if len(v.Arrivals) == 0 || v.Reason == query.SourceDeleted || v.Reason == query.MountMax {
		fmt.Fprintf(b, "%s: %s (%s)\n", strings.ToUpper(string(v.Answer)), Safe(v.Text), v.Reason)
		return
	}
	m := v.Arrivals[0].On
	fmt.Fprintf(b, "%s lies on the mount at %s: %s\n", Safe(v.From.String()), Safe(m.Point), Safe(sourceText(m)))
	fmt.Fprintf(b, "%s\n", Safe(v.Text))
	if len(v.Arrivals) > 1 {
		b.WriteString("\nA mount made there appears at:\n")
		for _, a := range v.Arrivals {
			fmt.Fprintf(b, "  %-5s %s\n", a.Via, Safe(arrivalText(a)))
		}
	} else if hidden := predict.Hides(v.Arrivals[0]); len(hidden) > 0 {
		fmt.Fprintf(b, "\nA mount made there%s\n", Safe(hidesText(hidden)))
	}
	fmt.Fprintf(b, "\nSeen in mountinfo:\n  %s\n", Safe(m.Line()))
	fixes(b, v.Fix)
}

func arrivalText(a predict.Arrival) string {
	text := strconv.FormatUint(a.On.View.Table.NS.Ino, 10) + ":" + a.Point
	switch {
	case a.Beneath != nil:
		text += fmt.Sprintf(" (beneath %s, which stays on top)", a.Beneath.Source)
	case a.Hidden:
		text += " (hidden by another mount)"
	}
	return text + hidesText(predict.Hides(a))
}

// maxHides is how many mounts that go out of sight a line names.
const maxHides = 3

func hidesText(list []*world.Mount) string {
	if len(list) == 0 {
		return ""
	}
	names := make([]string, 0, maxHides+1)
	for _, m := range list[:min(maxHides, len(list))] {
		names = append(names, m.Point)
	}
	if more := len(list) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return ", hides " + strings.Join(names, ", ")
}

// ExplainJSON prints a verdict.
func ExplainJSON(w io.Writer, v query.Verdict) error {
	j := newJSON(w)
	return j.document(func() {
		verdictFields(j, v)
		if v.To == nil {
			j.field("arrivals", false)
			j.array(len(v.Arrivals), func(i int) { arrivalObject(j, v.Arrivals[i]) })
		}
		if v.Now != nil {
			j.field("now", false)
			j.open("{")
			verdictFields(j, *v.Now)
			j.close("}")
		}
		j.gaps(v.Gaps)
	})
}

func verdictFields(j *jsonWriter, v query.Verdict) {
	j.field("verdict", true)
	j.value(string(v.Answer))
	j.field("reason", false)
	j.value(string(v.Reason))
	j.field("text", false)
	j.value(v.Text)
	j.field("hops", false)
	j.array(len(v.Hops), func(i int) {
		h := v.Hops[i]
		hopPlace(j, h)
		j.field("group", false)
		j.value(numberJSON(uint64(h.Group)))
		j.field("via", false)
		j.value(string(h.Via))
	})
	lines := make([]string, len(v.Evidence))
	for i, m := range v.Evidence {
		lines[i] = m.Line()
	}
	j.field("evidence", false)
	j.value(lines)
	fixes := make([]string, len(v.Fix))
	for i, f := range v.Fix {
		fixes[i] = f.Command + " # helps " + f.Helps
	}
	j.field("fix", false)
	j.value(fixes)
}

// hopPlace writes where a hop is: nowhere that was seen, for a group without a
// member.
func hopPlace(j *jsonWriter, h query.Hop) {
	var ns, target any
	if h.Mount != nil {
		ns, target = h.Mount.View.Table.NS.Ino, h.Point
	}
	j.field("ns", true)
	j.value(ns)
	j.field("target", false)
	j.value(target)
}

func arrivalObject(j *jsonWriter, a predict.Arrival) {
	j.field("ns", true)
	j.value(a.On.View.Table.NS.Ino)
	j.field("target", false)
	j.value(a.Point)
	j.field("mount_id", false)
	j.value(uint64(a.On.ID))
	j.field("via", false)
	j.value(string(a.Via))
	j.field("beneath", false)
	j.value(a.Beneath != nil)
	j.field("hidden", false)
	j.value(a.Hidden)
	hidden := predict.Hides(a)
	points := make([]string, len(hidden))
	for i, m := range hidden {
		points[i] = m.Point
	}
	j.field("hides", false)
	j.value(points)
}
