package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// completeWords completes a list of words, in any case, behind its last comma.
func completeWords(names []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		start := strings.LastIndexAny(typed, ",+") + 1
		var list []cobra.Completion
		for _, name := range names {
			if len(name) >= len(typed)-start && strings.EqualFold(name[:len(typed)-start], typed[start:]) {
				list = append(list, typed[:start]+name)
			}
		}
		return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

func (a *app) completeList(cmd *cobra.Command) {
	var types []string
	for t := range snapshot.AllTypes.All() {
		types = append(types, t.String())
	}
	none := cobra.ShellCompDirectiveNoFileComp
	_ = cmd.RegisterFlagCompletionFunc("type", completeWords(types))
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

// completeTargets is completeTarget of a command that takes so many.
func (a *app) completeTargets(most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.completeTarget(cmd, args, typed)
	}
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
		offerNames(w, typed != "", offer)
	}
	for i := range w.Processes {
		offer(strconv.Itoa(w.Processes[i].PID), oneLine(w.Processes[i].Cmdline, w.Processes[i].Comm))
	}
	return list
}

// offerNames offers owners as they are shown; once something is typed also by
// their names alone.
func offerNames(w *world.World, alone bool, offer func(name, what string)) {
	seen := map[string]bool{"": true}
	for i := range w.Processes {
		o := w.OwnerOf(&w.Processes[i])
		names := []string{o.String()}
		if alone {
			names = append(names, o.Name)
		}
		for _, name := range names {
			if !seen[name] {
				seen[name] = true
				offer(name, string(o.Kind))
			}
		}
	}
	for _, n := range w.Namespaces {
		offer(strconv.FormatUint(n.ID.Ino, 10), fmt.Sprintf("%v namespace of %d processes", n.Type, len(n.Processes)))
	}
}

// maxDescription is how many letters of a command line describe a process.
const maxDescription = 60

// oneLine is a description that fits a completion: no tabs or newlines, which
// part completions, and nothing that moves the terminal.
func oneLine(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			letters := []rune(render.Safe(strings.Join(strings.Fields(s), " ")))
			return string(letters[:min(len(letters), maxDescription)])
		}
	}
	return ""
}

// listColumns prints the columns of a command.
func (a *app) listColumns(help string) error {
	_, err := io.WriteString(a.out, help)
	return err
}
