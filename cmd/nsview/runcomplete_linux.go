package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/capset"
	"github.com/nsview/nsview/launch/state"
)

// completeRun offers what the flags of run know by name. The lists are made when
// they are asked for: every nsview comes by here.
func completeRun(cmd *cobra.Command) {
	for flag, words := range map[string]func() []string{
		"ns": nsNames, "no-ns": nsNames, "cap-add": capabilities, "cap-drop": capabilities, "ulimit": limitNames,
		"security-opt": func() []string { return []string{"no-new-privileges", "seccomp=unconfined"} },
		"pivot":        func() []string { return []string{"auto", "pivot_root", "move", "chroot"} },
		"propagation":  propagations,
		"userns-map":   func() []string { return []string{"auto", "one", "subuid"} },
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return completeWords(words())(cmd, args, typed)
		})
	}
	for _, flag := range []string{"layer", "upper", "bundle"} {
		_ = cmd.MarkFlagDirname(flag)
	}
}

func capabilities() []string { return append([]string{"ALL"}, capset.All().Names()...) }

func limitNames() []string {
	list := launch.LimitNames()
	for i, name := range list {
		list[i] = strings.ToLower(strings.TrimPrefix(name, "RLIMIT_")) + "="
	}
	return list
}

// propagations are what can be asked of /.
func propagations() []string {
	list := []string{"auto", launch.Request{}.String()}
	for c := launch.Private; c <= launch.Unbindable; c++ {
		list = append(list, launch.Request{Change: c}.String(), launch.Request{Change: c, Recursive: true}.String())
	}
	return list
}

// completeContainer offers the containers that run, by name, or by id when they
// have none.
func (a *app) completeContainer(_ *cobra.Command, _ []string, typed string) (list []cobra.Completion, none cobra.ShellCompDirective) {
	none = cobra.ShellCompDirectiveNoFileComp
	dir, err := a.runtimeDir()
	if err != nil {
		return nil, none
	}
	for _, c := range state.In(dir).Running() {
		name := c.Name
		if name == "" {
			name = c.ID[:min(len(c.ID), shortID)]
		}
		if strings.HasPrefix(name, typed) {
			list = append(list, cobra.CompletionWithDesc(name, oneLine(strings.Join(c.Command, " "))))
		}
	}
	return list, none
}

// shortID is as much of an id as engines show.
const shortID = 12
