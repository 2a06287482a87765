package main

import (
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
	f.StringVarP(&cf.dir, "workdir", "w", "/", "the working `DIR`ectory")
}

// apply sets the command, a shell when there is none.
func (cf *commandFlags) apply(spec *launch.Spec, command []string) {
	if len(command) == 0 {
		command = []string{"/bin/sh"}
	}
	spec.Args = command
	spec.Dir = cf.dir
	spec.Env = []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOSTNAME=" + spec.Hostname,
		"HOME=/root",
	}
	spec.Env = append(spec.Env, cf.env...)
}
