package launch

// inParent is what the caller's process does itself. A descriptor that comes of
// it is given to the child, into slot; -1 is none.
type inParent interface {
	Action
	inParent(pid int) (fd int, err error)
	slot() string
}

// ParentAction is a step of the caller's process: what the child may not do, or
// cannot do any more. The child waits for its end.
type ParentAction struct {
	Name Call   // the system call, or the program
	Text string // the whole, as a dry run prints it
	Why  string
	// Do does it for the child of this process id.
	Do func(pid int) error
	// Undo takes it back when a later step is refused, and may be nil.
	Undo func()
}

// Call is the name.
func (p *ParentAction) Call() Call { return p.Name }

// FlagNames is "".
func (p *ParentAction) FlagNames() string { return "" }

// String is the text.
func (p *ParentAction) String() string { return p.Text }

func (p *ParentAction) inParent(pid int) (int, error) { return -1, p.Do(pid) }

func (p *ParentAction) slot() string { return "" }
