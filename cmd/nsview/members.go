package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// runMembers is list with a TARGET: the processes of one namespace.
func (a *app) runMembers(cmd *cobra.Command, lf listFlags, target string) error {
	if err := lf.alone(target); err != nil {
		return err
	}
	q, err := lf.query()
	if err != nil {
		return err
	}
	cols, err := choose(a, render.ProcessColumns)
	if err != nil {
		return err
	}
	host, err := a.host()
	if err != nil {
		return err
	}
	place, typ, err := findAny(cmd, host, target, q.Types)
	if err != nil {
		return err
	}
	want := snapshot.Want{Types: snapshot.Types(typ)}
	render.Wants(cols, &want)
	w, err := host.Look(cmd.Context(), want)
	if err != nil {
		return err
	}
	answer, err := membersOf(w, place, typ)
	if err != nil {
		return err
	}
	return a.printMembers(answer, cols, w.Reader.UID, target)
}

// alone refuses flags that say nothing of the processes of a TARGET.
func (lf listFlags) alone(target string) error {
	switch {
	case lf.tree != "" && (target == string(query.ByOwner) || target == string(query.ByParent)):
		return hinted{
			fmt.Errorf("read the command line: -T and %s are apart, so that %s is a TARGET", target, target),
			"write it together: -T" + target,
		}
	case lf.tree != "":
		return errors.New("read the command line: -T shows namespaces, a TARGET the processes of one: choose one")
	case lf.pid != "":
		return errors.New("read the command line: -p shows namespaces, a TARGET the processes of one: choose one")
	}
	return nil
}

// nsOf is the number of a place's namespace. That of a process whose links may
// not be read is known when its mounts told it.
func nsOf(place inspect.Place, typ snapshot.Type, processes []snapshot.Process) (uint64, error) {
	if place.NS != 0 {
		return place.NS, nil
	}
	i := slices.IndexFunc(processes, func(p snapshot.Process) bool { return p.PID == place.PID })
	if i >= 0 && processes[i].NS[typ] != 0 {
		return processes[i].NS[typ], nil
	}
	return 0, unsure{fmt.Errorf("find the %v namespace of process %d: %w", typ, place.PID, fs.ErrPermission)}
}

// membersOf asks for the namespace of a place.
func membersOf(w *world.World, place inspect.Place, typ snapshot.Type) (query.Processes, error) {
	ino, err := nsOf(place, typ, w.Processes)
	if err != nil {
		return query.Processes{}, err
	}
	if n := w.Lookup(ino); n != nil {
		return query.Members(w, n), nil
	}
	return query.Processes{Gaps: w.Gaps}, nil
}

func (a *app) printMembers(answer query.Processes, cols []render.Column[query.ProcessRow], uid int, target string) (err error) {
	switch {
	case a.flags.json:
		err = render.ProcessesJSON(a.out, answer, cols)
	case len(answer.Rows) == 0:
		a.say("list the processes of %s: no process is in it", target)
		a.gaps(answer.Gaps, uid)
	default:
		err = render.Processes(a.out, answer, cols, a.style())
		a.gaps(answer.Gaps, uid)
	}
	if err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return nothing(len(answer.Rows), answer.Gaps)
}

// findAny resolves a TARGET of list, whose namespace may be of any of the
// types; a number or file says itself which.
func findAny(cmd *cobra.Command, host *inspect.Host, text string, types snapshot.TypeSet) (inspect.Place, snapshot.Type, error) {
	if text == "" {
		return inspect.Place{}, 0, errEmptyTarget
	}
	if types == snapshot.AllTypes {
		types = snapshot.Types(snapshot.Mnt)
		if t, ok := host.TypeOf(cmd.Context(), text); ok {
			types = snapshot.Types(t)
		} else if inspect.IsNumber(text) {
			return inspect.Place{}, 0, noNumber(cmd, host, text)
		}
	}
	var p inspect.Place
	var err error
	for t := range types.All() {
		if p, err = host.Find(cmd.Context(), text, t); err == nil {
			return p, t, nil
		}
	}
	return p, 0, err
}

// noNumber says that no namespace of any type has a number; whether that is
// certain is the same for the types as for mount namespaces.
func noNumber(cmd *cobra.Command, host *inspect.Host, text string) error {
	_, err := host.Find(cmd.Context(), text, snapshot.Mnt)
	if errors.Is(err, inspect.ErrUnread) {
		return unsure{fmt.Errorf("find %s: no namespace that could be read has that number", text)}
	}
	return fmt.Errorf("find %s: no namespace has that number", text)
}

// errEmptyTarget: a script's variable that turned out empty must not mean this
// very host's own namespace.
var errEmptyTarget = errors.New("read the command line: an empty TARGET names nothing")
