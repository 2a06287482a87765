package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nsview/nsview/fixtures/labs/stage"
)

// Scripts run the real main: testscript starts this binary again by the name
// nsview.
func TestMain(m *testing.M) {
	if status, was := stage.Dispatch(); was {
		os.Exit(status)
	}
	if isKeeper() {
		main()
	}
	testscript.Main(m, map[string]func(){"nsview": main})
}

// The scripts of testdata: each tells one story of what a person types and
// reads. Conditions are [stage] and [container], where one can be made, commands
//
//	inns COMMAND...    runs it in a fresh private mount namespace, [stage] only
//	exits N COMMAND... runs it and wants this exit status
//	oneline [hint]     wants stderr to be one line "nsview: ...", and a hint
//	cut N FROM TO      copies the first N bytes of a file
//	gz FROM TO         compresses a file
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:       "testdata",
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"inns": cmdInNS, "exits": cmdExits, "oneline": cmdOneLine, "cut": cmdCut, "gz": cmdGzip,
			"longline": cmdLongLine, "dead": cmdDead,
		},
	})
}

func condition(name string) (bool, error) {
	switch name {
	case "linux":
		return runtime.GOOS == "linux", nil
	case "container":
		args := []string{"--mount", "--net", "--pid", "--fork", "true"}
		if os.Geteuid() != 0 {
			args = append([]string{"--user"}, args...)
		}
		return exec.Command("unshare", args...).Run() == nil, nil
	case "stage":
		return os.Geteuid() == 0 && exec.Command("unshare", "-m", "--propagation", "private", "true").Run() == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// cmdExits runs a command and compares its exit status.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// cmdInNS runs a command where nothing it mounts reaches anybody.
func cmdInNS(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("unshare", append([]string{"-m", "--propagation", "private", "--"}, args...)...)
	if (err != nil) != neg {
		ts.Fatalf("inns %s: %v", strings.Join(args, " "), err)
	}
}

// cmdOneLine checks the form of what an error says.
func cmdOneLine(ts *testscript.TestScript, neg bool, args []string) {
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile("stderr"), "\n"), "\n")
	want := 1
	if len(args) == 1 && args[0] == "hint" {
		want = 2
	}
	if neg || len(lines) != want {
		ts.Fatalf("%d lines, want %d", len(lines), want)
	}
	text, ok := strings.CutPrefix(lines[0], "nsview: ")
	if !ok || strings.Contains(text, "failed to") || strings.HasSuffix(text, ".") || text[:1] != strings.ToLower(text[:1]) {
		ts.Fatalf("an error reads \"nsview: doing what to which: cause\"")
	}
	if want == 2 && !strings.HasPrefix(lines[1], "nsview: hint: ") {
		ts.Fatalf("the second line is no hint")
	}
}

func cmdCut(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	b, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), b[:n], 0o600))
}

func cmdGzip(ts *testscript.TestScript, _ bool, args []string) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(errors.Join(err, z.Close(), os.WriteFile(ts.MkAbs(args[1]), out.Bytes(), 0o600)))
}

// cmdLongLine writes a snapshot with one command line of so many bytes.
func cmdLongLine(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	head, tail, _ := strings.Cut(ts.ReadFile(args[1]), "LONG")
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(head+strings.Repeat("x", n)+tail), 0o600))
}

// cmdDead sets $DEAD to the id of a process that has just exited.
func cmdDead(ts *testscript.TestScript, _ bool, _ []string) {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	ts.Check(cmd.Run())
	ts.Setenv("DEAD", strconv.Itoa(cmd.Process.Pid))
}
