package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/bundle"
)

// bundleFlags take the container from an OCI bundle.
type bundleFlags struct {
	dir       string
	id        string
	container *bundle.Container // nil without a bundle
}

func (bf *bundleFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&bf.dir, "bundle", "", "all as the config.json in `DIR` says, an OCI bundle; a COMMAND takes the place of its own")
}

// besideBundle are the flags that a bundle does not answer itself.
var besideBundle = []string{"bundle", "plan", "trace", "step", "json", "color", "pivot", "name", "detach", "rm", "init", "interactive"}

// spec reads the bundle.
func (bf *bundleFlags) spec(a *app, cmd *cobra.Command, places, command []string) (launch.Spec, error) {
	if len(places) > 0 {
		return launch.Spec{}, fmt.Errorf("read the command line: the root is %s or the one of the bundle, not both", places[0])
	}
	var wrong error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if wrong == nil && !slices.Contains(besideBundle, f.Name) {
			wrong = hinted{
				fmt.Errorf("read the command line: --%s does not go with --bundle", f.Name),
				"the bundle's config.json says it",
			}
		}
	})
	if wrong != nil {
		return launch.Spec{}, wrong
	}
	b, err := bundle.Read(bf.dir)
	if err != nil {
		return launch.Spec{}, err
	}
	if len(command) > 0 && b.Config.Process != nil {
		b.Config.Process.Args = command
	}
	c, err := b.Container(bundle.Caller{
		ID: bf.id, Superuser: !ordinary(), Hierarchies: hierarchies,
	})
	if err != nil {
		return launch.Spec{}, err
	}
	for _, w := range b.Warnings {
		a.say("%s", w)
	}
	bf.container = c
	return c.Spec, nil
}

// hierarchies are the control groups that this process is in.
func hierarchies() ([]string, error) {
	b, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("read the control groups: %w", err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n"), nil
}

// started runs the hooks of a container that has started. One that fails ends
// the container.
func (bf *bundleFlags) started(pid int) error {
	if bf.container == nil {
		return nil
	}
	for _, h := range bf.container.Poststart {
		if err := h.Run(pid); err != nil {
			return fmt.Errorf("run the hook poststart %q: %w", h.Path, err)
		}
	}
	return nil
}

// ended runs the hooks of a container that has ended, or never came to start.
// What fails there is said and stops nothing.
func (bf *bundleFlags) ended(a *app) {
	if bf.container == nil {
		return
	}
	for _, h := range bf.container.Poststop {
		if err := h.Run(0); err != nil {
			a.say("run the hook poststop %q: %v", h.Path, err)
		}
	}
}

// errTwoRoots is for those who say twice what the root is.
var errTwoRoots = errors.New("read the command line: the root is ROOTFS, --layer, --image or --bundle, one of them")
