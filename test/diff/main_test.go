//go:build linux

// Package diff_test holds `nsview diff` against the kernel: a namespace is
// copied, one thing is changed in the copy, and that one thing must be told.
// Nothing is mounted in the namespace the tests are started in.
package diff_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/nsview/nsview/test/apart"
	"github.com/nsview/nsview/test/built"
)

// The test binary runs itself again in a mount namespace of its own, told so by
// its environment, with the path of the nsview it has built.
const nsviewVar = "NSVIEW_DIFF_NSVIEW"

// noStage says why no namespaces can be made here.
var noStage string

func TestMain(m *testing.M) {
	status, err := perform(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "diff: %v\n", err)
		os.Exit(1)
	}
	os.Exit(status)
}

func perform(m *testing.M) (int, error) {
	if os.Getenv(nsviewVar) != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "nsview-diff-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	name, err := built.Nsview(dir)
	if err != nil {
		return 0, err
	}
	if os.Geteuid() != 0 {
		noStage = "needs root: makes namespaces and mounts"
		if err := os.Setenv(nsviewVar, name); err != nil {
			return 0, err
		}
		return m.Run(), nil
	}
	return apart.Again(nsviewVar + "=" + name)
}

// space is a mount namespace with a shell in it.
type space struct {
	t   *testing.T
	pid string
	in  io.Writer
	out *bufio.Reader
}

// newSpace copies the namespace of the tests, or with from that of another
// space.
func newSpace(t *testing.T, from *space) *space {
	t.Helper()
	if noStage != "" {
		t.Skip(noStage)
	}
	argv := []string{"unshare", "--mount", "--propagation", "unchanged", "sh"}
	if from != nil {
		argv = append([]string{"nsenter", "--mount", "--target", from.pid}, argv...)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	s := &space{t: t, in: in, out: bufio.NewReader(out)}
	s.pid = s.do("echo $$")
	return s
}

// do runs a command in the space and returns the first line it prints.
func (s *space) do(command string) string {
	s.t.Helper()
	fmt.Fprintf(s.in, "{ %s\n} && echo || echo failed\n", command)
	var lines []string
	for {
		line, err := s.out.ReadString('\n')
		switch line = strings.TrimSpace(line); {
		case err != nil || line == "failed":
			s.t.Fatalf("%s: failed: %v", command, err)
		case line == "":
			return strings.Join(lines, "\n")
		default:
			lines = append(lines, line)
		}
	}
}

// diff asks nsview for the differences and returns them, a line each, with the
// exit status.
func diff(t *testing.T, args ...string) (rows []string, said string, status int) {
	t.Helper()
	argv := append([]string{"diff", "-r", "-n", "-o", "CHANGE,WHAT,TARGET,A,B"}, args...)
	cmd := exec.Command(os.Getenv(nsviewVar), argv...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		rows = append(rows, strings.TrimSpace(line))
	}
	return rows, complaint.String(), status
}

func number(t *testing.T, s *space) string {
	t.Helper()
	link := s.do("readlink /proc/$$/ns/mnt")
	n := strings.TrimSuffix(strings.TrimPrefix(link, "mnt:["), "]")
	if _, err := strconv.Atoi(n); err != nil {
		t.Fatal(err)
	}
	return n
}
