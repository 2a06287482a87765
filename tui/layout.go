package tui

// Rect is a place on the screen.
type Rect struct{ X, Y, W, H int }

// Has says whether a cell lies in the place.
func (r Rect) Has(x, y int) bool { return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H }

// Layout is where everything stands. A pane that is not shown has no width; it
// waits behind the tab of another. Above each pane one line is left for its
// title, or for the tabs that share its place; the last line is for keys,
// questions and messages.
type Layout struct {
	Panes  [panes]Rect
	Tabs   [panes][]Focus // of the pane shown: all that share its place, none when it is alone
	Footer Rect
}

// Sizes from which on the screen is divided.
const (
	besideWidth  = 64  // two panes beside each other
	wideWidth    = 110 // groups beside details
	lowerHeight  = 14  // something below the lists
	tallHeight   = 34  // two rows below the lists
	footerHeight = 3
)

// Arrange divides a screen. What finds no room shares a place: there stands the
// pane that has the keys, or else the one that had them last, which is lower.
func Arrange(width, height int, focus, lower Focus) Layout {
	var l Layout
	body := height
	if height >= footerHeight {
		body--
		l.Footer = Rect{0, body, width, 1}
	}
	switch {
	case height < lowerHeight:
		l.share(Rect{0, 0, width, body}, focus, OnSpaces, OnMounts, OnGroups, OnDetails, OnEvents)
		return l
	case height < tallHeight:
		low := max(height*2/5, 6)
		l.lists(Rect{0, 0, width, body - low}, focus)
		l.share(Rect{0, body - low, width, low}, pick(focus, lower), OnGroups, OnDetails, OnEvents)
		return l
	}
	low, middle := max(height/5, 8), max(height/4, 10)
	l.lists(Rect{0, 0, width, body - low - middle}, focus)
	place := Rect{0, body - low - middle, width, middle}
	if width < wideWidth {
		shown := OnDetails
		if focus == OnGroups || lower == OnGroups && focus != OnDetails {
			shown = OnGroups
		}
		l.share(place, shown, OnGroups, OnDetails)
	} else {
		l.beside(place, OnGroups, OnDetails)
	}
	l.Panes[OnEvents] = below(Rect{0, body - low, width, low})
	return l
}

// lists are the namespaces and the mounts.
func (l *Layout) lists(r Rect, focus Focus) {
	if r.W >= besideWidth {
		l.beside(r, OnSpaces, OnMounts)
		return
	}
	if focus != OnSpaces {
		focus = OnMounts
	}
	l.share(r, focus, OnSpaces, OnMounts)
}

// beside puts two panes beside each other, with a column between them.
func (l *Layout) beside(r Rect, a, b Focus) {
	left := min(max(r.W*2/5, 38), 60)
	l.Panes[a] = below(Rect{r.X, r.Y, left, r.H})
	l.Panes[b] = below(Rect{r.X + left + 1, r.Y, r.W - left - 1, r.H})
}

// share gives one place to several panes, of which one is shown.
func (l *Layout) share(r Rect, shown Focus, all ...Focus) {
	l.Panes[shown] = below(r)
	l.Tabs[shown] = all
}

// pick is the lower pane to show.
func pick(focus, lower Focus) Focus {
	if focus >= OnGroups {
		return focus
	}
	return lower
}

// below leaves the line of the title out.
func below(r Rect) Rect { return Rect{r.X, r.Y + 1, max(r.W, 0), max(r.H-1, 0)} }
