//go:build linux

package state

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keepEnv names a store in which the test binary keeps a container: a process
// that runs the shell command in the second variable.
const (
	keepEnv = "NSVIEW_STATE_TEST_KEEP"
	runEnv  = "NSVIEW_STATE_TEST_RUN"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(keepEnv); dir != "" {
		e, err := In(dir).Add("1234abcd", "kept")
		cmd := exec.Command("sh", "-c", os.Getenv(runEnv))
		cmd.Stdout = os.Stdout
		if err == nil {
			err = cmd.Start()
		}
		if err == nil {
			err = e.Save(Container{ID: "1234abcd", Name: "kept", PID: cmd.Process.Pid, Keeper: os.Getpid()})
		}
		fmt.Println("saved", err)
		_ = cmd.Wait()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nsview")
	s := In(dir)
	if c, err := s.Find("web"); err == nil {
		t.Errorf("an empty store has %+v", c)
	}
	e, err := s.Add("aaaa1111", "web")
	try(t, err)
	want := Container{ID: "aaaa1111", Name: "web", PID: 7, Keeper: os.Getpid(), Command: []string{"sh", "-c", "\x1b"}}
	try(t, e.Save(want))
	for _, name := range []string{"web", "aaaa", "aaaa1111"} {
		if c, err := s.Find(name); err != nil || c.PID != 7 || c.Command[2] != "\x1b" {
			t.Errorf("%s is %+v, %v", name, c, err)
		}
	}
	other, err := s.Add("aaaa2222", "")
	try(t, err)
	defer other.Close()
	if _, err := s.Find("aaaa"); err == nil || !strings.Contains(err.Error(), "the ids of 2 begin so") {
		t.Errorf("two ids begin with aaaa: %v", err)
	}
	if list := s.Running(); len(list) != 1 || list[0].Name != "web" {
		t.Errorf("%+v are said to run", list)
	}
	if c, err := s.Find(""); err == nil {
		t.Errorf("no name is %+v", c)
	}
	if _, err := s.Add("bbbb", "web"); !errors.Is(err, ErrNameTaken) {
		t.Errorf("the name is taken: %v", err)
	}
	if _, err := os.Stat(dir + "/bbbb"); err == nil {
		t.Error("what could not be added is left")
	}
	e.Close() // as a keeper that was killed
	if list := s.Running(); len(list) != 0 {
		t.Errorf("%+v are said to run", list)
	}
	if c, err := s.Find("web"); err == nil {
		t.Errorf("nobody keeps %+v", c)
	}
	again, err := s.Add("cccc", "web")
	try(t, err)
	defer again.Close()
	for _, bad := range []string{"..", "a/b", "-x", "a b"} {
		if _, err := s.Add("dddd", bad); err == nil {
			t.Errorf("%q is no name", bad)
		}
		if _, err := s.Find(bad); err == nil {
			t.Errorf("%q was found", bad)
		}
	}
}

// kept has the test binary keep a container, until the returned channel closes.
func kept(t *testing.T, script string) (*Store, <-chan struct{}) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), keepEnv+"="+dir, runEnv+"="+script)
	out, err := cmd.StdoutPipe()
	try(t, err)
	try(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for seen := map[string]bool{}; !seen["saved <nil>"] || !seen["ready"]; seen[lines.Text()] = true {
		if !lines.Scan() {
			t.Fatalf("it said only %v", seen)
		}
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(gone)
	}()
	return In(dir), gone
}

func TestStop(t *testing.T) {
	for script, grace := range map[string]time.Duration{
		"trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done": time.Minute,
		"trap '' TERM; echo ready; while :; do sleep 0.01; done":       0,
	} {
		s, gone := kept(t, script)
		c, err := s.Find("kept")
		try(t, err)
		try(t, s.Stop(t.Context(), c, grace))
		<-gone
		if _, err := s.Find("kept"); err == nil {
			t.Errorf("%s: it is still found", script)
		}
	}
}
