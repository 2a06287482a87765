//go:build linux

package run_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// started starts nsview run in the background; it has said "ready" when
// started returns. Wait ends with it.
func started(t *testing.T, script string, flags ...string) (cmd *exec.Cmd, said func() string) {
	t.Helper()
	box(t, "true") // or the test skips
	cmd = command(t, append(append([]string{"run"}, flags...), "--", "sh", "-c", script)...)
	r, w, err := os.Pipe()
	try(t, err)
	cmd.Stdout, cmd.Stderr = w, w
	try(t, cmd.Start())
	w.Close()
	var all bytes.Buffer
	b := make([]byte, 1)
	for !strings.HasSuffix(all.String(), "ready\n") {
		if n, err := r.Read(b); n == 0 {
			t.Fatalf("it said only %q: %v", all.String(), err)
		}
		all.Write(b)
	}
	return cmd, func() string {
		_, _ = all.ReadFrom(r)
		r.Close()
		return all.String()
	}
}

func TestSignals(t *testing.T) {
	before := lookAtHost(t)
	for _, flags := range [][]string{nil, {"--init"}} {
		cmd, said := started(t, `trap 'echo usr1' USR1; trap 'echo term; exit 3' TERM; echo ready; while :; do sleep 0.02; done`, flags...)
		try(t, cmd.Process.Signal(unix.SIGUSR1))
		try(t, cmd.Process.Signal(unix.SIGTERM))
		_ = cmd.Wait()
		// Two signals may come at once; then the lower number is first.
		if got := said(); cmd.ProcessState.ExitCode() != 3 || !strings.HasPrefix(got, "ready\nusr1\nterm\n") {
			t.Errorf("%v: status %d, it said %q", flags, cmd.ProcessState.ExitCode(), got)
		}
	}
	before.compare(t)
}

// A first process that has no handler is out of reach of all signals but one.
func TestThirdRequestKills(t *testing.T) {
	cmd, said := started(t, `echo ready; exec sleep 1000`)
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	until(t, "the container is killed", func() bool {
		_ = cmd.Process.Signal(unix.SIGTERM)
		select {
		case <-ended:
			return true
		default:
			return false
		}
	})
	if got := said(); cmd.ProcessState.ExitCode() != 137 {
		t.Errorf("status %d, it said %q", cmd.ProcessState.ExitCode(), got)
	}
}

// Killed without warning, nsview leaves nothing behind.
func TestSIGKILL(t *testing.T) {
	before := lookAtHost(t)
	for _, flags := range [][]string{nil, {"--init", "--name", "doomed"}} {
		cmd, _ := started(t, `sleep 1000 & echo ready; sleep 1000`, flags...)
		try(t, cmd.Process.Kill())
		_ = cmd.Wait()
		until(t, "all is as it was", func() bool {
			after := lookAtHost(t)
			// Of a name the directory of names stays.
			return subset(after.groups, before.groups) && after.processes == before.processes && !strings.Contains(after.runtime+after.cache, "doomed")
		})
	}
}

func TestDetached(t *testing.T) {
	box(t, "true") // or the test skips
	name := "detached-test"
	r := nsviewSays(t, nil, "run", "-d", "--name", name, "--", "sh", "-c", `trap 'echo bye; exit 4' TERM; echo hello; echo world >&2; while :; do sleep 0.02; done`)
	id := strings.TrimSpace(r.out)
	if r.status != 0 || len(id) != 64 || r.err != "" {
		t.Fatalf("got %+v", r)
	}
	if again := nsviewSays(t, nil, "run", "--name", name, "--", "true"); again.status != 125 || !strings.Contains(again.err, "a running container has that name") || !strings.Contains(again.err, "nsview stop "+name) {
		t.Errorf("the name a second time: %+v", again)
	}
	if os.Geteuid() == 0 {
		r := nsviewSays(t, nil, "list", "-t", "mnt", "-J", "-o", "OWNER,COMMAND")
		var listed struct{ Namespaces []struct{ Owner string } }
		try(t, json.Unmarshal([]byte(r.out), &listed))
		found := false
		for _, n := range listed.Namespaces {
			found = found || n.Owner == "nsview:"+name
		}
		if !found {
			t.Errorf("nsview list does not show it:\n%s", r.out)
		}
		if r := nsviewSays(t, nil, "tree", name); r.status != 0 || !strings.Contains(r.out, "/dev/pts") {
			t.Errorf("nsview tree %s: %+v", name, r)
		}
	}
	if r := nsviewSays(t, nil, "stop", id[:12]); r.status != 0 {
		t.Errorf("stop: %+v", r)
	}
	if r := nsviewSays(t, nil, "stop", name); r.status != 2 || !strings.Contains(r.err, "none of that name or id is running") {
		t.Errorf("stop once more: %+v", r)
	}
	log, err := os.ReadFile(home + "/.local/state/nsview/log/" + id + ".log")
	if err != nil || string(log) != "hello\nworld\nbye\n" {
		t.Errorf("the log has %q, %v", log, err)
	}
	try(t, os.Remove(home+"/.local/state/nsview/log/"+id+".log"))
	before := lookAtHost(t)
	if r := nsviewSays(t, nil, "run", "-d", "--", "no-such-command"); r.status != 127 || !strings.HasPrefix(r.err, "nsview: start the container: step ") || r.out != "" {
		t.Errorf("a command that is not there: %+v", r)
	}
	r = nsviewSays(t, nil, "run", "-d", "-t", "--rm", "--", "sh", "-c", "sleep 1000")
	if s := nsviewSays(t, nil, "stop", "-t", "0", strings.TrimSpace(r.out)); s.status != 0 {
		t.Errorf("stop of one with a terminal: %+v after %+v", s, r)
	}
	before.compare(t)
}

// Started and stopped many times, containers leave the host as it was.
func TestManyContainers(t *testing.T) {
	box(t, "true") // fills the cache, or the test skips
	before := lookAtHost(t)
	fds, err := os.ReadDir("/proc/self/fd")
	try(t, err)
	const times = 200
	var failed int
	for range times {
		if r := nsviewSays(t, nil, "run", "--", "true"); r.status != 0 {
			if failed++; failed == 1 {
				t.Errorf("it ended with %+v", r)
			}
		}
	}
	if failed > 0 {
		t.Errorf("%d of %d failed", failed, times)
	}
	before.compare(t)
	if after, err := os.ReadDir("/proc/self/fd"); err != nil || len(after) > len(fds) {
		t.Errorf("there are %d descriptors, there were %d (%v)", len(after), len(fds), err)
	}
}
