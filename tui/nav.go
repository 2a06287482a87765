package tui

import (
	"cmp"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/choice"
	"github.com/nsview/nsview/tui/details"
)

// station is a place to go to, or back to.
type station struct {
	ns    uint64
	mount snapshot.MountID // 0 for the namespace itself
	focus Focus
}

func stationOf(x *world.Mount) station {
	return station{x.View.Table.NS.Ino, x.ID, OnMounts}
}

// here is where the screen is.
func (m *Model) here() station {
	s := station{focus: m.focus}
	if n := m.spaces.Selected(); n != nil {
		s.ns = n.ID.Ino
	}
	if x := m.mounts.Selected(); x != nil {
		s.mount = x.ID
	}
	return s
}

// maxTrail is how many jumps can be taken back.
const maxTrail = 100

// jump goes to a place, and remembers this one for the way back.
func (m *Model) jump(to station) {
	from := m.here()
	if m.goTo(to) && from != to {
		m.trail = append(m.trail[max(0, len(m.trail)-maxTrail):], from)
	}
}

// goTo goes to a place. A filter that hides it is taken away.
func (m *Model) goTo(to station) bool {
	if !m.turnTo(to.ns, to.mount) {
		return false
	}
	m.setFocus(to.focus)
	return true
}

// turnTo chooses a namespace and a mount of it, and says whether the namespace is
// there.
func (m *Model) turnTo(ns uint64, mount snapshot.MountID) bool {
	if !m.spaces.Select(ns) {
		m.filter(OnSpaces, "")
		if !m.spaces.Select(ns) {
			m.message = fmt.Sprintf("namespace %d is not there", ns)
			return false
		}
	}
	m.follow()
	if mount == 0 || m.mounts.Select(mount) {
		return true
	}
	if m.filters[OnMounts] != "" {
		m.filter(OnMounts, "")
		m.mounts.Select(mount)
	}
	return true
}

// showEvent has the lists show where an event started.
func (m *Model) showEvent(e *watch.Event) {
	if e != nil && e.Origin.NS != 0 && m.spaces.Select(e.Origin.NS) {
		m.follow()
		m.mounts.Select(e.Origin.MountID)
	}
	m.tell()
}

// openChosen goes deeper: from a namespace to its mounts, from a mount to its
// details, from a group to its mounts and each of them to where it is, from an
// event to its origin.
func (m *Model) openChosen() tea.Cmd {
	switch m.focus {
	case OnSpaces:
		m.setFocus(OnMounts)
	case OnMounts:
		m.setFocus(OnDetails)
	case OnGroups:
		if _, x := m.peers.Selected(); x != nil {
			m.jump(stationOf(x))
			return nil
		}
		m.peers.Toggle()
		m.tell()
	case OnEvents:
		if e := m.events.Selected(); e != nil && e.Origin.NS != 0 {
			m.events.Select(e.Seq)
			m.jump(station{e.Origin.NS, e.Origin.MountID, OnMounts})
		}
	}
	return nil
}

// related goes to the one mount that the chosen one is tied to in some way, or
// lets the user choose.
func (m *Model) related(title, none string, pick func(*details.Links) []*world.Mount) {
	x := m.chosen()
	if x == nil {
		m.message = "choose a mount first"
		return
	}
	switch list := pick(m.linksOf(x)); len(list) {
	case 0:
		m.message = m.book.Mount(x) + " " + none
	case 1:
		m.jump(stationOf(list[0]))
	default:
		m.offer(title+" "+m.book.Mount(x), list)
	}
}

func (m *Model) toPeer() {
	m.related("Peers of", "is alone in its peer group", func(l *details.Links) []*world.Mount { return l.Peers })
}

func (m *Model) toMaster() {
	m.related("What sends to", "receives from no mount that was read", func(l *details.Links) []*world.Mount { return l.Above })
}

func (m *Model) toSlave() {
	m.related("What receives from", "sends to no slave", func(l *details.Links) []*world.Mount { return l.Below })
}

// offer lists mounts to go to.
func (m *Model) offer(title string, list []*world.Mount) {
	rows := make([]choice.Row, len(list))
	for i, x := range list {
		rows[i] = choice.Row{Name: m.book.Mount(x), Text: mountText(x), Value: stationOf(x)}
	}
	slices.SortStableFunc(rows, func(a, b choice.Row) int { return cmp.Compare(a.Name, b.Name) })
	m.offerRows(fmt.Sprintf("%s · %d", title, len(list)), rows)
}

// offerRows lists what can be chosen.
func (m *Model) offerRows(title string, rows []choice.Row) {
	c := choice.New(title, rows, m.theme.Choice)
	m.choice = &c
	m.resize(m.width, m.height)
}
