//go:build linux

package inspect

import (
	"errors"
	"os/exec"
	"strconv"
	"testing"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// A process that ends between reading and resolving is said to have ended.
func TestLocateVanished(t *testing.T) {
	h, err := Live("/proc", "")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("needs the program cat: %v", err)
	}
	end := func() { in.Close(); cmd.Wait() }
	t.Cleanup(end)
	p, err := h.Find(t.Context(), strconv.Itoa(cmd.Process.Pid), snapshot.Mnt)
	if err != nil {
		t.Fatal(err)
	}
	s, err := h.Take(t.Context(), snapshot.Want{Types: snapshot.Types(snapshot.Mnt), Tables: snapshot.Tables{NS: []uint64{p.NS}, PIDs: []int{p.PID}}})
	if err != nil {
		t.Fatal(err)
	}
	w := world.Build(s)
	if at, err := h.Locate(t.Context(), w, p, "/"); err != nil || at.Mount == nil {
		t.Fatalf("while it lives: %+v, %v", at, err)
	}
	end()
	if at, err := h.Locate(t.Context(), w, p, "/"); !errors.Is(err, snapshot.ErrVanished) {
		t.Errorf("when it has ended: %+v, %v", at, err)
	}
}
