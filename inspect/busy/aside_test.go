package busy

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/nsview/nsview/inspect/proc"
)

// What does not answer is left behind, and the next is asked all the same.
func TestAsideLeavesBehind(t *testing.T) {
	host := fstest.MapFS{"7/comm": {Data: []byte("seven\n")}}
	p, err := proc.New(host, "proc")
	if err != nil {
		t.Fatal(err)
	}
	a := newAside(p)
	a.Limit = time.Millisecond
	defer a.Close()
	stuck := make(chan struct{})
	if a.do(func(*proc.FS) { <-stuck }) {
		t.Error("what hangs is said to have ended")
	}
	close(stuck)
	a.Limit = time.Minute
	var name string
	if !a.do(func(p *proc.FS) { name, _ = p.Comm(7) }) || name != "seven" {
		t.Errorf("after something hung, comm is %q", name)
	}
}
