//go:build linux

package oracle_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nsview/nsview/fixtures/labs"
	"github.com/nsview/nsview/inspect/predict"
)

// shrink leaves out of a walk what its difference does not take: rapid cannot, as
// what chance chooses depends on what there is. The theatre stands as the
// difference has left it.
func shrink(notes []note, rules predict.Rules) (t *theatre, difference, err error) {
	t, difference, err = again(notes, rules)
	if err == nil && difference == nil {
		t.close()
		err = errors.New("the walk was done again, and no difference found")
	}
	for shorter := err == nil; shorter; {
		shorter = false
		for i := len(t.notes) - 1; i >= 0; i-- {
			for _, list := range append([][]note{without(t.notes, i, false), without(t.notes, i, true)}, simpler(t.notes, i)...) {
				other, still, err := again(list, rules)
				if err != nil {
					return t, difference, nil
				}
				if still == nil {
					other.close()
					continue
				}
				t.close()
				t, difference, shorter = other, still, true
				i = min(i, len(t.notes)-1) // more may have gone than one
				break
			}
		}
	}
	return t, difference, err
}

// again does a walk once more, until a difference is found.
func again(notes []note, rules predict.Rules) (t *theatre, difference, err error) {
	if t, err = openBy(rules, os.Getenv(baseVar), newCount()); err != nil {
		return nil, nil, err
	}
	for _, n := range notes {
		if max(n.at, n.from(), linked(n.op.Src), linked(n.op.Dst)) >= len(t.seats) {
			continue // somebody could not be made this time
		}
		err := t.act(n.at, n.op)
		if errors.Is(err, errOpen) {
			return t, nil, nil
		}
		if err != nil && !errors.Is(err, errTooMuch) {
			return t, err, nil
		}
	}
	return t, nil, nil
}

// without is a walk without one of its notes. What was done by whom this one made
// goes too, or is left to whom that one came from.
func without(notes []note, i int, left bool) []note {
	list := slices.Clone(notes[:i])
	number := []int{0} // what seats are called now, -1 for those that are not made
	next := 1
	seat := func(as int) {
		if number = append(number, as); as == next {
			next++
		}
	}
	for _, n := range notes[:i] {
		if n.makes() {
			seat(next)
		}
	}
	if n := notes[i]; n.makes() && left {
		seat(number[n.from()])
	} else if n.makes() {
		seat(-1)
	}
	for _, n := range notes[i+1:] {
		makes, there := n.makes(), number[n.at] >= 0 && number[n.from()] >= 0
		if n.op.Kind == "join" {
			n.op.Dst = fmt.Sprintf("@%d", number[n.from()])
		}
		for _, name := range []*string{&n.op.Src, &n.op.Dst} {
			first, rest, more := strings.Cut(*name, "/")
			if kind, seat, ok := linkOf(first); ok {
				there = there && number[seat] >= 0
				if *name = fmt.Sprintf("%s:@%d", kind, number[seat]); more {
					*name += "/" + rest
				}
			}
		}
		n.at = number[n.at]
		if there {
			list = append(list, n)
		}
		if makes && there {
			seat(next)
		} else if makes {
			seat(-1)
		}
	}
	return list
}

// simpler are walks with one of the operations done in a plainer way.
func simpler(notes []note, i int) (lists [][]note) {
	for _, plainer := range []func(op *predict.Op){
		func(op *predict.Op) { op.Recursive = false },
		func(op *predict.Op) { op.Lazy = false },
		func(op *predict.Op) { op.NewUser = false },
		func(op *predict.Op) { op.Beneath = false },
		func(op *predict.Op) { op.IDMap = false },
		func(op *predict.Op) { op.Detached = op.Beneath || op.IDMap || op.Source == "full" },
	} {
		list := slices.Clone(notes)
		if plainer(&list[i].op); list[i].op != notes[i].op {
			lists = append(lists, list)
		}
	}
	return lists
}

// makes says whether somebody new has come.
func (n note) makes() bool {
	return n.refusal == nil && (n.op.Kind == predict.OpUnshare || n.op.Kind == "join")
}

// linked is whose link a path begins with, if it does.
func linked(name string) int {
	first, _, _ := strings.Cut(name, "/")
	_, seat, _ := linkOf(first)
	return seat
}

// from is who was in the namespace before that a note is about.
func (n note) from() int {
	seat := n.at
	if n.op.Kind == "join" {
		_, _ = fmt.Sscanf(n.op.Dst, "@%d", &seat) // written by whoever made the note
	}
	return seat
}

// TestAsLabAnyway: a walk whose difference is not found again is written as it was.
func TestAsLabAnyway(t *testing.T) {
	onStage(t)
	_, op, err := operation("@0 make-shared /")
	if err != nil {
		t.Fatal(err)
	}
	text := asLab([]note{{op: op}})
	_, text, _ = strings.Cut(text, "\n\n")
	l, err := labs.Parse("walk.lab", []byte(text))
	if err != nil || len(l.Steps[0].Actions) != 2 || !strings.Contains(l.Story, "no difference found") {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestShrink predicts by the rules of another kernel, which differ from those of
// the one that runs where an unbindable mount is cloned: of a walk that finds it,
// the operations are left that it takes, and the lab shows it.
func TestShrink(t *testing.T) {
	onStage(t)
	rules := rulesOn(running())
	rules.UnbindableSurvivesClone = !rules.UnbindableSurvivesClone
	th, err := openBy(rules, os.Getenv(baseVar), newCount())
	if err != nil {
		t.Fatal(err)
	}
	defer th.close()
	var difference error
	for _, line := range []string{
		"@0 mount /b", "@0 make-shared /", "@0 unshare", "@1 mount /a", "@1 unshare --user", "@0 umount /c ! EINVAL not-a-mount-point",
		"@2 make-runbindable /a", "@2 rbind --detached /d /d", "@1 join @2", "@3 mount /c", "@3 unshare",
	} {
		if difference = th.perform(line); difference != nil {
			break
		}
	}
	if difference == nil {
		t.Fatal("no difference")
	}

	short, difference, err := shrink(th.notes, rules)
	if err != nil {
		t.Fatal(err)
	}
	defer short.close()
	if got := strings.Join(short.lines(), "; "); got != "@0 mount /a; @0 make-unbindable /a; @0 unshare" {
		t.Error(got)
	}
	text := short.lab(difference)
	if status, claims, predictions := replay(t, text); status != 1 || len(claims) == 0 || len(predictions) > 0 {
		t.Errorf("status %d: %q, %q\n%s", status, claims, predictions, text)
	}
}
