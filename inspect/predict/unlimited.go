package predict

import "math"

// Unlimited is a copy of a state in which no namespace is ever full, to count
// what an operation would make that is refused for that.
func (s *State) Unlimited() *State {
	c := s.Clone()
	c.rules.MountMax = math.MaxInt32
	return c
}
