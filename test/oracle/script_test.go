//go:build linux

package oracle_test

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/nsview/nsview/inspect/predict"
)

// block is some lines of testdata/tables.txt, each for some kernels.
type block struct {
	title   string
	kernels span
	lines   []string
}

// The test binary also runs where its sources are not (scripts/oracle-on).
//
//go:embed testdata/tables.txt
var tables string

func blocks() (list []block) {
	for line := range strings.Lines(tables) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "== "); ok {
			kernels, title := spanOf(title)
			list = append(list, block{title, kernels, nil})
		} else if len(list) > 0 && line != "" {
			last := &list[len(list)-1]
			last.lines = append(last.lines, line)
		}
	}
	return list
}

// TestTables predicts every block, by the rules of all kernels that it is for.
// It needs no kernel.
func TestTables(t *testing.T) {
	for _, b := range blocks() {
		t.Run(b.title, func(t *testing.T) {
			for _, release := range releases {
				if b.kernels.has(release) {
					b.play(t, paper(release), release)
				}
			}
		})
	}
}

// TestTablesLive does the same with the kernel, which has to agree after every
// line.
func TestTablesLive(t *testing.T) {
	onStage(t)
	for _, b := range blocks() {
		t.Run(b.title, func(t *testing.T) {
			if strings.HasSuffix(b.title, "(as root)") && lesser() {
				t.Skip("needs root: in a user namespace the root is locked to the root mount")
			}
			if !b.kernels.has(running()) {
				t.Skipf("needs Linux %s, not %s", b.kernels, running())
			}
			th, err := open(os.Getenv(baseVar), newCount())
			if err != nil {
				t.Fatal(err)
			}
			defer th.close()
			b.play(t, th, running())
		})
	}
}

// play does all lines that are for a kernel.
func (b block) play(t *testing.T, th *theatre, release string) {
	t.Helper()
	letters := map[string]predict.ID{}
	for _, line := range b.lines {
		kernels, line := spanOf(line)
		if !kernels.has(release) {
			continue
		}
		var err error
		if claim, ok := strings.CutPrefix(line, "? "); ok {
			err = th.check(claim, letters)
		} else {
			err = th.perform(line)
		}
		if errors.Is(err, errOpen) {
			t.Skipf("needs a kernel to ask, as a release does not tell: Linux %s: %s: %v", release, line, err)
		}
		if err != nil {
			t.Fatalf("Linux %s: %s: %v", release, line, err)
		}
	}
}

// perform does one line.
func (t *theatre) perform(line string) error {
	text, refusal, _ := strings.Cut(line, " ! ")
	at, op, err := operation(text)
	if err != nil {
		return err
	}
	t.last = predict.Result{}
	if err := t.act(at, op); err != nil {
		return err
	}
	did := ""
	if r := t.last.Refusal; r != nil {
		did = string(r.Errno) + " " + string(r.Reason)
	}
	if did != refusal {
		return fmt.Errorf("refused %q", did)
	}
	return nil
}

// operation reads an operation as the tables and the notes write it.
func operation(text string) (int, predict.Op, error) {
	f := strings.Fields(text)
	at, err := strconv.Atoi(strings.TrimPrefix(f[0], "@"))
	if err != nil {
		return 0, predict.Op{}, err
	}
	op := predict.Op{Kind: predict.Kind(f[1])}
	if kind, ok := strings.CutPrefix(f[1], "make-"); ok {
		op.Kind = predict.OpMake
		op.Type, op.Recursive = predict.Propagation(kind), false
		if types[op.Type] == 0 {
			op.Type, op.Recursive = predict.Propagation(kind[1:]), true
		}
	}
	if f[1] == "rbind" {
		op.Kind, op.Recursive = predict.OpBind, true
	}
	if op.Kind == predict.OpMount {
		op.FSType, op.Source, op.Detached, op.Flags = "tmpfs", "full", true, predict.RelAtime
	}
	var paths []string
	for _, w := range f[2:] {
		switch {
		case w == "-l":
			op.Lazy = true
		case w == "--beneath":
			op.Beneath = true
		case w == "--recursive", w == "-R":
			op.Recursive = true
		case w == "--detached":
			op.Detached = true
		case w == "--idmap":
			op.IDMap, op.Detached = true, true
		case w == "--empty":
			op.Detached, op.Source = false, "empty"
		case w == "--user":
			op.NewUser = true
		case w[0] == '+':
			op.Flags |= predict.FlagsOf(w[1:])
		case w[0] == '-':
			op.Clear |= predict.FlagsOf(w[1:])
		default:
			paths = append(paths, w)
		}
	}
	if len(paths) > 0 {
		op.Dst = paths[len(paths)-1]
	}
	if len(paths) > 1 {
		op.Src = paths[0]
	}
	return at, op, nil
}

// check holds a claim against what is predicted, which the kernel has agreed to.
func (t *theatre) check(claim string, letters map[string]predict.ID) error {
	f := strings.Fields(claim)
	at, err := strconv.Atoi(strings.TrimPrefix(f[0], "@"))
	if err != nil {
		return err
	}
	var there []predict.Row
	for _, r := range t.state.View(t.seats[at].actor) {
		if r.Point == f[1] {
			there = append(there, r)
		}
	}
	if f[2] == "nothing" {
		if len(there) > 0 {
			return fmt.Errorf("there is %+v", there)
		}
		return nil
	}
	if len(there) == 0 {
		return fmt.Errorf("nothing is mounted there")
	}
	top := there[len(there)-1]
	for _, word := range f[2:] {
		if stack, ok := strings.CutPrefix(word, "stack:"); ok {
			if strconv.Itoa(len(there)) != stack {
				return fmt.Errorf("%d mounts are there", len(there))
			}
			continue
		}
		if letter, ok := strings.CutPrefix(word, "from:"); ok {
			if err := t.checkFrom(at, top, letters[letter]); err != nil {
				return err
			}
			continue
		}
		if word == "ro" || word == "rw" {
			if top.Flags&predict.ReadOnly != 0 != (word == "ro") {
				return fmt.Errorf("flags %v", top.Flags)
			}
			continue
		}
		if word == "idmapped" || word == "unmapped" {
			if top.Flags&predict.IDMapped != 0 != (word == "idmapped") {
				return fmt.Errorf("flags %v", top.Flags)
			}
			continue
		}
		if err := same(top, word, letters); err != nil {
			return err
		}
	}
	return nil
}

// same compares a propagation type in words.
func same(r predict.Row, words string, letters map[string]predict.ID) error {
	want := predict.Row{}
	for word := range strings.SplitSeq(words, ",") {
		kind, letter, _ := strings.Cut(word, ":")
		switch kind {
		case "unbindable":
			want.Unbindable = true
		case "shared":
			want.Group = named(letter, r.Group, letters)
		case "slave":
			want.Master = named(letter, r.Master, letters)
		case "private":
		default:
			return fmt.Errorf("%q is no propagation type", word)
		}
	}
	if want.Group != r.Group || want.Master != r.Master || want.Unbindable != r.Unbindable {
		return fmt.Errorf("shared:%d master:%d unbindable:%v, groups %v", r.Group, r.Master, r.Unbindable, letters)
	}
	return nil
}

// named is the group that a letter stands for: the first one met, if no other
// letter has it.
func named(letter string, met predict.ID, letters map[string]predict.ID) predict.ID {
	if id, ok := letters[letter]; ok {
		return id
	}
	for _, id := range letters {
		if id == met {
			return 0
		}
	}
	letters[letter] = met
	return met
}
