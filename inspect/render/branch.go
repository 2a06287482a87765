package render

// branch is a place in a drawn tree: what stands before the lines below it.
type branch struct {
	before string // the drawing of the levels above
	level  int
}

// maxDrawn is how deep a tree is drawn. Anybody with a user namespace can stack
// tens of thousands of mounts, and the drawing of each level stands before all
// lines below it; deeper ones stand at this level, behind a dotted line.
const maxDrawn = 100

// next is the branch below an entry, and what stands before the entry itself.
// The tops of a tree have nothing before them, and a raw table no drawing.
func (b branch) next(last bool, style Style) (below branch, indent string) {
	if style.Raw {
		return b, ""
	}
	if b.level == 0 {
		return branch{level: 1}, ""
	}
	if b.level == maxDrawn {
		return b, b.before + "└┄"
	}
	if last {
		return branch{before: b.before + "  ", level: b.level + 1}, b.before + "└─"
	}
	return branch{before: b.before + "│ ", level: b.level + 1}, b.before + "├─"
}

// addTree adds rows to a table, each above those below it.
func addTree[R any](g *grid, rows []R, below func(R) []R, made func(R) line, style Style, at branch) {
	for i, r := range rows {
		under, indent := at.next(i == len(rows)-1, style)
		l := made(r)
		l.indent, l.level = indent, at.level
		g.add(l)
		addTree(g, below(r), below, made, style, under)
	}
}

// clean is what makes a cell harmless in this style.
func (s Style) clean() func(string) string {
	if s.Raw {
		return raw
	}
	return Safe
}
