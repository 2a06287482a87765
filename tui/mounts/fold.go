package mounts

// fold hides what is below the chosen mount; where there is nothing to hide it
// goes to the parent.
func (m *Model) fold() {
	at := m.Selected()
	switch {
	case at == nil || m.filter != "":
	case len(m.preview.Below(at)) > 0 && !m.folded[at.ID]:
		m.folded[at.ID] = true
		m.sift()
	case at.Parent != nil:
		m.Select(at.Parent.ID)
	}
}

func (m *Model) unfold() {
	at := m.Selected()
	switch {
	case at == nil || m.filter != "":
	case m.folded[at.ID]:
		delete(m.folded, at.ID)
		m.sift()
	case len(m.preview.Below(at)) > 0:
		m.window.To(m.window.Cursor + 1)
	}
}
