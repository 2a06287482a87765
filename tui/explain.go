package tui

import (
	"bytes"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/tui/mark"
	"github.com/nsview/nsview/tui/names"
)

// spot is a place that was marked: a mount by its mount point, or a namespace.
type spot struct {
	ns    uint64
	mount snapshot.MountID // 0 for a namespace, where the other place's path is meant
	path  string
}

func (s *spot) mark(set *mark.Set, r mark.Role) {
	if s.mount != 0 {
		set.Mount(names.Key{NS: s.ns, ID: s.mount}, r)
	} else {
		set.Space(s.ns, r)
	}
}

// spotHere is the place that is chosen.
func (m *Model) spotHere() *spot {
	if x := m.chosen(); x != nil {
		return &spot{x.View.Table.NS.Ino, x.ID, x.Point}
	}
	if n := m.spaces.Selected(); n != nil && m.focus == OnSpaces {
		return &spot{ns: n.ID.Ino}
	}
	return nil
}

// markHere marks the chosen place as the first, then as the second to be
// explained; marking it again takes the mark away.
func (m *Model) markHere() {
	s := m.spotHere()
	switch {
	case s == nil:
		m.message = "choose a mount or a namespace to mark"
		return
	case m.from != nil && *m.from == *s:
		m.from, m.to = m.to, nil
	case m.to != nil && *m.to == *s:
		m.to = nil
	case m.from == nil:
		m.from = s
		m.message = "A is marked; mark B, then e explains whether it sees what is mounted at A"
	default:
		m.to = s
		m.message = "B is marked; e explains whether it sees what is mounted at A"
	}
	m.tell()
}

// explain says whether what is mounted at A appears at B; with no B the chosen
// place is it, with no A it is where a mount at the chosen place would appear.
func (m *Model) explain() tea.Cmd {
	from, to := m.from, m.to
	here := m.spotHere()
	switch {
	case !m.whole:
		m.message = "the mount tables are still being read"
		return nil
	case from == nil:
		from = here
	case to == nil && here != nil && *here != *from:
		to = here
	}
	if from == nil {
		m.message = "mark a place with m, or choose a mount"
		return nil
	}
	q, err := m.explainQuery(from, to)
	if err != "" {
		m.message = err
		return nil
	}
	w := m.world
	return func() tea.Msg {
		var b bytes.Buffer
		if err := render.Explain(&b, query.Explain(w, q), w); err != nil {
			return answered{err: err}
		}
		title := "Explain " + render.Safe(q.From.String())
		if q.To != nil {
			title += " → " + render.Safe(q.To.String())
		}
		return answered{title: title, text: b.String()}
	}
}

func (m *Model) explainQuery(from, to *spot) (q query.ExplainQuery, trouble string) {
	path := from.path
	if path == "" && to != nil {
		path = to.path
	}
	if path == "" {
		path = "/"
	}
	var ok bool
	if q.From, ok = m.locate(from, path); !ok {
		return q, "the mount table of A could not be read"
	}
	if to == nil {
		return q, ""
	}
	if to.path != "" {
		path = to.path
	}
	s, ok := m.locate(to, path)
	if !ok {
		return q, "the mount table of B could not be read"
	}
	q.To = &s
	return q, ""
}

// locate finds a marked place in the world that is shown.
func (m *Model) locate(s *spot, path string) (query.Spot, bool) {
	v := m.world.View(s.ns, 0)
	if v == nil {
		return query.Spot{}, false
	}
	at := v.Serving(path)
	if x := v.ByID(s.mount); x != nil && x.Point == path {
		at = x
	}
	return query.Spot{Place: predict.Place{Mount: at, Path: path}, Name: m.target(s.ns), Asked: path}, at != nil
}

// target is a namespace as a TARGET of the command line.
func (m *Model) target(ns uint64) string {
	if w, n := m.book.Lookup(ns); n != nil {
		if owner := w.OwnerOf(n.Lead()).String(); owner != "" && !strings.Contains(owner, " ") {
			return owner
		}
	}
	return strconv.FormatUint(ns, 10)
}
