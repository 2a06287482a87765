package launch

import (
	"errors"
	"fmt"
)

// StepError is a step that was refused. The steps before it were done; what
// they made has been taken back.
type StepError struct {
	Step  int    // its number in the plan, from 1
	By    By     // the process that did it
	Call  Call   // the system call that was refused
	Flags string // the step's flags by name, "" for a call inside of it
	Text  string // the whole step, as [Action].String writes it
	// Detail is what a call inside of the step was about, "" when it is Text.
	Detail string
	Err    error // the errno, or [ErrEnded]
}

// Error is "step 3, mount(...): invalid argument".
func (e *StepError) Error() string {
	if e.Detail != "" {
		return fmt.Sprintf("step %d, %s: %s %s: %v", e.Step, e.Text, e.Call, e.Detail, e.Err)
	}
	return fmt.Sprintf("step %d, %s: %v", e.Step, e.Text, e.Err)
}

// Unwrap is the errno.
func (e *StepError) Unwrap() error { return e.Err }

// ErrEnded says that the child ended before a step was done, by a signal or
// because it could not read its plan.
var ErrEnded = errors.New("the child ended before it was done")

// stepError is the error of the nth step of a plan.
func stepError(steps []Step, n int, err error) *StepError {
	s := steps[n-1]
	e := &StepError{Step: n, By: s.By(), Call: s.Call(), Flags: s.FlagNames(), Text: s.String(), Err: err}
	var call *CallError
	if errors.As(err, &call) {
		e.Call, e.Flags, e.Detail, e.Err = call.Call, "", call.Detail, call.Err
	}
	return e
}
