// Testsum reads `go test -json` and prints what a person wants of it: one line
// a package, each skipped test with its reason, and all that a failed test said.
// It exits with 1 when anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

// summary keeps what was said until the end of a test shows whether it is wanted.
type summary struct {
	said   map[string][]string // by package, or package and test
	build  map[string][]string // compiler output, by import path
	skips  map[string][]string // by package
	broken map[string]bool     // packages whose failed tests are named already
	failed []string
}

func main() {
	s := summary{
		said:   map[string][]string{},
		build:  map[string][]string{},
		skips:  map[string][]string{},
		broken: map[string]bool{},
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text()) // the go command's own words
			continue
		}
		s.take(e)
	}
	if err := in.Err(); err != nil {
		fmt.Fprintf(os.Stderr, "testsum: read test events: %v\n", err)
		os.Exit(1)
	}
	if len(s.failed) > 0 {
		fmt.Printf("FAIL\t%s\n", strings.Join(s.failed, ", "))
		os.Exit(1)
	}
}

func (s *summary) take(e event) {
	key := e.Package + "\x00" + e.Test
	switch e.Action {
	case "build-output":
		s.build[e.ImportPath] = append(s.build[e.ImportPath], e.Output)
	case "output":
		s.said[key] = append(s.said[key], e.Output)
	case "pass":
		if e.Test == "" {
			fmt.Printf("ok  \t%-45s %6.2fs\n", short(e.Package), e.Elapsed)
			for _, line := range s.skips[e.Package] {
				fmt.Println(line)
			}
		}
		delete(s.said, key)
	case "skip":
		if e.Test != "" {
			s.skips[e.Package] = append(s.skips[e.Package], fmt.Sprintf("\tskip %s: %s", e.Test, reason(s.said[key])))
		}
		delete(s.said, key)
	case "fail":
		if e.FailedBuild != "" {
			fmt.Print(strings.Join(s.build[e.FailedBuild], ""))
		}
		for _, line := range s.said[key] {
			if e.Test != "" || !strings.HasPrefix(line, "FAIL") {
				fmt.Print(line)
			}
		}
		if e.Test != "" {
			s.failed = append(s.failed, short(e.Package)+" "+e.Test)
			s.broken[e.Package] = true
		} else {
			fmt.Printf("FAIL\t%-45s %6.2fs\n", short(e.Package), e.Elapsed)
			if !s.broken[e.Package] {
				s.failed = append(s.failed, short(e.Package))
			}
		}
		delete(s.said, key)
	}
}

// reason is what t.Skip was given, without the file and line before it.
func reason(said []string) string {
	for _, line := range said {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") || line == "" {
			continue
		}
		if _, after, ok := strings.Cut(line, ".go:"); ok {
			if _, text, ok := strings.Cut(after, ": "); ok {
				return text
			}
		}
		return line
	}
	return "no reason given"
}

func short(pkg string) string {
	return strings.TrimPrefix(pkg, "github.com/nsview/nsview/")
}
