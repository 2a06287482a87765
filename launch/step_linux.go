package launch

// By says which process does a step.
type By uint8

// The two processes: the caller's, and the child that becomes the command.
const (
	ByChild By = iota
	ByParent
)

// String is "child" or "parent".
func (b By) String() string {
	if b == ByParent {
		return "parent"
	}
	return "child"
}

// Step is one action of a plan. The steps are done in the order of the plan;
// where the other process does the next one, this one waits.
type Step struct {
	Action
	// Why says in plain words what the step is for; "" where the call says it.
	Why string
}

// By is which process does the step.
func (s Step) By() By {
	switch s.Action.(type) {
	case *Clone, inParent:
		return ByParent
	}
	return ByChild
}
