package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// lab has the programs that are measured, and those that measure.
type lab struct {
	dir     string // temporary
	hostgen string
	nsview  string
	self    string
	pairs   int
}

// prepare builds nsview as it is released, and the generator of hosts. A path
// in NSVIEW is measured instead.
func prepare(pairs int) (*lab, error) {
	dir, err := os.MkdirTemp("", "nsview-bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{dir: dir, pairs: pairs, hostgen: filepath.Join(dir, "hostgen"), nsview: os.Getenv("NSVIEW")}
	l.self, err = os.Executable()
	if err == nil {
		err = build(l.hostgen, "github.com/nsview/nsview/fixtures/hostgen/cmd/hostgen")
	}
	if err == nil && l.nsview == "" {
		l.nsview = filepath.Join(dir, "nsview")
		err = build(l.nsview, "github.com/nsview/nsview/cmd/nsview")
	}
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *lab) close() error { return os.RemoveAll(l.dir) }

func build(to, pkg string) error {
	progress("build %s", pkg)
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", to, pkg)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// ask builds a host and has the questions answered in it. When the host cannot
// be built, that is the result of every question.
func (l *lab) ask(name string, args []string, questions []question) []result {
	progress("%s: build the host", name)
	results, err := l.inHost(args, job{Host: name, Nsview: l.nsview, Pairs: l.pairs, Questions: questions})
	for i := len(results); i < len(questions); i++ {
		results = append(results, result{Question: questions[i], Failed: err.Error()})
	}
	return results
}

func (l *lab) inHost(args []string, j job) ([]result, error) {
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	var out, complaint bytes.Buffer
	argv := []string{l.self, insideRole, string(text)}
	if j.Host == runName {
		argv = aside(argv)
	} else {
		argv = append(append([]string{l.hostgen}, args...), append([]string{"--"}, argv...)...)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout = &out
	cmd.Stderr = io.MultiWriter(os.Stderr, &complaint)
	if err := cmd.Run(); err != nil {
		last := complaint.Bytes()
		last = last[bytes.LastIndexByte(bytes.TrimSpace(last), '\n')+1:]
		return nil, fmt.Errorf("measure in a host: %w: %s", err, bytes.TrimSpace(last))
	}
	var results []result
	for from := json.NewDecoder(&out); ; {
		var r result
		if err := from.Decode(&r); errors.Is(err, io.EOF) {
			return results, errors.New("the bench in the host ended early")
		} else if err != nil {
			return results, fmt.Errorf("read the results: %w", err)
		}
		results = append(results, r)
	}
}
