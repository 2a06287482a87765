package tui

import (
	"cmp"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
	"github.com/nsview/nsview/inspect/world"
	"github.com/nsview/nsview/tui/details"
	"github.com/nsview/nsview/tui/names"
)

// takeList shows the namespaces read. The first time it goes to the place asked
// for, or to the reader's own, and has the tables read or followed.
func (m *Model) takeList(msg listed) tea.Cmd {
	if msg.generation != m.listing {
		return nil
	}
	m.busy = ""
	if msg.err != nil {
		m.message = render.Safe(msg.err.Error())
		return nil
	}
	first := m.list == nil
	m.list = msg.world
	if m.whole && m.live != nil {
		m.showSpaces()
		return nil
	}
	if !m.whole {
		m.world = m.list
		m.showSpaces()
	}
	if first {
		m.goToPlace()
	}
	m.follow()
	m.busy = "reading the mount tables"
	if m.options.Watch != nil && m.live == nil && m.place.PID == 0 {
		return m.startWatch()
	}
	return m.readTables()
}

// takeTables shows a host with its tables.
func (m *Model) takeTables(msg tabled) tea.Cmd {
	if msg.generation != m.generation {
		return nil
	}
	m.busy = ""
	if msg.err != nil {
		m.message = render.Safe(msg.err.Error())
		return nil
	}
	m.show(msg.tables)
	if m.inPast() {
		m.showEvent(m.events.Picked())
	}
	if m.options.Watch != nil && m.live == nil && m.place.PID != 0 {
		return m.watchUnlessRooted()
	}
	return nil
}

// watchUnlessRooted follows the host when the process asked for sees all of its
// namespace. What one with a root directory of its own sees is read, not
// followed.
func (m *Model) watchUnlessRooted() tea.Cmd {
	if v := m.world.View(m.place.NS, m.place.PID); v != nil && v.PID != 0 && v.Root != "" && v.Root != "/" {
		m.message = fmt.Sprintf("not live: process %d has a root directory of its own; r reads anew what it sees", m.place.PID)
		m.events.SetNote(m.message)
		return nil
	}
	m.place.PID = 0
	return m.startWatch()
}

// show puts a host on the screen; what was chosen stays so where it is still
// there. A prediction stays on the screen until the user leaves it.
func (m *Model) show(t tables) {
	if m.preview != nil {
		m.before = t
		return
	}
	first := m.world == nil
	m.world, m.groups, m.whole = t.world, t.groups, true
	m.showSpaces()
	if first {
		m.goToPlace()
	}
	m.follow()
}

// showSpaces makes the lists anew of what was read.
func (m *Model) showSpaces() {
	m.book = names.Book{Worlds: []*world.World{m.list, m.world}, Gone: m.known} // processes come and go without a propagation
	if m.inPast() || m.live == nil {
		m.book.Worlds = []*world.World{m.world, m.list}
	}
	if m.preview != nil { // which knows no process
		m.book.Worlds = append(m.book.Worlds, m.before.world)
	}
	m.spaces.SetPreview(m.preview)
	m.mounts.SetPreview(m.preview)
	m.peers.SetPreview(m.preview)
	m.spaces.SetWorld(m.world, m.book)
	m.spaces.Names(m.known)
	m.events.SetBook(m.book)
	if m.whole {
		m.peers.SetGroups(m.book, m.groups)
	}
	m.tell()
}

func (m *Model) goToPlace() {
	if p := m.world.Process(m.place.PID); p != nil && m.place.NS == 0 {
		m.place.NS = p.NS[snapshot.Mnt]
	}
	switch {
	case m.place == Place{}:
		m.spaces.Select(m.world.Reader.MNT.Ino)
	case !m.spaces.Select(m.place.NS):
		m.message = "the namespace asked for is not there any more"
	}
}

// follow shows the tree of the chosen namespace.
func (m *Model) follow() {
	defer m.tell()
	n := m.spaces.Selected()
	if n == nil {
		m.mounts.SetNote("")
		return
	}
	ino, pid := n.ID.Ino, 0
	if ino == m.place.NS && m.preview == nil {
		pid = m.place.PID
	}
	switch v := m.world.View(ino, pid); {
	case v != nil:
		m.mounts.SetView(v)
	case !m.whole:
		m.mounts.SetNote("reading its mount table")
	default:
		m.mounts.SetNote(render.Safe(whyUnread(m.world, ino)))
	}
}

// chosen is the mount that the keys are about, nil for none.
func (m *Model) chosen() *world.Mount {
	switch m.focus {
	case OnGroups:
		_, x := m.peers.Selected()
		return x
	case OnSpaces:
		return nil
	}
	return m.mounts.Selected()
}

// eventTold is the event that the details tell of: the one that the keys are on,
// and in the details the one that was picked.
func (m *Model) eventTold() *watch.Event {
	switch m.focus {
	case OnEvents:
		return m.events.Selected()
	case OnDetails:
		return m.events.Picked()
	}
	return nil
}

// subject is what the details tell of.
func (m *Model) subject() details.Subject {
	s := details.Subject{World: m.world, Book: m.book, Preview: m.preview}
	x := m.chosen()
	if s.Event = m.eventTold(); s.Event != nil {
		return s
	}
	if m.focus == OnGroups && x == nil {
		s.Group, _ = m.peers.Selected()
		return s
	}
	if s.Mount = x; x != nil {
		s.Links = m.linksOf(x)
		s.World, s.NS = m.book.Lookup(x.View.Table.NS.Ino)
		return s
	}
	if n := m.spaces.Selected(); n != nil {
		s.World, s.NS = m.book.Lookup(n.ID.Ino)
	}
	return s
}

// linksOf are the links of a mount, which may be thousands: they are gathered
// once.
func (m *Model) linksOf(x *world.Mount) *details.Links {
	if m.linked != x {
		l := details.LinksOf(x)
		m.linked, m.links = x, &l
	}
	return m.links
}

// tell has the details tell of what is chosen, and every pane mark what is tied
// to it.
func (m *Model) tell() {
	if m.world == nil {
		return
	}
	s := m.subject()
	m.details.SetSubject(s)
	marks := m.marks(s)
	m.spaces.SetMarks(marks)
	m.mounts.SetMarks(marks)
	m.peers.SetMarks(marks)
	if x := m.mounts.Selected(); x != nil && m.focus != OnGroups && m.focus != OnSpaces {
		if id := cmp.Or(x.PeerGroup, x.Master); id != 0 {
			m.peers.Follow(id)
		}
	}
}
