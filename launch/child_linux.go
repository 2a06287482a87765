package launch

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// child is the state of the process that becomes the command.
type child struct {
	slots map[string]int    // descriptors by the name that steps call them
	home  string            // of the user that it has become, "" when nobody looked
	kept  map[[2]uint64]int // directories that something was made in, by device and inode
	undo  []func()          // takes back what the steps have made, the last first
}

// isChild says whether this process is a child that [Start] has made.
func isChild() bool {
	return len(os.Args) == 1 && (os.Args[0] == childName || os.Args[0] == unmappedName)
}

// Namespaces, credentials and the signal of the parent's death are properties
// of a thread. Locked here, the child's work is done by the first thread, which
// is the one that /proc shows.
func init() {
	if isChild() {
		runtime.LockOSThread()
	}
}

// Dispatch does the child's work when this process is a child that [Start] has
// made of the program, and returns false at once when it is not. It belongs
// into the first line of main. When it returns true a step was refused, which
// the caller of Start knows already: nothing is left but to exit. When all
// steps succeed it never returns, as the command has taken the program's place.
func Dispatch() bool {
	if !isChild() {
		return false
	}
	if os.Args[0] == unmappedName {
		becomeChild()
		return true // the parent hears of the end
	}
	keepInside()
	p, err := readPlan()
	if err != nil {
		return true // the missing reports say it
	}
	c := &child{slots: map[string]int{}, kept: map[[2]uint64]int{}}
	c.doAll(p)
	c.takeBack()
	return true
}

// keepInside has every descriptor but the standard streams closed when the
// command starts: those of the conversation, and what a caller passed on by
// mistake. Where close_range(2) cannot do it (before Linux 5.11) it is only
// that of the conversation.
func keepInside() {
	if unix.CloseRange(talkFD, 1<<32-1, unix.CLOSE_RANGE_CLOEXEC) != nil {
		unix.CloseOnExec(talkFD)
	}
}

func readPlan() (plan, error) {
	var size [4]byte
	if _, err := io.ReadFull(toParent, size[:]); err != nil {
		return plan{}, err
	}
	n := binary.NativeEndian.Uint32(size[:])
	if n > maxPlan {
		return plan{}, errors.New("the plan is too long")
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(toParent, b); err != nil {
		return plan{}, err
	}
	return decodePlan(b)
}

// doAll does the child's steps and reports. It comes back when a step was
// refused, or the parent is gone.
func (c *child) doAll(p plan) {
	for i, s := range p.Steps {
		n := p.First + i
		if s.Kind == "" {
			if c.awaitParent(s.Slot) != nil {
				return
			}
			continue
		}
		if p.Watched && c.awaitParent("") != nil {
			return
		}
		if err := s.Action.do(c); err != nil {
			c.takeBack() // before the parent goes on
			_ = say(failure(n, err))
			return
		}
		next := i + 1
		if p.Watched || next == len(p.Steps)-1 || next < len(p.Steps) && p.Steps[next].Kind == "" {
			if say(report{kind: reportDone, step: n}) != nil {
				return
			}
		}
	}
}

// awaitParent waits for the parent, and keeps the descriptor that it gives for a
// slot, unless that is "". The error is the parent's end.
func (c *child) awaitParent(slot string) error {
	if slot == "" {
		_, err := io.ReadFull(toParent, make([]byte, 1))
		return err
	}
	fd, err := toParent.take(0)
	if err == nil {
		c.put(slot, fd)
	}
	return err
}

// say sends a report.
func say(r report) error {
	_, err := toParent.Write(r.bytes())
	return err
}

// failure is the report of a refused step.
func failure(n int, err error) report {
	r := report{kind: reportFailed, step: n, errno: errnoOf(err)}
	var call *CallError
	if errors.As(err, &call) {
		r.text = string(call.Call) + "\x00" + call.Detail
	}
	return r
}

// takeBack undoes what the steps have made outside of the namespaces. It does so
// on another thread: this one may have given up its rights on the way.
func (c *child) takeBack() {
	if len(c.undo) == 0 {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := len(c.undo) - 1; i >= 0; i-- {
			c.undo[i]()
		}
	}()
	<-done
	c.undo = nil
}

// put keeps a descriptor in a slot; what was there is closed.
func (c *child) put(slot string, fd int) {
	c.drop(slot)
	c.slots[slot] = fd
}

func (c *child) drop(slot string) {
	if fd, ok := c.slots[slot]; ok {
		_ = unix.Close(fd)
		delete(c.slots, slot)
	}
}

// fd is the descriptor in a slot; EBADF when it is empty.
func (c *child) fd(slot string) (int, error) {
	fd, ok := c.slots[slot]
	if !ok {
		return -1, unix.EBADF
	}
	return fd, nil
}
