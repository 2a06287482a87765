package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nsview/nsview/launch"
)

// commandFlags are about the command in the container.
type commandFlags struct {
	env []string
	dir string
}

func (cf *commandFlags) flags(f *pflag.FlagSet) {
	f.StringArrayVarP(&cf.env, "env", "e", nil, "set a variable: `NAME=VALUE`, or NAME with nsview's own value")
	f.StringVarP(&cf.dir, "workdir", "w", "", "the working `DIR`ectory, / or the image's when none is given")
}

// apply sets the command, a shell when there is none. What an image says counts
// where the flags say nothing.
func (cf *commandFlags) apply(spec *launch.Spec, command []string, own commandDefaults) {
	if len(command) == 0 {
		command = own.command
	}
	if spec.Args = slices.Concat(own.entrypoint, command); len(spec.Args) == 0 {
		spec.Args = []string{"/bin/sh"}
	}
	spec.Dir = cmp.Or(cf.dir, own.dir, "/")
	if own.dir != "" {
		spec.Rootfs.Dirs = append(spec.Rootfs.Dirs, launch.MkdirIn{Path: own.dir, Mode: 0o755})
	}
	spec.Env = []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOSTNAME=" + spec.Hostname,
		"HOME=/root",
	}
	for _, e := range slices.Concat(own.env, cf.env) {
		spec.Env = setEnv(spec.Env, e)
	}
	if own.user != "" && own.user != "0" && own.user != "root" {
		spec.Login = &launch.Login{User: own.user, KeepGroups: spec.Namespaces.Has(launch.User) && !spec.Setgroups}
	}
}

// setEnv adds a variable, in place of one of its name.
func setEnv(env []string, e string) []string {
	name, _, _ := strings.Cut(e, "=")
	env = slices.DeleteFunc(env, func(x string) bool { return strings.HasPrefix(x, name+"=") })
	return append(env, e)
}
