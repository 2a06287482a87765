//go:build linux

// Package labs_test runs every lab with the nsview that it builds, as whoever
// calls. Nothing is mounted in the namespace the tests are started in: labs
// stage themselves in namespaces of their own.
package labs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nsview/nsview/test/built"
)

// nsview is the program under test.
var nsview string

func TestMain(m *testing.M) {
	status, err := perform(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "labs: %v\n", err)
		os.Exit(1)
	}
	os.Exit(status)
}

func perform(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "nsview-labs-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if nsview, err = built.Nsview(dir); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// call runs nsview and gives its status and what it said.
func call(t *testing.T, args ...string) (status int, out, errors string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(nsview, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !isExit(err) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

func isExit(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit)
}

// write makes a lab of the test's own and gives its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func mountinfo(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
