package render

import (
	"io"
	"strings"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// HoldersJSON prints what keeps a target busy.
func HoldersJSON(w io.Writer, a query.Holders) error {
	j := newJSON(w)
	return j.document(func() {
		j.field("target", true)
		targetObject(j, &a.Target)
		j.field("sb", false)
		superblocks(j, a)
		j.field("alive_evidence", false)
		where := make([]string, len(a.Alive))
		for i, alive := range a.Alive {
			where[i] = alive.Where
		}
		j.value(where)
		j.field("verdicts", false)
		j.open("{")
		verdictObject(j, "umount", a.Umount, true)
		verdictObject(j, "device", a.Device, false)
		verdictObject(j, "remove", a.Remove, false)
		j.close("}")
		holderObjects(j, "holders", a.Rows)
		holderObjects(j, "suspects", a.Suspects)
		holderObjects(j, "not_blocking", a.Others)
		j.field("release_plan", false)
		j.value(a.Plan())
		coverageObject(j, a)
		j.gaps(a.Gaps)
	})
}

func targetObject(j *jsonWriter, t *query.HoldTarget) {
	j.open("{")
	j.field("text", true)
	j.value(t.Text)
	j.field("kind", false)
	j.value(string(t.Kind))
	j.field("path", false)
	j.value(orNull(t.Place.Path))
	j.field("block", false)
	j.value(orNull(t.Block))
	j.field("namespace", false)
	j.value(orNull(t.NSLink))
	j.close("}")
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// superblocks writes the file systems with what one of their mounts tells.
func superblocks(j *jsonWriter, a query.Holders) {
	j.array(len(a.Target.Devs), func(i int) {
		dev := a.Target.Devs[i]
		j.field("maj:min", true)
		j.value(dev.String())
		var m *world.Mount
		for _, h := range a.Rows {
			if h.Mount != nil && h.Mount.Dev == dev {
				m = h.Mount
			}
		}
		if place := a.Target.Place.Mount; place != nil && place.Dev == dev {
			m = place
		}
		var fstype, source any
		if m != nil {
			fstype, source = m.FSType, m.Source
		}
		j.field("fstype", false)
		j.value(fstype)
		j.field("source", false)
		j.value(source)
	})
}

func verdictObject(j *jsonWriter, name string, v query.HoldVerdict, first bool) {
	j.field(name, first)
	j.open("{")
	j.field("answer", true)
	j.value(v.Answer)
	j.field("errno", false)
	j.value(orNull(v.Errno))
	j.field("text", false)
	j.value(v.Text)
	j.close("}")
}

func holderObjects(j *jsonWriter, key string, rows []query.Holder) {
	j.field(key, false)
	j.array(len(rows), func(i int) { holderObject(j, rows[i]) })
}

func holderObject(j *jsonWriter, h query.Holder) {
	j.field("kind", true)
	j.value(h.Kind)
	j.field("count", false)
	j.value(h.Count)
	j.field("blocks", false)
	j.value(h.Blocks.Purposes())
	j.field("goes_with_umount", false)
	j.value(h.Goes)
	j.field("ns", false)
	spaceObject(j, h.NS)
	j.field("mount", false)
	mountObject(j, h)
	j.field("task", false)
	taskObject(j, h)
	ownerFields(j, h.Owner)
	j.field("where", false)
	j.value(h.Where)
	j.field("evidence", false)
	j.value(h.Why)
	j.field("release", false)
	j.value(h.Release)
}

func spaceObject(j *jsonWriter, n *world.Namespace) {
	if n == nil {
		j.value(nil)
		return
	}
	j.open("{")
	j.field("inode", true)
	j.value(n.ID.Ino)
	j.field("id", false)
	j.value(numberJSON(n.UniqueID))
	j.field("nprocs", false)
	j.value(len(n.Processes))
	j.field("heldby", false)
	j.value(query.NamespaceRow{Namespace: n, World: &world.World{}}.HeldBy())
	j.close("}")
}

// mountObject writes the mount. Of a detached one only the number is known.
func mountObject(j *jsonWriter, h query.Holder) {
	m := h.Mount
	switch {
	case m == nil && (h.Use == nil || h.Use.Mount == 0):
		j.value(nil)
		return
	case m == nil:
		m = &world.Mount{Mount: &snapshot.Mount{ID: h.Use.Mount}}
	}
	j.open("{")
	j.field("id", true)
	j.value(uint64(m.ID))
	j.field("uid", false)
	j.value(numberJSON(uint64(m.UniqueID)))
	j.field("mp", false)
	j.value(orNull(m.Point))
	j.field("root", false)
	j.value(orNull(m.Root))
	j.field("shared", false)
	j.value(numberJSON(uint64(m.PeerGroup)))
	j.field("master", false)
	j.value(numberJSON(uint64(m.Master)))
	j.field("detached", false)
	j.value(h.Mount == nil)
	j.close("}")
}

func taskObject(j *jsonWriter, h query.Holder) {
	if h.Task == nil {
		j.value(nil)
		return
	}
	tid := h.Task.PID
	if h.Use != nil && h.Use.TID != 0 {
		tid = h.Use.TID
	}
	exe, _, _ := strings.Cut(h.Task.Cmdline, " ")
	j.open("{")
	j.field("pid", true)
	j.value(h.Task.PID)
	j.field("tid", false)
	j.value(tid)
	j.field("comm", false)
	j.value(orNull(h.Task.Comm))
	j.field("exe", false)
	j.value(orNull(exe))
	j.field("start", false)
	j.value(numberJSON(h.Task.Start))
	j.close("}")
}

func ownerFields(j *jsonWriter, o world.Owner) {
	container := ""
	if o.Kind == world.OwnerContainer {
		container = o.String()
	}
	pod := o.Pod
	if pod == "" {
		pod = o.PodUID
	}
	for _, f := range []struct{ key, text string }{{"unit", o.Unit}, {"container", container}, {"pod", pod}} {
		j.field(f.key, false)
		j.value(orNull(f.text))
	}
}

func coverageObject(j *jsonWriter, a query.Holders) {
	j.field("coverage", false)
	j.open("{")
	for i, c := range []struct {
		name string
		snapshot.Coverage
	}{{"tasks", a.Tasks}, {"namespaces", a.Spaces}} {
		j.field(c.name, i == 0)
		j.open("{")
		j.field("read", true)
		j.value(c.Read)
		j.field("total", false)
		j.value(c.Total)
		j.close("}")
	}
	j.field("sources", false)
	j.array(len(a.Sources), func(i int) {
		j.field("source", true)
		j.value(a.Sources[i].Source)
		j.field("read", false)
		j.value(a.Sources[i].Error == "" || a.Sources[i].Partly)
		j.field("error", false)
		j.value(orNull(a.Sources[i].Error))
	})
	j.close("}")
}
