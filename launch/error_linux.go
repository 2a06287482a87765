package launch

import (
	"errors"
	"fmt"
)

// StepError is a step that was refused. The steps before it were done; what
// they made ended with the child.
type StepError struct {
	Step  int    // its number in the plan, from 1
	Call  Call   // the system call
	Flags string // the call's flags by name, "" for calls without
	Text  string // the whole step, as [Step.String] writes it
	Err   error  // the errno, or [ErrEnded]
}

// Error is "step 3, mount(...): invalid argument".
func (e *StepError) Error() string { return fmt.Sprintf("step %d, %s: %v", e.Step, e.Text, e.Err) }

// Unwrap is the errno.
func (e *StepError) Unwrap() error { return e.Err }

// ErrEnded says that the child ended before a step was done, by a signal or
// because it could not read its plan.
var ErrEnded = errors.New("the child ended before it was done")

// stepError is the error of the nth step of a plan.
func stepError(steps []Step, n int, err error) error {
	s := steps[n-1]
	return &StepError{Step: n, Call: s.Call, Flags: s.FlagNames(), Text: s.String(), Err: err}
}
