package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// completeColumns completes a list of columns behind its last comma.
func completeColumns(names []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		start := strings.LastIndexAny(typed, ",+") + 1
		var list []cobra.Completion
		for _, name := range names {
			if strings.HasPrefix(name, strings.ToUpper(typed[start:])) {
				list = append(list, typed[:start]+name)
			}
		}
		return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

func (a *app) completeList(cmd *cobra.Command) {
	var types []cobra.Completion
	for t := range snapshot.AllTypes.All() {
		types = append(types, t.String())
	}
	none := cobra.ShellCompDirectiveNoFileComp
	_ = cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(types, none))
	_ = cmd.RegisterFlagCompletionFunc("tree", cobra.FixedCompletions([]cobra.Completion{string(query.ByOwner), string(query.ByParent)}, none))
	_ = cmd.RegisterFlagCompletionFunc("task", func(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return a.targets(cmd, typed, false), none
	})
}

// completeTarget offers the live processes, mount namespaces and containers
// that start as typed.
func (a *app) completeTarget(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if strings.Contains(typed, "/") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return a.targets(cmd, typed, true), cobra.ShellCompDirectiveNoFileComp
}

func (a *app) targets(cmd *cobra.Command, typed string, all bool) []cobra.Completion {
	host, err := a.host()
	if err != nil {
		return nil
	}
	every := snapshot.FieldCommand
	if all {
		every |= snapshot.FieldCgroup
	}
	w, err := host.Look(cmd.Context(), snapshot.Want{Types: snapshot.Types(snapshot.Mnt), Every: every, Names: all})
	if err != nil {
		return nil
	}
	var list []cobra.Completion
	offer := func(name, what string) {
		if strings.HasPrefix(name, typed) {
			list = append(list, cobra.CompletionWithDesc(name, what))
		}
	}
	if all {
		offerNames(w, offer)
	}
	for i := range w.Processes {
		offer(strconv.Itoa(w.Processes[i].PID), oneLine(w.Processes[i].Cmdline, w.Processes[i].Comm))
	}
	return list
}

func offerNames(w *world.World, offer func(name, what string)) {
	seen := map[string]bool{}
	for i := range w.Processes {
		o := w.OwnerOf(&w.Processes[i])
		if name := o.String(); !o.IsZero() && !seen[name] {
			seen[name] = true
			offer(name, string(o.Kind))
		}
	}
	for _, n := range w.Namespaces {
		offer(strconv.FormatUint(n.ID.Ino, 10), fmt.Sprintf("%v namespace of %d processes", n.Type, len(n.Processes)))
	}
}

// oneLine is a description that fits a completion: no tabs or newlines, which
// part completions.
func oneLine(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			s = strings.Join(strings.Fields(s), " ")
			return s[:min(len(s), 60)]
		}
	}
	return ""
}

// listColumns prints the columns of a command.
func (a *app) listColumns(help string) error {
	_, err := io.WriteString(a.out, help)
	return err
}
