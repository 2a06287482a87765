package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
)

// The rules of talking to users:
//
//   - What was asked for goes to standard output, everything else to standard
//     error.
//   - An error is one line, "nsview: doing what to which: cause", without
//     capitals and full stops; where something helps, a second line says it,
//     "nsview: hint: ...".
//   - What could not be read is said in one line, and in JSON as "gaps".
//   - Nothing of the host reaches a terminal raw (package render).
//   - Tables are as wide as the terminal, and never cut in a pipe.
//   - The exit status is one of those below.

// Exit statuses. They are part of the contract with scripts.
const (
	exitYes     = 0 // found, done
	exitNo      = 1 // a definite no: nothing matched
	exitFailure = 2 // a usage error, or nothing could be done
	exitUnknown = 3 // something could not be read, so the answer is not certain
)

// terminal is where nsview talks to: its streams and environment.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
}

// hinted is an error with something that helps.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// exitError is an exit status that says it all: nothing is printed.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// unsure is an error that says what could not be read, so that there is no
// answer: neither yes nor no.
type unsure struct{ error }

func (u unsure) Unwrap() error { return u.error }

// coded is an error with an exit status of its own.
type coded struct {
	error
	code int
}

func (c coded) Unwrap() error { return c.error }

// bareError is the cause in an error that repeats the path it is about.
func bareError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

// fail prints an error and returns the exit status.
func (t terminal) fail(err error) int {
	var code exitError
	if errors.As(err, &code) {
		return int(code)
	}
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	fmt.Fprintf(t.err, "nsview: %s\n", render.Safe(text))
	var h hinted
	if errors.As(err, &h) {
		fmt.Fprintf(t.err, "nsview: hint: %s\n", render.Safe(h.hint))
	}
	var c coded
	if errors.As(err, &c) {
		return c.code
	}
	if errors.As(err, new(unsure)) || errors.Is(err, inspect.ErrUnread) {
		return exitUnknown
	}
	return exitFailure
}

// say prints a remark.
func (t terminal) say(format string, args ...any) {
	fmt.Fprintf(t.err, "nsview: %s\n", render.Safe(fmt.Sprintf(format, args...)))
}

// maxGapText is how much of the gaps one line holds.
const maxGapText = 3

// gaps says in one line what could not be read, and what root would add.
func (t terminal) gaps(list []snapshot.Gap, uid int) {
	if len(list) == 0 {
		return
	}
	var parts []string
	for _, g := range list[:min(maxGapText, len(list))] {
		parts = append(parts, fmt.Sprintf("%s: %s: %s", g.Subject, g.Op, g.Error))
	}
	if more := len(list) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more (JSON lists them)", more))
	}
	root := ""
	if uid > 0 {
		root = "; root would also see the links, holders and names of other users' processes and namespaces without a process"
	}
	t.say("not everything could be read: %s%s", strings.Join(parts, "; "), root)
}

// width is the number of columns of the terminal that output goes to, 0 for a
// pipe or file.
func (t terminal) width() int {
	f, ok := t.out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w <= 0 {
		return 80
	}
	return w
}

// colors decides whether to colour: "always", "never", or on a terminal that
// has colours when NO_COLOR (no-color.org) is empty.
func (t terminal) colors(when string, width int) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return width > 0 && t.getenv("NO_COLOR") == "" && t.getenv("TERM") != "dumb"
}
