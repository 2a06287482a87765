package main

import (
	"cmp"
	"slices"

	"github.com/spf13/pflag"

	"github.com/nsview/nsview/launch"
)

// commandFlags are about the command in the container.
type commandFlags struct {
	env, envFiles []string
	dir           string
}

func (cf *commandFlags) flags(f *pflag.FlagSet) {
	f.StringArrayVarP(&cf.env, "env", "e", nil, "set a variable: `NAME=VALUE`, or NAME with nsview's own value")
	f.StringArrayVar(&cf.envFiles, "env-file", nil, "set the variables of a `FILE`, one a line")
	f.StringVarP(&cf.dir, "workdir", "w", "", "the working `DIR`ectory, / or the image's when none is given")
}

// apply sets the command, a shell when there is none. What an image says counts
// where the flags say nothing.
func (cf *commandFlags) apply(a *app, spec *launch.Spec, command []string, own commandDefaults) error {
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
	base := []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOSTNAME=" + spec.Hostname,
	}
	if spec.Terminal != nil {
		base = append(base, "TERM="+cmp.Or(a.getenv("TERM"), "xterm"))
	}
	var err error
	spec.Env, err = a.environment(append(base, own.env...), cf.envFiles, cf.env)
	return err
}
