package tui

// Rect is a place on the screen.
type Rect struct{ X, Y, W, H int }

// Has says whether a cell lies in the place.
func (r Rect) Has(x, y int) bool { return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H }

// Layout is where everything stands. What finds no room has no width. Above
// each pane one line is left for its title; the last line is for help, filter
// and messages.
type Layout struct {
	Spaces, Mounts, Details Rect
	Footer                  Rect
}

// Sizes from which on the screen is divided.
const (
	besideWidth  = 64 // namespaces beside mounts
	detailHeight = 14 // details below
	footerHeight = 3
)

// Arrange divides a screen. A small one is all for the pane that has the keys.
func Arrange(width, height int, focus Focus) Layout {
	var l Layout
	body := height
	if height >= footerHeight {
		body--
		l.Footer = Rect{0, body, width, 1}
	}
	lists := body
	if height >= detailHeight {
		low := min(max(height*2/5, 6), 20)
		lists = body - low
		l.Details = below(Rect{0, lists, width, low})
	} else if focus == OnDetails {
		l.Details = below(Rect{0, 0, width, body})
		return l
	}
	if width < besideWidth {
		if focus == OnSpaces {
			l.Spaces = below(Rect{0, 0, width, lists})
		} else {
			l.Mounts = below(Rect{0, 0, width, lists})
		}
		return l
	}
	left := min(max(width*2/5, 36), 60)
	l.Spaces = below(Rect{0, 0, left, lists})
	l.Mounts = below(Rect{left + 1, 0, width - left - 1, lists})
	return l
}

// below leaves the line of the title out.
func below(r Rect) Rect { return Rect{r.X, r.Y + 1, max(r.W, 0), max(r.H-1, 0)} }
